import { KINDS } from './kinds.mjs'

/** By how much more than its limit something may grow: machines are busy. */
const SLACK = 2

/**
 * Compares the largest sample with one of a tenth of its size, or the next above.
 *
 * @param {import('./kinds.mjs').Sample[]} samples
 * @param {Record<string, (name: string) => number>} limits with which power of the size something may grow: 0: not at all
 * @returns {string[]} what grew more
 */
export function growthViolations(samples, unit, limits) {
  const measured = samples.filter(({ skipped }) => skipped === undefined)
  const last = measured.at(-1)
  const before = measured.find(({ size }) => size >= last.size / 10 && size < last.size)
  if (before === undefined) return []
  return Object.entries(KINDS).flatMap(([kind, { unit: of, per, digits, floor }]) =>
    Object.entries(last[kind]).flatMap(([name, value]) => {
      const earlier = before[kind][name]
      if (earlier === undefined) return []
      const limit = floor + SLACK * earlier * (last.size / before.size) ** limits[kind](name)
      if (value <= limit) return []
      const [from, to, most] = [earlier, value, limit].map((each) => `${(each / per).toFixed(digits)} ${of}`)
      return [
        `${kind}, ${name}: ${from} with ${before.size} ${unit}, ${to} with ${last.size}; at most ${most} are allowed`
      ]
    })
  )
}
