import { renameSync, rmSync } from 'node:fs'

/** Moves the folder of a store that nobody has open. What lies at the new place is removed. */
export function moveStore(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  renameSync(from, to)
}
