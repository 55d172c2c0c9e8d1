import { BlobSink } from './blob-sink.js'
import { makePrivateDir, type SitePaths } from './data-dir.js'
import { readIfThere } from './durable-file.js'
import { SitedriveError } from './error.js'
import { readHead, writeHead, type Head } from './head.js'
import type { SiteKeys } from './holepunch/key-pairs.js'
import { openSiteWriter, overtakenError, type IndexOp, type SiteWriter } from './holepunch/site-store.js'
import type { Drive } from './holepunch/drive.js'
import { isReserved, RECORD_PATH } from './reserved.js'
import { findRelease, latestRelease, nextSkips, type Release, type ReleaseRecord } from './release-record.js'
import { readScanCache, writeScanCache, type KnownFile, type ScanCache } from './scan-cache.js'
import { nextFork, standingOf, type Standing } from './standing.js'
import type { Heard, SeedReceipt, Uplink } from './uplink.js'
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
  /** The last release of this machine, when another machine's replaced it. */
  readonly overtaken: { release: number; publishedAt: string } | null
  private readonly heardForks: readonly number[]
  private readonly options: SessionOptions
  private readonly lock: WriterLock
  private readonly standing: Standing
  private head: Head
  private sink: BlobSink | null = null
  private remembered: ScanCache | null = null

  private constructor(parts: {
    options: SessionOptions
    lock: WriterLock
    writer: SiteWriter
    head: Head
    standing: Standing
    known: Map<string, KnownFile>
    latest: Release | null
    isOvertaken: boolean
    overtaken: { release: number; publishedAt: string } | null
    heardForks: readonly number[]
  }) {
    this.options = parts.options
    this.lock = parts.lock
    this.writer = parts.writer
    this.head = parts.head
    this.standing = parts.standing
    this.known = parts.known
    this.latest = parts.latest
    this.isOvertaken = parts.isOvertaken
    this.overtaken = parts.overtaken
    this.heardForks = parts.heardForks
  }

  /**
   * Waits for the lock, opens the store, compares it with what this machine signed, and, when others may have signed too,
   * hears the seeds and fetches what they have.
   *
   * @throws {SitedriveError} STORE_BEHIND when the store lacks releases, SEED_UNREACHABLE when too few seeds say what they
   *   hold, both unless the loss was accepted; LOCK_TIMEOUT, HEAD_INVALID and the store's own
   */
  static async open(options: SessionOptions): Promise<SiteSession> {
    const { paths, keys, uplink, acceptLoss, signal } = options
    let lock: WriterLock | null = null
    try {
      makePrivateDir(paths.dir)
      lock = await acquireWriterLock(paths.lock, {
        timeoutMs: options.lockTimeoutMs,
        onWait: options.onWait,
        ...(signal && { signal })
      })
      const isOvertaken = options.seen !== null && readIfThere(paths.head) !== options.seen.headSeen
      const cache = options.seen && !isOvertaken ? options.seen.cache : readScanCache(paths.cache)
      let signed = readHeadOrAccept(paths.head, acceptLoss)
      if (signed?.exclusive && acceptLoss) {
        // Whoever accepts a loss says that there is another machine. Noted before a copied store is adopted, for
        // afterwards nothing tells that it was one.
        signed = { ...signed, exclusive: false }
        writeHead(paths.head, signed)
      }
      const writer = await openSiteWriter(paths.store, keys, acceptLoss)
      try {
        const standing = await standingNow(writer, signed)
        const before = standing.kind === 'alone' ? null : await latestRelease(writer).catch(() => null)
        const isSure = standing.kind === 'alone' || standing.kind === 'unfinished'
        const heard = !isSure && uplink.hasSeeds ? await uplink.ask(writer) : null
        if (!acceptLoss)
          refuseRisk(keys.key, standing, heard, heard && (await standingNow(writer, signed)), signed)
        const latest = await latestRelease(writer)
        if (heard && !signed && !latest && !acceptLoss)
          throw behind(keys.key, 'no seed holds any release of it')
        const known = await knownFiles(writer, cache)
        if (standing.kind !== 'alone' && !heard?.holdsAllBlobs) await forgetLostContent(writer, known)
        const head = signed ?? {
          ...(await writer.state()),
          indexHash: null,
          release: 0,
          exclusive: false,
          intent: null
        }
        return new SiteSession({
          options,
          lock,
          writer,
          head,
          standing,
          heardForks: heard?.forks ?? [],
          known,
          latest,
          isOvertaken,
          overtaken: before && (await replacedRelease(writer, before, latest))
        })
      } catch (error) {
        await writer.close().catch(() => {}) // the first error is the one that tells
        throw error
      }
    } catch (error) {
      await uplink.close().catch(() => {})
      lock?.release()
      throw error
    }
  }

  /**
   * The moment before the first signature: says in the head file how far this publish may go, and, unless this machine
   * is surely alone, moves on to a higher fork.
   *
   * @param most upper bounds of what will be appended
   */
  async begin(most: { blocks: number; entries: number }): Promise<BlobSink> {
    const { writer, options } = this
    const isAlone = this.standing.kind === 'alone'
    const at = await writer.state()
    const seen = [at.fork, at.blobsFork, this.head.fork, this.head.intent?.fork ?? 0, ...this.heardForks]
    const fork = isAlone ? at.fork : nextFork(seen)
    this.writeHead({
      exclusive: this.head.exclusive && this.standing.kind !== 'behind',
      intent: {
        fork,
        version: at.version + most.entries + 2, // the drive's header and the release record
        blobsLength: at.blobsLength + most.blocks + 1 // the record's content
      }
    })
    if (!isAlone) await writer.bump(fork, await usedBlocks(writer))
    writer.holdFork(fork)
    // Only now: a peer that is in the middle of a download when the fork changes can stall.
    options.uplink.connect(writer)
    this.sink = new BlobSink(writer, { blocks: writer.coreLength('blobs'), bytes: writer.blobsByteLength })
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
    const isHeld = await options.uplink.holdBlobs(writer)
    await writer.flush(withRecord(ops, { path: RECORD_PATH, blob: recordBlob, metadata: record }))
    await writer.sync()
    const state = await writer.state()
    this.writeHead({ ...state, indexHash: await writer.indexHash(), release: record.release, intent: null })
    this.remember(files, { ...state, release: record.release })
    // A seed that lacks blobs must not learn of an index that points at them.
    if (isHeld) await this.confirmNow()
    return { release: { ...record, version: state.version }, seeds: options.uplink.receipts() }
  }

  /** Hands the newest release to the seeds, if there are any, when an earlier publish could not. Signs nothing. */
  async sync(): Promise<SeedReceipt[]> {
    const { uplink } = this.options
    uplink.connect(this.writer)
    if (await uplink.holdBlobs(this.writer)) await this.confirmNow()
    return uplink.receipts()
  }

  /** Keeps what a scan found, so that the next one is cheap. */
  remember(
    files: Map<string, KnownFile>,
    { version, fork, release }: { version: number; fork: number; release: number },
    confirmedBy: string[] = []
  ): void {
    this.remembered = { version, fork, release, confirmedBy, files }
    writeScanCache(this.options.paths.cache, this.remembered)
  }

  private async confirmNow(): Promise<void> {
    const { uplink } = this.options
    if (!uplink.hasSeeds) return
    const ours = await this.writer.state()
    await uplink.confirm(this.writer)
    const { version, fork } = await this.writer.state()
    if (version !== ours.version || fork !== ours.fork) throw overtakenError()
    const confirmedBy = uplink.receipts().flatMap(({ key, confirmed }) => (confirmed ? [key] : []))
    const { files, release } = this.remembered ?? { files: this.known, release: this.latest?.release ?? 0 }
    this.remember(files, { version, fork, release }, confirmedBy)
  }

  /** Why fewer seeds than wanted hold what this session handed them; null when enough do, or none was asked. */
  unconfirmed(wanted: number): string[] | null {
    const { uplink } = this.options
    const receipts = uplink.receipts()
    const confirmed = receipts.filter((receipt) => receipt.confirmed).length
    return receipts.length === 0 || confirmed >= wanted ? null : uplink.problems()
  }

  async close(): Promise<void> {
    try {
      await this.options.uplink.close()
    } finally {
      try {
        await this.writer.close()
      } finally {
        this.lock.release()
      }
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

/** The drive's files with the stamps that their bytes had on this disk, as far as the cache knows them. */
export async function knownFiles(
  writer: SiteWriter,
  cache: ScanCache | null
): Promise<Map<string, KnownFile>> {
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

async function standingNow(writer: SiteWriter, signed: Head | null): Promise<Standing> {
  if (writer.isCopy) return COPIED
  return standingOf(signed, { ...(await writer.state()), indexHash: await writer.indexHash() })
}

/** @param after the standing when the seeds had been heard; null when there is none to hear */
function refuseRisk(
  key: string,
  before: Standing,
  heard: Heard | null,
  after: Standing | null,
  signed: Head | null
): void {
  if (!heard) {
    if (before.kind === 'behind') throw behind(key, before.why)
    return
  }
  if (heard.holdsMore !== null)
    throw behind(key, `seed ${heard.holdsMore} holds more than could be fetched from it`)
  if (heard.reached < heard.wanted) {
    throw new SitedriveError(
      'SEED_UNREACHABLE',
      `Only ${heard.reached} of ${heard.wanted} seeds of \`${key}\` could be reached, and this machine may not know every release. ` +
        'Nothing was published. Try again when they are online, or go on with `--accept-loss`: readers then follow this machine.'
    )
  }
  // What was never noted here has now been fetched; what was noted here and is nowhere is lost.
  if (signed && after?.kind === 'behind') throw behind(key, after.why)
}

/** Content that is neither here nor at a seed must be stored again, whatever its hash says. */
async function forgetLostContent(writer: SiteWriter, known: Map<string, KnownFile>): Promise<void> {
  for (const [path, file] of known)
    if (!(await writer.hasBlob(file.blob))) known.set(path, { ...file, hash: '', stamp: null })
}

/** The end of the newest release's blobs: its record is stored last. */
async function usedBlocks(writer: SiteWriter): Promise<number> {
  const record = await writer.entry(RECORD_PATH)
  return record?.blob ? record.blob.blockOffset + record.blob.blockLength : 0
}

/** @returns the release of before when the history no longer has it */
async function replacedRelease(
  writer: SiteWriter,
  before: Release,
  latest: Release | null
): Promise<Release | null> {
  if (!latest || latest.release < before.release) return before
  const now = await findRelease(writer, before.release)
  return now.publishedAt === before.publishedAt && now.version === before.version ? null : before
}

function behind(key: string, why: string): SitedriveError {
  return new SitedriveError(
    'STORE_BEHIND',
    `The store of \`${key}\` on this machine is behind: ${why}. Publishing from it would drop releases that readers have. ` +
      'Publish from the machine that has them, or go on from here with `--accept-loss`: readers then follow this machine.'
  )
}
