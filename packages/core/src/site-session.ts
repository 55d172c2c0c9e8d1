import { BlobSink } from './blob-sink.js'
import { makePrivateDir, type SitePaths } from './data-dir.js'
import { readIfThere } from './durable-file.js'
import { SitedriveError } from './error.js'
import { readHead, writeHead, type Head } from './head.js'
import type { SiteKeys } from './holepunch/key-pairs.js'
import { openSiteWriter, type IndexOp, type SiteWriter } from './holepunch/site-store.js'
import type { Drive } from './holepunch/drive.js'
import { isReserved, RECORD_PATH } from './reserved.js'
import { latestRelease, nextSkips, type Release, type ReleaseRecord } from './release-record.js'
import { readScanCache, writeScanCache, type KnownFile, type ScanCache } from './scan-cache.js'
import { nextFork, standingOf, type Standing } from './standing.js'
import type { SeedReceipt, Uplink } from './uplink.js'
import { acquireWriterLock, type LockHolder, type WriterLock } from './writer-lock.js'

export interface SessionOptions {
  paths: SitePaths
  keys: SiteKeys
  uplink: Uplink
  /** What was read before the lock was asked for; null: nothing. */
  seen: SeenState | null
  /** Go on from what is here although releases may be lost. */
  acceptLoss: boolean
  lockTimeoutMs: number
  onWait: (holder: LockHolder | null, waitedMs: number) => void
  signal?: AbortSignal | undefined
}

/** The site's files in the data directory as they were read without the lock. */
export interface SeenState {
  /** The text of the head file; null when there was none. */
  headSeen: string | null
  /** The last scan, with stamps brought up to date. */
  cache: ScanCache | null
}

const COPIED: Standing = { kind: 'behind', why: 'it was copied from another machine or place' }

/** What a release says of itself; the session fills in the rest. */
export type RecordFacts = Omit<ReleaseRecord, 'release' | 'previous' | 'skips' | 'publishedAt'>

/**
 * One writer's turn at a site: lock, store, head file. Nothing is signed before `begin`; readers see nothing before
 * `finish`; whatever ends the process in between, they see the last release.
 */
export class SiteSession {
  readonly writer: SiteWriter
  /** The drive's files at its newest release. */
  readonly known: Map<string, KnownFile>
  readonly latest: Release | null
  /** Another publish of this site ended between the reading of `seen` and the lock. */
  readonly isOvertaken: boolean
  private readonly options: SessionOptions
  private readonly lock: WriterLock
  private readonly standing: Standing
  private head: Head
  private sink: BlobSink | null = null

  private constructor(parts: {
    options: SessionOptions
    lock: WriterLock
    writer: SiteWriter
    head: Head
    standing: Standing
    known: Map<string, KnownFile>
    latest: Release | null
    isOvertaken: boolean
  }) {
    this.options = parts.options
    this.lock = parts.lock
    this.writer = parts.writer
    this.head = parts.head
    this.standing = parts.standing
    this.known = parts.known
    this.latest = parts.latest
    this.isOvertaken = parts.isOvertaken
  }

  /**
   * Waits for the lock, opens the store, and compares it with what this machine signed.
   *
   * @throws {SitedriveError} STORE_BEHIND when the store lacks releases and the loss was not accepted; LOCK_TIMEOUT,
   *   HEAD_INVALID and the store's own
   */
  static async open(options: SessionOptions): Promise<SiteSession> {
    const { paths, keys, uplink, acceptLoss, signal } = options
    makePrivateDir(paths.dir)
    const lock = await acquireWriterLock(paths.lock, {
      timeoutMs: options.lockTimeoutMs,
      onWait: options.onWait,
      ...(signal && { signal })
    })
    try {
      const isOvertaken = options.seen !== null && readIfThere(paths.head) !== options.seen.headSeen
      const cache = options.seen && !isOvertaken ? options.seen.cache : readScanCache(paths.cache)
      const signed = readHeadOrAccept(paths.head, acceptLoss)
      const writer = await openSiteWriter(paths.store, keys, acceptLoss)
      try {
        const store = await writer.state()
        const standing = writer.isCopy
          ? COPIED
          : standingOf(signed, { ...store, indexHash: await writer.indexHash() })
        if (standing.kind === 'behind' && !acceptLoss) throw behind(keys.key, standing.why)
        const head = signed ?? { ...store, indexHash: null, release: 0, exclusive: false, intent: null }
        const latest = await latestRelease(writer)
        const known = await knownFiles(writer, cache)
        return new SiteSession({ options, lock, writer, head, standing, known, latest, isOvertaken })
      } catch (error) {
        await writer.close()
        throw error
      }
    } catch (error) {
      await uplink.close()
      lock.release()
      throw error
    }
  }

  /**
   * The moment before the first signature: says in the head file how far this publish may go, and, unless this machine
   * is surely alone, hears the seeds and moves on to a higher fork.
   *
   * @param most upper bounds of what will be appended
   */
  async begin(most: { blocks: number; entries: number }): Promise<BlobSink> {
    const { writer, options } = this
    const isAlone = this.standing.kind === 'alone'
    const heard = isAlone ? [] : await options.uplink.ask(writer)
    const at = await writer.state()
    const seen = [at.fork, at.blobsFork, this.head.fork, this.head.intent?.fork ?? 0, ...heard]
    const fork = isAlone ? at.fork : nextFork(seen)
    this.writeHead({
      exclusive: this.head.exclusive && this.standing.kind !== 'behind',
      intent: {
        fork,
        version: at.version + most.entries + 2, // the drive's header and the release record
        blobsLength: at.blobsLength + most.blocks + 1 // the record's content
      }
    })
    if (!isAlone) await writer.bump(fork)
    // Only now: a peer that is in the middle of a download when the fork changes can stall.
    options.uplink.connect(writer)
    this.sink = new BlobSink(writer, { blocks: at.blobsLength, bytes: writer.blobsByteLength })
    return this.sink
  }

  /**
   * Makes the release: its blobs are handed to the seeds first, then the whole index changes as one batch.
   *
   * @param ops changes of the index
   * @param files the site's files after this release
   */
  async finish(
    ops: Iterable<IndexOp>,
    facts: RecordFacts,
    files: Map<string, KnownFile>
  ): Promise<{ release: Release; seeds: SeedReceipt[] }> {
    const { writer, sink, latest, options } = this
    if (!sink) throw new Error('finish before begin')
    const record: ReleaseRecord = {
      ...facts,
      release: (latest?.release ?? 0) + 1,
      publishedAt: new Date().toISOString(),
      previous: latest?.version ?? 0,
      skips: await nextSkips(writer, latest)
    }
    const recordBlob = sink.put(Buffer.from(`${JSON.stringify(record, null, 2)}\n`))
    await sink.end()
    await options.uplink.holdBlobs(writer)
    await writer.flush(withRecord(ops, { path: RECORD_PATH, blob: recordBlob, metadata: record }))
    const seeds = await options.uplink.confirm(writer)
    await writer.sync()
    const state = await writer.state()
    this.writeHead({ ...state, indexHash: await writer.indexHash(), release: record.release, intent: null })
    this.remember(files, { ...state, release: record.release })
    return { release: { ...record, version: state.version }, seeds }
  }

  /** Keeps what a scan found, so that the next one is cheap. */
  remember(
    files: Map<string, KnownFile>,
    at: { version: number; fork: number; release: number } = { ...this.head }
  ): void {
    writeScanCache(this.options.paths.cache, {
      version: at.version,
      fork: at.fork,
      release: at.release,
      confirmed: true,
      files
    })
  }

  async close(): Promise<void> {
    try {
      await this.options.uplink.close()
      await this.writer.close()
    } finally {
      this.lock.release()
    }
  }

  private writeHead(changes: Partial<Head>): void {
    const { version, fork, blobsLength, indexHash, release, exclusive, intent } = { ...this.head, ...changes }
    this.head = { version, fork, blobsLength, indexHash, release, exclusive, intent }
    writeHead(this.options.paths.head, this.head)
  }
}

/** Lists a drive's files; entries whose metadata is not ours count as unknown content. */
export async function listFiles(drive: Drive): Promise<Map<string, KnownFile>> {
  const files = new Map<string, KnownFile>()
  for await (const { path, blob, metadata } of drive.entries()) {
    if (!blob || isReserved(path)) continue
    const hash = (metadata as { hash?: unknown } | null)?.hash
    files.set(path, { hash: typeof hash === 'string' ? hash : '', blob, stamp: null })
  }
  return files
}

async function knownFiles(writer: SiteWriter, cache: ScanCache | null): Promise<Map<string, KnownFile>> {
  const { version, fork } = await writer.state()
  if (cache?.version === version && cache.fork === fork) return cache.files
  const files = await listFiles(writer)
  // Stamps of another state still say which bytes lie on the disk, as long as the hash is the same.
  for (const [path, file] of files) {
    const cached = cache?.files.get(path)
    if (cached?.hash === file.hash) file.stamp = cached.stamp
  }
  return files
}

function readHeadOrAccept(file: string, acceptLoss: boolean): Head | null {
  try {
    return readHead(file)
  } catch (error) {
    if (acceptLoss && error instanceof SitedriveError) return null
    throw error
  }
}

function* withRecord(ops: Iterable<IndexOp>, record: IndexOp): Generator<IndexOp> {
  yield* ops
  yield record // last: its place in the index says where the release ends
}

function behind(key: string, why: string): SitedriveError {
  return new SitedriveError(
    'STORE_BEHIND',
    `The store of \`${key}\` on this machine is behind: ${why}. Publishing from it would drop releases that readers have. ` +
      'Publish from the machine that has them, or go on from here with `--accept-loss`: readers then follow this machine.'
  )
}
