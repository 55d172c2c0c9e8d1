/** The first search comes after so long without a peer. Milliseconds. */
const FIRST_MS = 1_000

/** The longest interval between two searches. Milliseconds. */
const LAST_MS = 60_000

/**
 * Searches for peers again while none is connected, at growing intervals. The DHT sends no event when a peer comes online,
 * and Hyperswarm itself searches again only after ten minutes.
 *
 * @param isAlone whether no peer is connected
 * @returns stops it
 */
export function searchAgain(isAlone: () => boolean, look: () => void): () => void {
  let delayMs = FIRST_MS
  let timer: NodeJS.Timeout | undefined
  const next = () => {
    timer = setTimeout(() => {
      if (isAlone()) {
        look()
        delayMs = Math.min(delayMs * 2, LAST_MS)
      } else {
        delayMs = FIRST_MS
      }
      next()
    }, delayMs).unref()
  }
  next()
  return () => clearTimeout(timer)
}
