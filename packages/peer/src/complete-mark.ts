import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { DriveState } from '@sitedrive/core/drive'

/**
 * Notes which state was last complete. A copy holds whatever arrived, so after a restart in the middle of a fetch this
 * file is the only way to know what can be shown.
 */
export function writeCompleteMark(file: string, state: DriveState): void {
  const { version, fork, blobsLength, blobsFork } = state
  writeFileSync(`${file}.new`, `${JSON.stringify({ version, fork, blobsLength, blobsFork })}\n`, {
    mode: 0o600
  })
  renameSync(`${file}.new`, file)
}

/** @returns null when there is none, or none that can be read: everything is then checked again */
export function readCompleteMark(file: string): DriveState | null {
  try {
    const { version, fork, blobsLength, blobsFork } = JSON.parse(readFileSync(file, 'utf8')) as DriveState
    const isWhole = [version, fork, blobsLength, blobsFork].every(
      (value) => Number.isSafeInteger(value) && value >= 0
    )
    return isWhole ? { version, fork, blobsLength, blobsFork } : null
  } catch {
    return null
  }
}

/** True when the copy still contains the marked state: both cores are as long or longer, with no fork in between. */
export function isStillHeld(mark: DriveState, now: DriveState): boolean {
  return (
    mark.version > 0 &&
    mark.fork === now.fork &&
    mark.version <= now.version &&
    mark.blobsFork === now.blobsFork &&
    mark.blobsLength <= now.blobsLength
  )
}
