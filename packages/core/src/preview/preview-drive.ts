import { rmSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { removeStore } from '../disk/move-store.js'
import { BlobSink } from '../folder/blob-sink.js'
import { compare, type Change } from '../folder/compare.js'
import { codeOf, SitedriveError } from '../error.js'
import type { BlobPointer, Drive, DriveState } from '../holepunch/hyperdrive.js'
import type { PreviewKeys } from '../holepunch/key-pairs.js'
import type { IndexOp } from '../holepunch/index-op.js'
import { openSiteWriter, type SiteWriter } from '../holepunch/site-store.js'
import { indexOps } from '../publish/publish-build.js'
import type { IndexedFile } from '../release/release-view.js'
import { readScanCache, writeScanCache, type KnownFile } from '../folder/scan-cache.js'
import { FLUSH_BYTES } from '../holepunch/store-logs.js'
import { knownFiles } from '../session/known-files.js'
import { nextFork } from '../session/next-fork.js'
import { walk, walkSome, type Walk } from '../folder/walk.js'
import type { PreviewPlace } from './preview-place.js'
import { NO_STATUS, STATUS_PATH, statusOf, type PreviewStatus } from './preview-status.js'

/** With more superseded bytes than this, the drive is compacted as soon as no peer fetches from it. */
const COMPACT_BYTES = 8 * 2 ** 20
/** With more superseded bytes than this, the compaction does not wait for peers. */
const COMPACT_NOW_BYTES = 16 * 2 ** 20
/** Superseded bytes that may stay among the blobs that a compaction does not move. */
const KEPT_WASTE_BYTES = 2 * 2 ** 20

/** The output of a build. */
export interface Build {
  /** Absolute. */
  dir: string
  /** Paths in the drive that may have changed; null: every path may have changed. */
  touched: ReadonlySet<string> | null
  ignoreFile: string
}

/** The files of a preview at one moment. */
export interface PreviewFiles {
  files: ReadonlyMap<string, IndexedFile>
  /** Close it after use. */
  drive: Drive
}

/** The store of a preview drive, opened for writing. One process at a time may have it open. */
export class PreviewDrive {
  readonly writer: SiteWriter
  private readonly place: PreviewPlace
  private readonly files: Map<string, KnownFile>
  private status: PreviewStatus
  private bytesAtLastFlush = 0
  private isCompacting = false
  /** A compaction has failed, and nothing was written since. */
  private isBroken = false
  /** Bytes of both cores after the last compaction. */
  private bytesAfterCompaction = 0

  private constructor(
    place: PreviewPlace,
    writer: SiteWriter,
    files: Map<string, KnownFile>,
    status: PreviewStatus
  ) {
    this.place = place
    this.writer = writer
    this.files = files
    this.status = status
  }

  /**
   * Opens the drive and moves it to a higher fork. After a power cut or a restored backup, peers may hold other blocks at the
   * next lengths; the higher fork replaces them. Blobs of an interrupted update are dropped.
   *
   * @throws {SitedriveError} STORE_LOCKED, DISK_FULL, STORE_FAILED
   */
  static async open(place: PreviewPlace, keys: PreviewKeys): Promise<PreviewDrive> {
    let writer = await openOrRecreate(place, keys)
    try {
      let files: Map<string, KnownFile>
      try {
        files = await knownFiles(writer, readScanCache(place.cache), false)
      } catch (error) {
        if (codeOf(error) !== 'DRIVE_CORRUPT' && codeOf(error) !== 'NOT_HELD') throw error
        await writer.close()
        writer = await recreate(place, keys)
        files = new Map()
      }
      const { fork, blobsFork } = await writer.state()
      const next = nextFork([fork, blobsFork])
      await writer.bump(next, endOf([...files.values()].map(({ blob }) => blob)))
      writer.holdFork(next)
      return new PreviewDrive(place, writer, files, statusOf(await writer.entry(STATUS_PATH)))
    } catch (error) {
      await writer.close().catch(() => {}) // the first error explains the failure
      throw error
    }
  }

  get lastStatus(): PreviewStatus {
    return this.status
  }

  state(): Promise<DriveState> {
    return this.writer.state()
  }

  /** The drive at a version. It stays readable after later writes. Close it after use. */
  at(version: number): Drive {
    return this.writer.at(version)
  }

  /** All files, and a drive to read their bytes from; null during a compaction. */
  snapshot(): PreviewFiles | null {
    if (this.isCompacting || this.isBroken) return null
    const files = new Map<string, IndexedFile>()
    // Copies, because a compaction changes the blob pointers.
    for (const [path, { hash, blob }] of this.files) files.set(path, { hash, blob })
    return { files, drive: this.writer.at(this.writer.version) }
  }

  /**
   * Writes the changes of a build to the drive, as one batch.
   *
   * @param build null: only the status is written
   * @param status the status entry; `updatedAt` is set here when files changed
   * @param signal is aborted when another build begins to write the folder: nothing more is read, and nothing is written
   * @returns null when the signal was aborted while the folder was read
   * @throws {SitedriveError} the errors of reading the folder and of writing the store; readers then see the last state
   */
  async write(
    build: Build | null,
    status: Omit<PreviewStatus, 'updatedAt'>,
    signal: AbortSignal
  ): Promise<Change[] | null> {
    const { writer } = this
    let sink: BlobSink | null = null
    const sinkOf = async () => (sink ??= new BlobSink(writer))
    const found = build && this.walkBuild(build)
    try {
      // guard: preview: no more is read when another build begins
      const { changes, files } = found
        ? await compare(found.walk, found.known, sinkOf, { signal })
        : { changes: [], files: new Map() }
      // guard: preview: a file that is being written is not shown half
      if (found) await eventsArrived()
      // guard: preview: what was read while another build began is thrown away
      if (signal.aborted) return null
      if (sink) await (sink as BlobSink).end()
      const whole = files as Map<string, KnownFile> // with a sink, every file has its blob
      const updatedAt =
        changes.length > 0 || !this.status.updatedAt ? new Date().toISOString() : this.status.updatedAt
      const next: PreviewStatus = { ...status, updatedAt: found ? updatedAt : this.status.updatedAt }
      if (changes.length > 0 || JSON.stringify(next) !== JSON.stringify(this.status)) {
        await writer.flush([...indexOps(changes, whole), statusOp(next)])
        this.status = next
      }
      this.updateFiles(changes, whole)
      this.isBroken = false
      await this.flushLogIfLarge()
      return changes
    } catch (error) {
      if (codeOf(error) === 'ABORTED') return null
      throw error
    } finally {
      // Also after an error, because the position of the next blob must be known.
      if (sink) await (sink as BlobSink).end().catch(() => {})
    }
  }

  /** Whether the drive needs a compaction: at once, or as soon as no peer fetches from it. */
  get wantsCompaction(): 'no' | 'when quiet' | 'now' {
    if (this.isBroken) return 'no'
    const { blobsByteLength, indexByteLength } = this.writer
    if (blobsByteLength + indexByteLength - this.bytesAfterCompaction < COMPACT_BYTES) return 'no'
    const superseded = blobsByteLength + indexByteLength - bytesOf(this.files)
    if (superseded < COMPACT_BYTES) return 'no'
    return superseded < COMPACT_NOW_BYTES ? 'when quiet' : 'now'
  }

  /**
   * Frees the space of superseded blobs. The first blobs stay in place while little space between them is superseded. The
   * other blobs and the whole index are written again at a higher fork, so peers fetch only what was moved.
   */
  async compact(): Promise<void> {
    const { writer, files } = this
    const { version, fork, blobsFork } = await writer.state()
    const before = writer.at(version)
    this.isCompacting = true
    try {
      const kept = keptBlocks([...files.values()].map(({ blob }) => blob))
      const moved = [...files].filter(([, { blob }]) => blob.blockOffset >= kept)
      await writer.reset(nextFork([fork, blobsFork]), kept)
      const sink = new BlobSink(writer)
      const copies = new Map<string, BlobPointer>()
      for (const [, file] of moved) {
        // Equal files share one blob before and after.
        const copy = copies.get(blobId(file.blob)) ?? (await copyBlob(before, file.blob, sink))
        copies.set(blobId(file.blob), copy)
        file.blob = copy
      }
      await sink.end()
      await writer.flush(this.wholeIndex())
      this.bytesAfterCompaction = writer.blobsByteLength + writer.indexByteLength
    } catch (error) {
      // The drive may be incomplete, so the next update writes everything again.
      files.clear()
      this.status = NO_STATUS
      this.bytesAfterCompaction = 0
      this.isBroken = true
      throw error
    } finally {
      this.isCompacting = false
      await before.close()
    }
    await writer.compact()
  }

  async close(): Promise<void> {
    try {
      const { version, fork } = await this.writer.state()
      writeScanCache(this.place.cache, { version, fork, release: 0, confirmedBy: [], files: this.files })
    } finally {
      await this.writer.close()
    }
  }

  /** Closes a store that takes no writes any more. */
  async abandon(): Promise<void> {
    this.isBroken = true
    await this.writer.close().catch(() => {}) // it may fail at what it cannot write
  }

  private async flushLogIfLarge(): Promise<void> {
    const bytes = this.writer.blobsByteLength + this.writer.indexByteLength
    if (Math.abs(bytes - this.bytesAtLastFlush) < FLUSH_BYTES) return
    this.bytesAtLastFlush = bytes
    // The flush only saves memory and disk space. The update is written already, so an error is ignored.
    await this.writer.flushLog().catch(() => {})
  }

  private walkBuild({
    dir,
    touched,
    ignoreFile
  }: Build): { walk: Walk; known: Map<string, KnownFile> } | null {
    const some = touched && walkSome(dir, touched, ignoreFile)
    const isAllGone = some?.files.length === 0 && [...this.files.keys()].every((path) => touched?.has(path))
    if (!some || !touched || isAllGone) {
      const whole = walk(dir, ignoreFile)
      // A running build has emptied the folder and will fill it again.
      // guard: preview: an emptied folder is no update
      return whole.files.length === 0 ? null : { walk: whole, known: this.files }
    }
    const known = new Map<string, KnownFile>()
    for (const path of touched) {
      const file = this.files.get(path)
      if (file) known.set(path, file)
    }
    return { walk: some, known }
  }

  private updateFiles(changes: readonly Change[], files: ReadonlyMap<string, KnownFile>): void {
    for (const { op, path } of changes) if (op === 'remove') this.files.delete(path)
    for (const [path, file] of files) this.files.set(path, file)
  }

  private *wholeIndex(): Generator<IndexOp> {
    for (const [path, { hash, blob }] of this.files) yield { path, blob, metadata: { hash, mtime: null } }
    yield statusOp(this.status)
  }
}

/**
 * Lets the events come that the system has noted until now. Files are read in one go, so a program that empties a file and is about
 * to write it may have been noted before the read, and is heard of only when this thread waits again. The first turn ends the
 * round of events that runs, the second one is a whole round.
 */
async function eventsArrived(): Promise<void> {
  await nextTurn()
  await nextTurn()
}

function statusOp(status: PreviewStatus): IndexOp {
  return { path: STATUS_PATH, blob: null, metadata: status }
}

// A preview has only files that are on the disk anyway. So a store that cannot be opened is replaced; the link stays the same.
async function openOrRecreate(place: PreviewPlace, keys: PreviewKeys): Promise<SiteWriter> {
  try {
    // guard: preview: names and contents are encrypted
    return await openSiteWriter(place.store, keys, true)
  } catch (error) {
    if (!(error instanceof SitedriveError) || error.code !== 'STORE_FAILED') throw error
    return recreate(place, keys)
  }
}

function recreate(place: PreviewPlace, keys: PreviewKeys): Promise<SiteWriter> {
  removeStore(place.store)
  rmSync(place.cache, { force: true })
  return openSiteWriter(place.store, keys)
}

/** The first block after all of the blobs. */
function endOf(blobs: readonly BlobPointer[]): number {
  return blobs.reduce((end, { blockOffset, blockLength }) => Math.max(end, blockOffset + blockLength), 0)
}

/** The number of blocks at the start that a compaction leaves in place. */
function keptBlocks(blobs: readonly BlobPointer[]): number {
  const sorted = blobs.toSorted((a, b) => a.blockOffset - b.blockOffset)
  let end = { block: 0, byte: 0 }
  let waste = 0
  for (const { blockOffset, blockLength, byteOffset, byteLength } of sorted) {
    waste += Math.max(0, byteOffset - end.byte)
    if (waste > KEPT_WASTE_BYTES) break
    end = {
      block: Math.max(end.block, blockOffset + blockLength),
      byte: Math.max(end.byte, byteOffset + byteLength)
    }
  }
  return end.block
}

/** The bytes of all files; equal files count once. */
function bytesOf(files: ReadonlyMap<string, KnownFile>): number {
  const seen = new Set<string>()
  let bytes = 0
  for (const { blob } of files.values()) {
    if (seen.has(blobId(blob))) continue
    seen.add(blobId(blob))
    bytes += blob.byteLength
  }
  return bytes
}

function blobId({ blockOffset, byteLength }: BlobPointer): string {
  return `${blockOffset} ${byteLength}`
}

async function copyBlob(from: Drive, blob: BlobPointer, sink: BlobSink): Promise<BlobPointer> {
  const copy = sink.open()
  for await (const block of from.stream(blob)) {
    sink.extend(copy, block as Buffer)
    await sink.room()
  }
  return copy
}
