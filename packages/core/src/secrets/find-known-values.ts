import type { KnownSecret, Report } from './secret-types.js'

/** Number of bytes that are compared together. */
const BLOCK = 2
/** Longest shift, so that a shift fits into one byte. */
const MAX_SHIFT = 64

/**
 * Searches many values at once by Wu and Manber's algorithm (A Fast Algorithm for Multi-Pattern Searching, 1994): two bytes
 * that cannot end the beginning of a value let the search skip several places.
 */
export class KnownValueFinder {
  private readonly values: { secret: KnownSecret; bytes: Buffer }[]
  /** By two bytes: the distance to the next place where the beginning of a value can end. */
  private readonly shifts = new Uint8Array(2 ** 16)
  private readonly byEnd = new Map<number, { secret: KnownSecret; bytes: Buffer }[]>()
  private readonly length: number

  constructor(secrets: readonly KnownSecret[]) {
    this.values = secrets
      .map((secret) => ({ secret, bytes: Buffer.from(secret.value) }))
      .filter(({ bytes }) => bytes.byteLength >= BLOCK)
    this.length = Math.min(MAX_SHIFT, ...this.values.map(({ bytes }) => bytes.byteLength))
    this.shifts.fill(this.length - BLOCK + 1)
    for (const value of this.values) {
      for (let end = BLOCK; end <= this.length; end++) {
        const block = blockAt(value.bytes, end)
        this.shifts[block] = Math.min(this.shifts[block]!, this.length - end)
      }
      const last = blockAt(value.bytes, this.length)
      this.byEnd.set(last, [...(this.byEnd.get(last) ?? []), value])
    }
  }

  find(bytes: Buffer, report: Report): void {
    if (this.values.length === 0) return
    const { shifts, length } = this
    for (let end = length; end <= bytes.length;) {
      const block = blockAt(bytes, end)
      const shift = shifts[block]!
      if (shift > 0) {
        end += shift
        continue
      }
      const at = end - length
      for (const { secret, bytes: value } of this.byEnd.get(block) ?? []) {
        if (bytes.subarray(at, at + value.byteLength).equals(value)) report({ ...secret, at })
      }
      end++
    }
  }
}

function blockAt(bytes: Uint8Array, end: number): number {
  return (bytes[end - 2]! << 8) | bytes[end - 1]!
}
