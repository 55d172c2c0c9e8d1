import { claimedHash, hashBlob, HASH_MISMATCH } from '../holepunch/claimed-hash.js'
import { SitedriveError, throwIfAborted } from '../error.js'
import { inHistory } from './release-log.js'
import { endOf } from '../holepunch/blob-pointer.js'
import type { Drive, DriveEntry, DriveState } from '../holepunch/hyperdrive.js'
import type { SiteStore } from '../holepunch/site-store.js'
import { RECORD_PATH } from '../holepunch/reserved-paths.js'
import type { Release } from '../release/release-record.js'

/** The result of comparing the files of a release with the hashes that were signed with it. */
export interface Verification {
  /** The site's key, z-base-32. */
  key: string
  release: number
  version: number
  /** Number and bytes of the release's files, without the release record. */
  files: number
  bytes: number
  /** How many of them, and how many bytes, are complete on this machine and were compared. */
  checked: number
  checkedBytes: number
  /** Files that differ from what was signed, sorted by path; possibly the release record too. `why`: for people, part of a sentence. */
  damaged: { path: string; why: string }[]
  /** Paths whose bytes are not complete on this machine, so they were not compared. Sorted. */
  notHeld: string[]
}

export interface VerifyOptions {
  /** @default the newest */
  release?: number | undefined
  signal?: AbortSignal | undefined
  /** Called with the number of files that were read so far. */
  onProgress?: (done: number) => void
}

/**
 * Reads every file of a release that is on this machine and compares it with the hash that its author signed. Reads only
 * this machine's store, also while a publish runs; uses no network. A damaged file is a result, not an error.
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
    return (await hashBlob(drive, blob)) === claim ? 'right' : { why: HASH_MISMATCH }
  } catch (error) {
    if (!(error instanceof SitedriveError) || error.code !== 'NOT_HELD') throw error
    return (await site.hasBlob(blob)) ? nowhere : 'not held'
  }
}
