const LOOK_MS = 1_000
/** After so long without a sign of life, peers end their connections. Milliseconds. */
const SLEEP_MS = 5_000

/**
 * Calls back when this process goes on after it stood still, as with a laptop that slept. Its connections are of no use then, and
 * UDP tells nobody that.
 *
 * @returns ends the watch
 */
export function onWake(listener: () => void, sleepMs = SLEEP_MS): () => void {
  // The clock of `performance.now` stands still, too, while a machine sleeps.
  let lookedAt = Date.now()
  const timer = setInterval(
    () => {
      const now = Date.now()
      const stoodStillMs = now - lookedAt
      lookedAt = now
      if (stoodStillMs > sleepMs) listener()
    },
    Math.min(LOOK_MS, sleepMs / 2)
  )
  timer.unref()
  return () => clearInterval(timer)
}
