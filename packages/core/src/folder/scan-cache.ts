import type { BlobPointer } from '../holepunch/hyperdrive.js'
import { readSealed, writeSealed } from '../disk/sealed-file.js'
import type { FileStamp } from './walk.js'

/** One file of the drive, with the stamp that it had on disk when its bytes were hashed. */
export interface KnownFile {
  /** sha256 of the bytes, base64url. */
  hash: string
  blob: BlobPointer
  /** null: the bytes must be read and hashed again. */
  stamp: FileStamp | null
}

/** The site's files at one state of the drive. A scan is compared with it, which saves listing the drive's index. */
export interface ScanCache {
  /** The state of the drive that `files` belongs to. */
  version: number
  fork: number
  release: number
  /** Seeds that hold this state, z-base-32. */
  confirmedBy: string[]
  /** By path. */
  files: Map<string, KnownFile>
}

const FORMAT = 'sitedrive scan 2'

/** @returns null when there is no cache or it is damaged; the caller then makes a new one */
export function readScanCache(file: string): ScanCache | null {
  const body = readSealed(file, FORMAT)
  if (body === null) return null
  const { version, fork, release, confirmedBy, files } = JSON.parse(body) as Flat
  return { version, fork, release, confirmedBy, files: new Map(files.map(fromRow)) }
}

export function writeScanCache(file: string, cache: ScanCache): void {
  const { version, fork, release, confirmedBy } = cache
  const files: Row[] = []
  for (const [path, known] of cache.files) files.push(toRow(path, known))
  writeSealed(file, FORMAT, JSON.stringify({ version, fork, release, confirmedBy, files } satisfies Flat))
}

/**
 * Whether a file certainly still has the bytes that were hashed.
 *
 * Time stamps are only as fine as the file system's clock: a file written twice within one tick has the same stamp
 * twice (git calls such an entry racy). So a stamp is kept only when it was older than a tick when the bytes were read.
 */
export function isUnchanged(stamp: FileStamp | null, now: FileStamp): boolean {
  return (
    stamp !== null &&
    stamp.size === now.size &&
    stamp.mtimeMs === now.mtimeMs &&
    // guard: a scan is not fooled by a time that was put back
    stamp.ctimeMs === now.ctimeMs &&
    stamp.ino === now.ino
  )
}

/** The number of files and bytes of a site, or of its source. */
export function totals(files: ReadonlyMap<string, KnownFile>): { files: number; bytes: number } {
  let bytes = 0
  for (const { blob } of files.values()) bytes += blob.byteLength
  return { files: files.size, bytes }
}

/** @param readAtMs when reading the bytes began */
export function trustworthyStamp(
  { size, mtimeMs, ctimeMs, ino }: FileStamp,
  readAtMs: number
): FileStamp | null {
  const coarse = mtimeMs % 1000 === 0 && ctimeMs % 1000 === 0
  // Kernel clocks tick every 1 to 10 ms; file systems without fractions of a second tick every 1 or 2 s.
  const tickMs = coarse ? 2000 : 20
  // guard: a stamp is trusted only when it is older than a tick
  return Math.max(mtimeMs, ctimeMs) + tickMs < readAtMs ? { size, mtimeMs, ctimeMs, ino } : null
}

interface Flat {
  version: number
  fork: number
  release: number
  confirmedBy: string[]
  files: Row[]
}

// Rows have no property names: with 100,000 files the names would be most of the cache.
type Row = [
  string,
  string,
  number,
  number,
  number,
  number,
  size?: number,
  mtimeMs?: number,
  ctimeMs?: number,
  ino?: number
]

function toRow(path: string, { hash, blob, stamp }: KnownFile): Row {
  const row: Row = [path, hash, blob.blockOffset, blob.blockLength, blob.byteOffset, blob.byteLength]
  if (stamp) row.push(stamp.size, stamp.mtimeMs, stamp.ctimeMs, stamp.ino)
  return row
}

function fromRow(row: Row): [string, KnownFile] {
  const [path, hash, blockOffset, blockLength, byteOffset, byteLength, size, mtimeMs, ctimeMs, ino] = row
  const stamp =
    size === undefined || mtimeMs === undefined || ctimeMs === undefined || ino === undefined
      ? null
      : { size, mtimeMs, ctimeMs, ino }
  return [path, { hash, blob: { blockOffset, blockLength, byteOffset, byteLength }, stamp }]
}
