/** How soon the first look follows when nobody is connected. Milliseconds. */
const FIRST_MS = 1_000

/** How far apart looks may become. Milliseconds. */
const LAST_MS = 60_000

/**
 * Looks for peers again while there are none, at growing intervals. The DHT tells nobody of a peer that comes online,
 * and Hyperswarm by itself looks again after ten minutes.
 *
 * @param isAlone whether no peer is connected
 * @returns stops it
 */
export function lookAgain(isAlone: () => boolean, look: () => void): () => void {
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
