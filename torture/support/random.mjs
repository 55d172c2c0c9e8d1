/** Numbers from a seed: the same seed gives the same numbers. Mulberry32. */
export class Random {
  #state

  /** @param {number} seed a whole number */
  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** @returns {number} at least 0 and below 1 */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** @returns {number} a whole number from `low` up to `high`, both included */
  between(low, high) {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance(probability) {
    return this.next() < probability
  }

  pick(items) {
    return items[this.between(0, items.length - 1)]
  }

  /** @param {Record<string, number>} weights by name; a name with twice the weight comes twice as often */
  pickByWeight(weights) {
    let rest = this.next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0)
    for (const [name, weight] of Object.entries(weights)) if ((rest -= weight) < 0) return name
    return Object.keys(weights)[0]
  }

  bytes(length) {
    const bytes = Buffer.alloc(Math.ceil(length / 4) * 4)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(this.between(0, 0xffffffff), at)
    return bytes.subarray(0, length)
  }
}
