import { SitedriveError } from '../error.js'
import type { BlobPointer } from '../holepunch/blob-pointer.js'
import type { Drive, DriveState } from '../holepunch/hyperdrive.js'
import { inHistory } from './release-log.js'

/** A release as this machine's store has it. */
export interface OpenRelease {
  /** The site's key, z-base-32. */
  key: string
  release: number
  /** `version` is that of the release. */
  state: DriveState
  drive: Drive
  /** Whether all bytes of a file are on this machine. */
  isHeld: (blob: BlobPointer) => Promise<boolean>
}

/**
 * Opens a release of a project's site for reading, also while a publish runs. Uses no network.
 *
 * @param wanted its number; undefined: the newest
 * @throws {SitedriveError} NO_PROJECT, STORE_EMPTY, NO_SUCH_RELEASE, RELEASE_CHAIN_INVALID
 */
export async function withRelease<T>(
  projectDir: string,
  env: NodeJS.ProcessEnv,
  wanted: number | undefined,
  use: (release: OpenRelease) => Promise<T>
): Promise<T> {
  const read = await inHistory(projectDir, env, async (site, { findRelease, latestRelease }) => {
    const found = wanted === undefined ? await latestRelease(site) : await findRelease(site, wanted)
    if (!found) return null
    const { release, version } = found
    const drive = site.at(version)
    try {
      const state = { ...(await site.state()), version }
      const isHeld = (blob: BlobPointer) => site.hasBlob(blob)
      return { result: await use({ key: site.key, release, state, drive, isHeld }) }
    } finally {
      await drive.close()
    }
  })
  if (read.found) return read.found.result
  throw new SitedriveError(
    'NO_SUCH_RELEASE',
    wanted === undefined
      ? 'There is no release yet: nothing has been published.'
      : `There is no release \`${wanted}\`: nothing has been published yet.`
  )
}
