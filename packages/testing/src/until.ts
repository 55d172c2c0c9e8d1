import { setTimeout as pause } from 'node:timers/promises'

const POLL_MS = 20

/**
 * Waits for a condition.
 *
 * @param condition anything but false, null and undefined counts as fulfilled, and is handed back
 * @throws when it is not fulfilled in time; the message shows what `describe` says by then
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 60_000, describe }: { timeoutMs?: number; describe?: () => string } = {}
): Promise<NonNullable<Exclude<T, false>>> {
  const endsAt = Date.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value !== false && value !== null && value !== undefined)
      return value as NonNullable<Exclude<T, false>>
    if (Date.now() > endsAt) {
      throw new Error(`Not fulfilled within ${timeoutMs} ms: ${condition.toString()}\n${describe?.() ?? ''}`)
    }
    await pause(POLL_MS)
  }
}
