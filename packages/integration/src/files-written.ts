import { setImmediate as turn } from 'node:timers/promises'

/** So many turns of the event loop without any file operation: whoever writes would have gone on. */
const QUIET_TURNS = 5
/** The longest wait. Milliseconds. */
const GIVE_UP_MS = 5_000

/**
 * Waits until nothing in this process reads or writes files. Some generators and plugins do not wait for their own last files:
 * VitePress 1 calls its last hook while it writes the site map.
 *
 * @param giveUpMs the longest wait, in milliseconds
 * @returns false when files are still read or written after that time
 */
export async function filesWritten(giveUpMs: number = GIVE_UP_MS): Promise<boolean> {
  const endsAt = performance.now() + giveUpMs
  for (let quiet = 0; quiet < QUIET_TURNS;) {
    await turn()
    quiet = hasFileOperation() ? 0 : quiet + 1
    if (quiet === 0 && performance.now() > endsAt) return false
  }
  return true
}

/** What Node.js calls operations of callbacks, of promises, and the closing of a `FileHandle`. */
const FILE_OPERATIONS = ['FSReqCallback', 'FSReqPromise', 'CloseReq']

function hasFileOperation(): boolean {
  return process.getActiveResourcesInfo().some((name) => FILE_OPERATIONS.includes(name))
}
