import { MB } from '../support/measure.mjs'

/**
 * @typedef {object} Sample
 * @property {number} size in the unit of its part
 * @property {string} [skipped] why nothing was measured
 * @property {Record<string, number>} time milliseconds, by what took them
 * @property {Record<string, number>} memory bytes
 * @property {Record<string, number>} disk bytes
 */

/** What is measured in a sample: how it is written, and what is too small to be judged. */
export const KINDS = {
  time: { unit: 's', per: 1_000, digits: 2, floor: 1_000 },
  memory: { unit: 'MB', per: MB, digits: 0, floor: 100 * MB },
  disk: { unit: 'MB', per: MB, digits: 1, floor: 100 * MB }
}
