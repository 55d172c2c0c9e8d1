import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import { openFollower, parseKey, type Network } from '@sitedrive/core/drive'
import { SiteCopy, type FollowedSite } from './site-copy.js'

export type { FollowedSite } from './site-copy.js'

export interface FollowOptions {
  /** The site drive's key, in any spelling. */
  key: string
  /** Where the copy is kept, absolute; made when it is not there. One process at a time may have it open. */
  dir: string
  /** The network to find peers in; closing the site leaves it open. null: only the folder is used. */
  network: Network | null
  /** Announces the site, so that others copy it from here. @default false */
  announce?: boolean
  /**
   * How long the fetch of a release may go on when a newer one is known. Longer: a slow connection still completes releases
   * of a site that changes often. Shorter: a release that no peer holds any more delays the next one less. Milliseconds.
   * @default 10000
   */
  overtakenMs?: number
}

/**
 * Copies a site drive into a folder and follows every update of it.
 *
 * Readers see the last complete release: a new one replaces it only when its index and every blob that the index
 * points at are on this machine. A state that was complete earlier is shown at once, without any network.
 *
 * @throws {SitedriveError} BAD_KEY or DAT_LINK; STORE_LOCKED, DISK_FULL or STORE_FAILED when the folder
 * cannot be used
 */
export async function followSite(options: FollowOptions): Promise<FollowedSite> {
  const key = parseKey(options.key)
  makeDir(options.dir)
  const copy = await openFollower(path.join(options.dir, 'drive'), key)
  const site = new SiteCopy(copy, {
    markFile: path.join(options.dir, 'complete.json'),
    proofFile: path.join(options.dir, 'proved.bin'),
    overtakenMs: options.overtakenMs
  })
  try {
    await site.start(options.network, options.announce ?? false)
    return site
  } catch (error) {
    await site.close()
    throw error
  }
}

function makeDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new SitedriveError('STORE_FAILED', `The folder \`${dir}\` for the copy of a site cannot be made.`, {
      cause
    })
  }
}
