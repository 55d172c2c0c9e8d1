import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import { openFollower, type FollowedDrive, type Network } from '@sitedrive/core/drive'
import { findPeers } from '@sitedrive/mirror/parts'

/** A drive of which only what is asked for is fetched. */
export interface FetchedDrive {
  drive: FollowedDrive
  close(): Promise<void>
}

/**
 * Opens the copy of a site, and looks for who has it.
 *
 * @param dir where the copy is kept, absolute; made when it is not there
 * @param network stays open; null: only what is here can be read
 * @throws {SitedriveError} STORE_LOCKED, DISK_FULL or STORE_FAILED
 */
export async function openFetchedDrive(
  dir: string,
  key: string,
  network: Network | null
): Promise<FetchedDrive> {
  makeCopyDir(dir)
  const drive = await openFollower(path.join(dir, 'drive'), key)
  // Without this nothing of the files can be asked for. Not awaited: the first block may never come.
  drive.findBlobsKey().catch(() => {}) // what it throws, the first read of a file throws as well
  const stop = network ? findPeers(drive, network, { announce: false, onProblem: () => {} }) : () => {}
  return {
    drive,
    close: async () => {
      stop()
      await drive.close()
    }
  }
}

/** @throws {SitedriveError} STORE_FAILED */
export function makeCopyDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new SitedriveError('STORE_FAILED', `The folder \`${dir}\` for the copy of a site cannot be made.`, {
      cause
    })
  }
}
