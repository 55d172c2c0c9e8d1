import { randomInt } from 'node:crypto'

/**
 * Chooses a fork number that is above all numbers in `seen`, and different from the number that another machine would
 * choose at the same moment.
 *
 * The number is 2048 for each millisecond since 1970, plus 13 random bits. The random bits can swap the order of two
 * moments that are less than 4 ms apart. The number stays below 2^53 until the year 2109.
 */
export function nextFork(seen: readonly number[], nowMs = Date.now()): number {
  return Math.max(nowMs * 2048, ...seen) + 1 + randomInt(8192)
}
