import { setTimeout as pause } from 'node:timers/promises'

const POLL_MS = 50

/**
 * Waits for a condition.
 *
 * @param {string} what named when it does not come true in time
 * @param condition anything but false, null and undefined counts as fulfilled, and is handed back
 */
export async function until(what, condition, timeoutMs) {
  const endsAt = performance.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value !== false && value !== null && value !== undefined) return value
    if (performance.now() > endsAt) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`)
    await pause(POLL_MS)
  }
}
