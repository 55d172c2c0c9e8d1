/** What an entry costs besides its own weight: the key, the map's slot, the record around the value. */
const ENTRY_OVERHEAD = 200

interface Kept<V> {
  value: V
  weight: number
  /** Since it was last passed over. */
  isUsed: boolean
}

/**
 * A map that forgets what has not been used for long, so that it never weighs more than its limit. Who is to go is found
 * as a clock's hand would (second chance), which costs a reader nothing but a mark.
 */
export class BoundedCache<V> {
  private readonly kept = new Map<string, Kept<V>>()
  private total = 0

  /** @param limit in the unit of the weights; bytes, as a rule */
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

  /** What alone is heavier than the limit is not kept. */
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
    // A Map remembers the order of insertion: the oldest comes first, and what is put back comes again at the end.
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
