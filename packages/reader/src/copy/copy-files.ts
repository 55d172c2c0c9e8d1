import { SitedriveError } from '@sitedrive/core'
import { claimedHash, isReservedPath, type BlobPointer, type DriveEntry } from '@sitedrive/core/drive'
import { isPlausible } from '@sitedrive/mirror/parts'
import type { TargetFolder } from './target-folder.js'

/** One state of a site whose files are copied. */
export interface Source {
  /** Blocks of the blobs core. */
  blobsLength: number
  /** The index, sorted by path; may be called twice. */
  entries(): AsyncIterable<DriveEntry>
  /** Brings the bytes of these files to this machine. */
  fetch(blobs: readonly BlobPointer[]): Promise<void>
  /** The bytes of a file that was fetched. */
  blocks(blob: BlobPointer): AsyncIterable<Buffer>
}

/** A file of the site that is not in the copy. */
export interface LeftOut {
  path: string
  /** Part of a sentence, for people. */
  why: string
}

export interface Copied {
  /** Files that were written, and their bytes. */
  files: number
  bytes: number
  /** At most `MAX_NAMED` of the files that were not. */
  leftOut: LeftOut[]
  leftOutCount: number
}

/** What a copy will be when it is whole. */
export interface Extent {
  files: number
  bytes: number
}

/** How many files that are left out are named. A hostile site may have a million of them. */
export const MAX_NAMED = 1_000

/** Files are fetched in groups of about so many, the next while one is written. */
const GROUP_FILES = 500
const GROUP_BYTES = 32 * 1024 * 1024

/** How many files are written at one time. */
const AT_ONCE = 8

/** A disk is not filled to the last byte. Bytes. */
const RESERVE_BYTES = 64 * 1024 * 1024

/**
 * Copies the files of one state into a folder: each compared with what its author signed, under names that stay in the folder. What
 * cannot be copied is left out and named.
 *
 * @param onProgress called with what is done, and with what there is in all
 * @throws {SitedriveError} DISK_FULL before anything is written, when the disk has no room for all; the errors of `source`
 */
export async function copyFiles(
  source: Source,
  target: TargetFolder,
  { signal, onProgress = () => {} }: { signal: AbortSignal; onProgress?: (done: Extent, all: Extent) => void }
): Promise<Copied> {
  const all = await extentOf(source, target, signal)
  const copied: Copied = { files: 0, bytes: 0, leftOut: [], leftOutCount: 0 }
  const leaveOut = (path: string, why: string) => {
    copied.leftOutCount++
    if (copied.leftOut.length < MAX_NAMED) copied.leftOut.push({ path, why })
  }

  const write = async ({ path, blob, claim }: File) => {
    const content = { byteLength: blob.byteLength, hash: claim, bytes: () => source.blocks(blob) }
    const why = await target.write(path, content).catch(whyUnreadable)
    if (why === null) {
      copied.files++
      copied.bytes += blob.byteLength
    } else leaveOut(path, why)
    onProgress(copied, all)
  }

  let before = Promise.resolve()
  for await (const group of groups(filesOf(source, target, leaveOut), signal)) {
    const fetched = source.fetch(group.map(({ blob }) => blob))
    fetched.catch(() => {}) // awaited below, after the group before it
    await before
    await fetched
    before = atOnce(group, write, signal)
    before.catch(() => {}) // awaited in the next turn
  }
  await before
  copied.leftOut.sort((a, b) => (a.path < b.path ? -1 : 1))
  return copied
}

interface File {
  path: string
  blob: BlobPointer
  claim: string | null
}

/** The files that can be copied; the others are handed to `leaveOut`. */
async function* filesOf(
  source: Source,
  target: TargetFolder,
  leaveOut: (path: string, why: string) => void
): AsyncGenerator<File> {
  for await (const entry of source.entries()) {
    const { path, blob } = entry
    if (isReservedPath(path)) continue
    const why = whyNot(entry, source, target)
    if (why !== null) leaveOut(path, why)
    else if (blob) yield { path, blob, claim: claimedHash(entry) }
  }
}

function whyNot({ path, blob }: DriveEntry, { blobsLength }: Source, target: TargetFolder): string | null {
  if (!blob) return 'it is a link to another path, which no copy follows'
  if (!isPlausible(blob, blobsLength)) return NOWHERE
  return target.whyNot(path)
}

const NOWHERE = 'the index says that its bytes are where none can be'

/** The blocks of the file were fetched. When others are missing, the index says that it has more bytes than these. */
function whyUnreadable(error: unknown): string {
  if (error instanceof SitedriveError && error.code === 'NOT_HELD') return NOWHERE
  throw error
}

/** Looks at the whole index before anything is written: the disk must have room for what it promises. */
async function extentOf(source: Source, target: TargetFolder, signal: AbortSignal): Promise<Extent> {
  const all: Extent = { files: 0, bytes: 0 }
  for await (const { blob } of filesOf(source, target, () => {})) {
    signal.throwIfAborted()
    all.files++
    all.bytes += blob.byteLength
  }
  const { freeBytes } = target
  // guard: copy: a site that says that it is larger than the disk is not begun
  if (!target.isResumed && all.bytes > Math.max(0, freeBytes - RESERVE_BYTES))
    throw new NoRoom(all.bytes, freeBytes)
  return all
}

/** The index promises more bytes than the disk has room for. */
export class NoRoom extends SitedriveError {
  constructor(needed: number, free: number) {
    super(
      'DISK_FULL',
      `The site has ${inUnits(needed)} by its own account, and the disk has ${inUnits(free)} free. Nothing was copied.`
    )
  }
}

function inUnits(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

async function* groups(files: AsyncIterable<File>, signal: AbortSignal): AsyncGenerator<File[]> {
  let group: File[] = []
  let bytes = 0
  for await (const file of files) {
    signal.throwIfAborted()
    group.push(file)
    bytes += file.blob.byteLength
    if (group.length < GROUP_FILES && bytes < GROUP_BYTES) continue
    yield group
    group = []
    bytes = 0
  }
  if (group.length > 0) yield group
}

async function atOnce<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  signal: AbortSignal
): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      signal.throwIfAborted()
      await work(item)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
