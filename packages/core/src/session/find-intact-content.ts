import { claimedHash } from '../holepunch/claimed-hash.js'
import { SitedriveError } from '../error.js'
import { endOf, type BlobPointer } from '../holepunch/blob-pointer.js'
import type { Drive } from '../holepunch/hyperdrive.js'
import type { SiteWriter } from '../holepunch/site-store.js'
import { isLost, releases, type Release, type Span } from '../release/release-record.js'
import { RECORD_PATH } from '../holepunch/reserved-paths.js'
import type { RecordContent, Uplink } from './uplink.js'

/** How much of a site's content is still held by this machine or by a seed. */
export interface Intact {
  /** Blobs below this block belong to held releases. Only blobs from this block on may be dropped. */
  blocks: number
  /** The releases whose content is lost; null: none. */
  lost: Span | null
}

const NOTHING: Intact = { blocks: 0, lost: null }

/**
 * Finds the newest release whose content is held completely. Content counts as lost only when every pinned seed answers that
 * it does not have it.
 *
 * @param writer must have the whole index
 * @param acceptLoss content that cannot be read counts as lost
 * @throws {SitedriveError} SEED_UNREACHABLE when a seed that may hold the content does not answer; NOT_HELD when content is
 *   missing and no seed is pinned
 */
export async function findIntact(
  writer: SiteWriter,
  latest: Release | null,
  uplink: Uplink,
  acceptLoss: boolean
): Promise<Intact> {
  if (!latest) return NOTHING
  for await (const release of releases(writer)) {
    if (isLost(latest, release.release)) continue
    const blocks = await heldUpTo(writer, release, uplink, acceptLoss)
    if (blocks === null) continue
    // guard: blobs: to go on from an earlier end, its tree nodes are fetched
    if (!(await canGoOnFrom(blocks, writer, uplink))) {
      if (acceptLoss) continue
      throw nodesMissing(release)
    }
    return { blocks, lost: release.release === latest.release ? null : [release.release + 1, latest.release] }
  }
  return { blocks: 0, lost: [1, latest.release] }
}

/** @returns the end of a release's blobs; null when a blob below it is not held, or other blobs are in its place */
async function heldUpTo(
  writer: SiteWriter,
  release: Release,
  uplink: Uplink,
  acceptLoss: boolean
): Promise<number | null> {
  const record = await recordOf(writer, release.version)
  if (!record) return null
  const end = endOf(record.blob)
  try {
    if (!(await hasBlobsOf(record, end, writer, uplink))) return null
    const missing = await uplink.firstLost(writer, end, record)
    // guard: blobs: without a seed nothing is lost
    if (missing !== null && !uplink.hasSeeds) throw notHere(release)
    // guard: blobs: only what lies above the newest intact release is cut off
    return missing === null ? end : null
  } catch (error) {
    const isUnknown = error instanceof SitedriveError && ['SEED_UNREACHABLE', 'NOT_HELD'].includes(error.code)
    if (acceptLoss && isUnknown) return null
    throw error
  }
}

/**
 * Whether the blobs core contains the blobs of a release. A publish that ends after its blobs and before its index leaves the
 * blobs core at a higher fork than the index. Usually that fork has all blobs of the index, but it may have other bytes in
 * their place. The content of the release record decides, because every record is unique.
 */
async function hasBlobsOf(
  { blob, hash }: RecordContent,
  end: number,
  writer: SiteWriter,
  uplink: Uplink
): Promise<boolean> {
  if (end > writer.coreLength('blobs')) return false
  if (writer.coreFork('index') === writer.coreFork('blobs')) return true
  // guard: blobs: other blocks of another fork do not stand for those of the index
  return (await hashesOf(blob, writer, uplink, writer.coreFork('blobs'))).includes(hash)
}

/**
 * Hashes a blob on this machine, or at the seeds when it is not here.
 *
 * @param fork only seeds whose blobs are at this fork are asked; null: all seeds
 * @returns the sha256 of each copy, base64url
 */
export async function hashesOf(
  blob: BlobPointer,
  writer: SiteWriter,
  uplink: Uplink,
  fork: number | null
): Promise<string[]> {
  return (await writer.hasBlob(blob)) ? [await writer.hashOf(blob)] : uplink.hashesOf(blob, fork)
}

/** Whether the tree nodes are here that are needed to sign the blobs core at a shorter length. Fetches them if needed. */
async function canGoOnFrom(blocks: number, writer: SiteWriter, uplink: Uplink): Promise<boolean> {
  return (await writer.hashAt('blobs', blocks)) !== null || uplink.fetchNodesFor(writer, blocks)
}

async function recordOf(writer: SiteWriter, version: number): Promise<RecordContent | null> {
  const drive: Drive = writer.at(version)
  try {
    const entry = await drive.entry(RECORD_PATH)
    const hash = entry && claimedHash(entry)
    return entry?.blob && hash ? { blob: entry.blob, hash } : null
  } finally {
    await drive.close()
  }
}

function nodesMissing({ release }: Release): SitedriveError {
  return new SitedriveError(
    'SEED_UNREACHABLE',
    `What this machine needs to go on from release ${release} is at a seed, and could not be read from it. Nothing was published. Try again in a moment.`,
    { remedy: { action: 'accept loss', sentence: 'Or go on with {}.' } }
  )
}

function notHere({ release }: Release): SitedriveError {
  return new SitedriveError(
    'NOT_HELD',
    `Some content of release ${release} and before is not on this machine, and \`sitedrive.json\` names no seed that may have it. ` +
      'Nothing was published. Add the seed that keeps the site.',
    { remedy: { action: 'accept loss', sentence: 'Or go on with {}: what is not here is then given up.' } }
  )
}
