import { renameSync, rmSync } from 'node:fs'

/** Moves the folder of a store that nobody has open. What lies at the new place is removed. */
export function moveStore(from: string, to: string): void {
  removeStore(to)
  renameSync(from, to)
}

/** Removes the folder of a store that nobody has open. Its database may go on writing for a moment after it was closed. */
export function removeStore(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
}
