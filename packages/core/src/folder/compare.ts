import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BlobPointer } from '../holepunch/hyperdrive.js'
import { blocksOf, type BlobSink } from './blob-sink.js'
import { throwIfAborted } from '../error.js'
import { GROUP_BYTES, readLarge, readSmall } from './file-bytes.js'
import type { OnProgress } from '../progress.js'
import { isUnchanged, trustworthyStamp, type KnownFile } from './scan-cache.js'
import type { Walk, WalkedFile } from './walk.js'

/** One difference between two releases, or between a release and a dir. */
export interface Change {
  op: 'add' | 'change' | 'remove'
  path: string
  /** Size of the new file; of a removed file its old size. */
  bytes: number
}

/** A file of the dir. `blob` is null when the drive has no such content and none was stored. */
export type ComparedFile = Omit<KnownFile, 'blob'> & { blob: BlobPointer | null }

export interface Comparison {
  changes: Change[]
  /** The dir's files by path. */
  files: Map<string, ComparedFile>
}

export interface CompareOptions {
  onProgress?: OnProgress | undefined
  signal?: AbortSignal | undefined
}

/** Gives the sink for content that the drive does not have. Called for each such file. @param hash of the content of the file at `path` */
export type SinkOf = (path: string, hash: string) => Promise<BlobSink>

/**
 * Compares a walked dir with a drive's files by their content.
 *
 * Only files whose stamp changed are opened. Content that the drive already has, under any path, is not stored again. Other
 * content goes to the sink while it is in memory, so each file is read once; only files above GROUP_BYTES are read twice.
 *
 * @param sinkOf null: only compare
 */
export async function compare(
  walk: Pick<Walk, 'dir' | 'files'>,
  known: ReadonlyMap<string, KnownFile>,
  sinkOf: SinkOf | null,
  { onProgress, signal }: CompareOptions = {}
): Promise<Comparison> {
  const phase = sinkOf ? 'write' : 'scan'
  const total = walk.files.length
  const changes: Change[] = []
  const files: Comparison['files'] = new Map()
  const held = new Map<string, BlobPointer | null>()
  for (const { hash, blob } of known.values()) held.set(hash, blob)

  const pauseAfter = turnAfterBytes()
  let bytes = 0
  for (const file of walk.files) {
    const before = known.get(file.path)
    if (before && isUnchanged(before.stamp, file)) {
      files.set(file.path, before)
      continue
    }
    throwIfAborted(signal)
    onProgress?.({ phase, done: files.size, total, bytes })
    const now = await content(walk.dir + file.path, file, before?.hash, held, sinkOf, signal)
    files.set(file.path, now)
    if (before?.hash !== now.hash) {
      changes.push({ op: before ? 'change' : 'add', path: file.path, bytes: file.size })
      held.set(now.hash, now.blob)
    } else now.blob = before.blob
    bytes += file.size
    await pauseAfter(file.size)
  }
  for (const [path, { blob }] of known) {
    if (!files.has(path)) changes.push({ op: 'remove', path, bytes: blob.byteLength })
  }
  onProgress?.({ phase, done: total, total, bytes })
  return { changes, files }
}

/** The largest number of blocks and of changed entries that the files of a dir can need. Opens none of them. */
export function mostWritten(
  files: readonly WalkedFile[],
  known: ReadonlyMap<string, KnownFile>
): { blocks: number; entries: number } {
  const candidates = files.filter((file) => !isUnchanged(known.get(file.path)?.stamp ?? null, file))
  return {
    blocks: candidates.reduce((sum, { size }) => sum + blocksOf(size), 0),
    entries: candidates.length
  }
}

/**
 * Whether a dir has exactly the known files. Stops at the first difference. Files that were written again with the same
 * bytes get their new stamp in `known`.
 */
export async function isSameSite(
  walk: Walk,
  known: ReadonlyMap<string, KnownFile>,
  signal?: AbortSignal
): Promise<{ same: boolean; restamped: boolean }> {
  if (walk.files.length !== known.size || walk.files.some(({ path }) => !known.has(path))) {
    return { same: false, restamped: false }
  }
  const pauseAfter = turnAfterBytes()
  let restamped = false
  for (const file of walk.files) {
    const before = known.get(file.path)
    if (!before || isUnchanged(before.stamp, file)) continue
    const now = await content(walk.dir + file.path, file, before.hash, new Map(), null, signal)
    if (now.hash !== before.hash) return { same: false, restamped }
    before.stamp = now.stamp
    restamped = true
    await pauseAfter(file.size)
  }
  return { same: true, restamped }
}

async function content(
  file: string,
  stamp: WalkedFile,
  hashBefore: string | undefined,
  held: ReadonlyMap<string, BlobPointer | null>,
  sinkOf: SinkOf | null,
  signal: AbortSignal | undefined
): Promise<ComparedFile> {
  const readAtMs = Date.now()
  const small = stamp.size <= GROUP_BYTES ? readSmall(file, stamp) : null
  const hash = small?.hash ?? (await readLarge(file, stamp, () => {}, signal))
  const found = { hash, blob: held.get(hash) ?? null, stamp: trustworthyStamp(stamp, readAtMs) }
  if (found.blob || hash === hashBefore || !sinkOf) return found

  const sink = await sinkOf(stamp.path, hash)
  if (small) {
    found.blob = sink.put(small.bytes)
    await sink.room()
    return found
  }
  const blob = sink.open()
  // Hashed again: the file may have changed between the two reads, and the index must name the bytes that were stored.
  found.hash = await readLarge(
    file,
    stamp,
    (group) => {
      sink.extend(blob, group)
      return sink.room()
    },
    signal
  )
  found.blob = blob
  return found
}

// Files are read synchronously, which is fastest for many small files. After every GROUP_BYTES other work may run.
function turnAfterBytes(): (bytes: number) => Promise<void> | void {
  let since = 0
  return (bytes) => {
    since += bytes
    if (since < GROUP_BYTES) return
    since = 0
    return nextTurn()
  }
}
