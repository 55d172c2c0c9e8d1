import { MB } from '../support/measure.mjs'
import { plot } from '../support/plot.mjs'

/** What is measured in a sample: how it is written, and what is too small to be judged. */
const KINDS = {
  time: { unit: 's', per: 1_000, digits: 2, floor: 1_000 },
  memory: { unit: 'MB', per: MB, digits: 0, floor: 100 * MB },
  disk: { unit: 'MB', per: MB, digits: 1, floor: 50 * MB }
}
/** By how much more than its limit something may grow: machines are busy. */
const SLACK = 2

/**
 * @typedef {object} Sample
 * @property {number} size
 * @property {string} [skipped] why nothing was measured
 * @property {Record<string, number>} time milliseconds, by what took them
 * @property {Record<string, number>} memory bytes
 * @property {Record<string, number>} disk bytes
 */

/** @param {Sample} sample @returns {[string, string]} a row of the table */
export function factOf(sample, unit) {
  const what = `${sample.size.toLocaleString('en')} ${unit}`
  if (sample.skipped !== undefined) return [what, `skipped: ${sample.skipped}`]
  const words = Object.entries(KINDS).map(([kind, { unit: of, per, digits }]) => {
    const values = Object.entries(sample[kind]).map(
      ([name, value]) => `${name} ${(value / per).toFixed(digits)} ${of}`
    )
    return `${kind}: ${values.join(', ')}`
  })
  return [what, words.join('; ')]
}

/**
 * Compares the largest sample with one of a tenth of its size, or the next above.
 *
 * @param {Sample[]} samples
 * @param {Record<string, (name: string) => number>} limits with which power of the size something may grow
 */
export function growthViolations(samples, unit, limits) {
  const last = samples.at(-1)
  const before = samples.find(({ size }) => size >= last.size / 10 && size < last.size)
  if (before === undefined) return []
  return Object.entries(KINDS).flatMap(([kind, { unit: of, per, digits, floor }]) =>
    Object.entries(last[kind]).flatMap(([name, value]) => {
      const power = limits[kind](name)
      const earlier = before[kind][name]
      if (earlier === undefined) return []
      const limit = floor + SLACK * earlier * (last.size / before.size) ** power
      if (value <= limit) return []
      const [from, to, most] = [earlier, value, limit].map((each) => `${(each / per).toFixed(digits)} ${of}`)
      return [
        `${kind}, ${name}: ${from} with ${before.size} ${unit}, ${to} with ${last.size}; at most ${most} are allowed`
      ]
    })
  )
}

/** @param {Sample[]} samples @returns {[string, string][]} an SVG image for each kind */
export function plotsOf(samples, unit) {
  if (samples.length < 2) return []
  const x = { label: unit, isLog: true }
  return Object.entries(KINDS).map(([kind, { unit: of, per }]) => {
    const names = Object.keys(samples.at(-1)[kind])
    const lines = names.map((name) => ({
      name,
      points: samples
        .filter((sample) => sample[kind][name] !== undefined)
        .map((sample) => [sample.size, sample[kind][name] / per])
    }))
    return [
      kind,
      plot({ title: `${unit}: ${kind}`, x, y: { label: `${kind}, ${of}`, isLog: kind !== 'memory' }, lines })
    ]
  })
}
