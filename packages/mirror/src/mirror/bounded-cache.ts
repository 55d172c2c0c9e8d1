/** The memory of an entry without its value: the key, the slot in the map, the record around the value. Bytes. */
const ENTRY_OVERHEAD = 200

interface Kept<V> {
  value: V
  weight: number
  /** Used since `makeRoom` last spared it. */
  isUsed: boolean
}

/**
 * A map with a maximum weight: above it, entries that were not used for a long time are removed. They are found with the
 * second-chance (clock) algorithm, so a read only has to set a mark.
 */
export class BoundedCache<V> {
  private readonly kept = new Map<string, Kept<V>>()
  private total = 0

  /** @param limit in the unit of the weights, usually bytes */
  constructor(readonly limit: number) {}

  get weight(): number {
    return this.total
  }

  get size(): number {
    return this.kept.size
  }

  get(key: string): V | undefined {
    const found = this.kept.get(key)
    if (!found) return undefined
    found.isUsed = true
    return found.value
  }

  /** A value that is heavier than the limit is not kept. */
  set(key: string, value: V, weight: number): void {
    this.delete(key)
    const whole = weight + ENTRY_OVERHEAD + key.length
    if (whole > this.limit) return
    this.makeRoom(whole)
    this.kept.set(key, { value, weight: whole, isUsed: false })
    this.total += whole
  }

  delete(key: string): void {
    const found = this.kept.get(key)
    if (!found) return
    this.kept.delete(key)
    this.total -= found.weight
  }

  private makeRoom(weight: number): void {
    // A Map iterates in the order of insertion: the oldest entry comes first, and one that is put back comes last.
    for (const [oldest, entry] of this.kept) {
      if (this.total + weight <= this.limit) return
      if (entry.isUsed) {
        entry.isUsed = false
        this.kept.delete(oldest)
        this.kept.set(oldest, entry)
      } else this.delete(oldest)
    }
  }
}
