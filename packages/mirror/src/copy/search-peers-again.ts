/** The time without a peer before the first search. Milliseconds. */
const FIRST_MS = 1_000

/** The longest interval between two searches. Milliseconds. */
const LAST_MS = 60_000

/**
 * Searches for peers again while no connected one has the drive, at growing intervals. The DHT sends no event when a peer comes online,
 * and Hyperswarm itself searches again only after ten minutes.
 *
 * @param isAlone whether no connected peer has the drive
 * @returns stops it
 */
export function searchAgain(isAlone: () => boolean, search: () => void): () => void {
  let delayMs = FIRST_MS
  let timer: NodeJS.Timeout | undefined
  const next = () => {
    timer = setTimeout(() => {
      if (isAlone()) {
        search()
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
