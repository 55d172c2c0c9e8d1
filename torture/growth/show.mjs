import { plot } from '../support/plot.mjs'
import { KINDS } from './kinds.mjs'

/** @param {import('./kinds.mjs').Sample} sample @returns {[string, string]} a row of the table of facts */
export function factOf(sample, unit) {
  const what = `${written(sample.size)} ${unit}`
  if (sample.skipped !== undefined) return [what, `skipped: ${sample.skipped}`]
  const words = Object.keys(KINDS).map(
    (kind) =>
      `${kind}: ${Object.keys(sample[kind])
        .map((name) => `${name} ${valueOf(sample, kind, name)} ${KINDS[kind].unit}`)
        .join(', ')}`
  )
  return [what, words.join('; ')]
}

/** @param {import('./kinds.mjs').Sample[]} samples @returns {string[][]} a row for each of their measures */
export function tableOf(samples, unit) {
  const measures = Object.keys(KINDS).flatMap((kind) =>
    Object.keys(samples.at(-1)?.[kind] ?? {}).map((name) => [kind, name])
  )
  return [
    [unit, ...samples.map(({ size }) => written(size))],
    ...measures.map(([kind, name]) => [
      `${kind}, ${KINDS[kind].unit}: ${name}`,
      ...samples.map((sample) => sample.skipped ?? valueOf(sample, kind, name))
    ])
  ]
}

/** @param {import('./kinds.mjs').Sample[]} samples @returns {[string, string][]} names and an SVG image for each kind */
export function plotsOf(samples, part, unit) {
  const measured = samples.filter(({ skipped }) => skipped === undefined)
  if (measured.length < 2) return []
  const x = { label: unit, isLog: true }
  return Object.entries(KINDS).map(([kind, { unit: of, per }]) => {
    const y = { label: `${kind}, ${of}`, isLog: kind !== 'memory' }
    const lines = Object.keys(measured.at(-1)[kind]).map((name) => ({
      name,
      points: measured
        .filter((sample) => sample[kind][name] !== undefined)
        .map((sample) => [sample.size, sample[kind][name] / per])
    }))
    return [`${part}-${kind}`, plot({ title: `${unit}: ${kind}`, x, y, lines })]
  })
}

function valueOf(sample, kind, name) {
  const { per, digits } = KINDS[kind]
  const value = sample[kind]?.[name]
  return value === undefined ? '' : (value / per).toFixed(digits)
}

function written(size) {
  return size.toLocaleString('en')
}
