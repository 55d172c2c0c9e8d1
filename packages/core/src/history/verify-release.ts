import { claimedHash, hashBlob, OTHER_BYTES } from '../holepunch/claimed-hash.js'
import { SitedriveError, throwIfAborted } from '../error.js'
import { inHistory } from './release-log.js'
import { endOf } from '../holepunch/blob-pointer.js'
import type { Drive, DriveEntry, DriveState } from '../holepunch/hyperdrive.js'
import type { SiteStore } from '../holepunch/site-store.js'
import { RECORD_PATH } from '../holepunch/reserved-paths.js'
import type { Release } from '../release/release-record.js'

/** What came of comparing the files of a release with the hashes that were signed with it. */
export interface Verification {
  /** The site's key, z-base-32. */
  key: string
  release: number
  version: number
  /** Files that the release is made of, the release record apart, and their bytes. */
  files: number
  bytes: number
  /** Those of them that are on this machine as a whole and were compared. */
  checked: number
  checkedBytes: number
  /** Not what was signed, sorted by path. `why`: for people, a part of a sentence. The release record may be among them. */
  damaged: { path: string; why: string }[]
  /** Paths whose bytes, or some of them, are not on this machine: nothing can be said of them. Sorted. */
  notHeld: string[]
}

export interface VerifyOptions {
  /** @default the newest */
  release?: number | undefined
  signal?: AbortSignal | undefined
  /** Hears how many files have been looked at. */
  onProgress?: (done: number) => void
}

/**
 * Reads every file of a release that is on this machine and compares it with the hash that its author signed. Reads this
 * machine's store only, beside a publish if need be; no network. What it finds wrong is a result and no error.
 *
 * @throws {SitedriveError} NO_PROJECT, STORE_EMPTY, NO_SUCH_RELEASE, RELEASE_CHAIN_INVALID, ABORTED; NOT_HELD when a part of
 *   the index is not on this machine
 */
export async function verifyRelease(
  projectDir: string,
  env: NodeJS.ProcessEnv = process.env,
  options: VerifyOptions = {}
): Promise<Verification> {
  const { key, found } = await inHistory(projectDir, env, async (site, { findRelease, latestRelease }) => {
    const { release: number } = options
    const release = number === undefined ? await latestRelease(site) : await findRelease(site, number)
    return release && verify(site, release, options)
  })
  if (found) return { key, ...found }
  throw new SitedriveError(
    'NO_SUCH_RELEASE',
    options.release === undefined
      ? 'There is nothing to verify: nothing has been published yet.'
      : `There is no release \`${options.release}\`: nothing has been published yet.`
  )
}

async function verify(
  site: SiteStore,
  { release, version }: Release,
  { signal, onProgress }: VerifyOptions
): Promise<Omit<Verification, 'key'>> {
  const found = { files: 0, bytes: 0, checked: 0, checkedBytes: 0 }
  const damaged: Verification['damaged'] = []
  const notHeld: string[] = []
  const state = await site.state()
  const drive = site.at(version)
  try {
    for await (const entry of drive.entries()) {
      throwIfAborted(signal)
      const { path, blob } = entry
      if (!blob) continue
      const isFile = path !== RECORD_PATH
      if (isFile) {
        found.files++
        found.bytes += blob.byteLength
        onProgress?.(found.files)
      }
      const outcome = await compare(site, drive, state, entry)
      if (outcome === 'not held') notHeld.push(path)
      else {
        if (outcome !== 'right') damaged.push({ path, why: outcome.why })
        if (isFile) {
          found.checked++
          found.checkedBytes += blob.byteLength
        }
      }
    }
  } finally {
    await drive.close()
  }
  return { release, version, ...found, damaged, notHeld }
}

async function compare(
  site: SiteStore,
  drive: Drive,
  { blobsLength }: DriveState,
  entry: DriveEntry
): Promise<'right' | 'not held' | { why: string }> {
  const { blob } = entry
  const claim = claimedHash(entry)
  if (!blob) return 'right'
  if (claim === null) return { why: 'no hash was signed for it' }
  const nowhere = { why: 'the index says that its bytes are where there are none' }
  if (endOf(blob) > blobsLength) return nowhere
  try {
    return (await hashBlob(drive, blob)) === claim ? 'right' : { why: OTHER_BYTES }
  } catch (error) {
    if (!(error instanceof SitedriveError) || error.code !== 'NOT_HELD') throw error
    return (await site.hasBlob(blob)) ? nowhere : 'not held'
  }
}
