import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { debug } from '../debug.js'
import { messageOf } from '../error.js'

/** A database may go on writing for a moment after it was closed. */
const RETRIES = 5

/** An empty folder of this process, among those that the system cleans up. */
export function makeTemporaryFolder(): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), 'sitedrive-copy-'))
}

/** Removes a temporary folder. One that cannot be removed is left to the system: nobody's work fails for that. */
export async function removeTemporaryFolder(dir: string): Promise<void> {
  // guard: a temporary folder that cannot be removed fails nothing
  await rm(dir, { recursive: true, force: true, maxRetries: RETRIES }).catch((error: unknown) =>
    debug('seeds', () => `${dir} could not be removed: ${messageOf(error)}`)
  )
}
