import { createHash } from 'node:crypto'
import { SitedriveError } from '@sitedrive/core'
import { claimedHash, findRelease, HASH_MISMATCH, type Drive } from '@sitedrive/core/drive'
import type { SiteSource } from '../site/site-source.js'
import { isPlausible, resolvePath, visibleFiles } from '@sitedrive/mirror/parts'

/** A file of a site. */
export interface FoundFile {
  /** Its path in the drive. */
  path: string
  byteLength: number
  /** sha256 that was signed for it, base64url; null: another program than sitedrive wrote the site. */
  hash: string | null
  /**
   * Its bytes, proved block by block.
   *
   * @throws {SitedriveError} DRIVE_CORRUPT at the end, when they are not what was signed for the file; NOT_HELD when nobody sends them
   */
  bytes(): AsyncIterable<Buffer>
}

export interface FileWanted {
  /** Decoded; starts with `/`. */
  path: string
  release?: number | null
  version?: number | null
  /** How long to wait for a block. Milliseconds. */
  stallMs: number
}

/**
 * Finds a file of a site as a mirror does: `/` is `/index.html`, `/about` may be `/about.html`.
 *
 * @param use gets the file; the site's state is open until it ends
 * @throws {SitedriveError} NOT_FOUND, NOT_HELD, NO_SUCH_RELEASE
 */
export async function withFile<T>(
  drive: SiteSource,
  { path, release = null, version = null, stallMs }: FileWanted,
  use: (file: FoundFile) => Promise<T>
): Promise<T> {
  const newest = drive.newestState
  if (!newest) throw new Error('nothing of the site is here')
  const wanted =
    release === null ? (version ?? newest.version) : await versionOf(drive, newest.version, release)
  if (wanted < 2 || wanted > newest.version)
    throw new SitedriveError(
      'NO_SUCH_RELEASE',
      `The site has no version ${wanted}: its newest is ${newest.version}.`
    )
  const at = drive.at(wanted)
  try {
    const found = await find(at, path, stallMs)
    const { blob } = found
    if (!isPlausible(blob, newest.blobsLength))
      throw corrupt(found.path, 'the index says that its bytes are where none can be')
    const hash = claimedHash(found)
    return await use({
      path: found.path,
      byteLength: blob.byteLength,
      hash,
      bytes: () => proved(at, { ...found, hash }, stallMs)
    })
  } finally {
    await at.close().catch(() => {}) // already closed with the drive
  }
}

async function versionOf(drive: SiteSource, newest: number, release: number): Promise<number> {
  const at = drive.at(newest)
  try {
    return (await findRelease(at, release)).version
  } finally {
    await at.close()
  }
}

type Found = NonNullable<Awaited<ReturnType<ReturnType<typeof visibleFiles>>>>

async function find(at: Drive, path: string, stallMs: number): Promise<Found> {
  // Of a drive that another program wrote, a mirror hides some files; here they can be asked for by their names.
  const exact = path.endsWith('/') ? null : await at.entry(path, stallMs)
  if (exact?.blob) return exact as Found
  const lookUp = visibleFiles((each) => at.entry(each, stallMs))
  const resolved = await resolvePath(path, lookUp)
  const moved = resolved.kind === 'moved' ? await resolvePath(resolved.path, lookUp) : resolved
  if (moved.kind === 'file') return moved.entry
  throw new SitedriveError(
    'NOT_FOUND',
    `The site has no file at \`${path}\`, and none at \`${path}.html\` or \`${path}/index.html\`.`.replaceAll(
      '//',
      '/'
    )
  )
}

async function* proved(
  at: Drive,
  { path, blob, hash }: Found & { hash: string | null },
  timeoutMs: number
): AsyncGenerator<Buffer> {
  const digest = createHash('sha256')
  for await (const piece of at.stream(blob, { timeoutMs })) {
    digest.update(piece as Buffer)
    yield piece as Buffer
  }
  if (hash !== null && digest.digest('base64url') !== hash) throw corrupt(path, HASH_MISMATCH)
}

function corrupt(path: string, why: string): SitedriveError {
  return new SitedriveError('DRIVE_CORRUPT', `\`${path}\` cannot be trusted: ${why}.`)
}
