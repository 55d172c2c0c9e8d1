import { BlobSink } from '../folder/blob-sink.js'
import { makePrivateDir, type SitePaths } from '../machine/data-dir.js'
import { readIfThere } from '../disk/durable-file.js'
import { SitedriveError, throwIfAborted } from '../error.js'
import { readHead, writeHead, type Head } from '../machine/signed-head.js'
import type { SiteKeys } from '../holepunch/key-pairs.js'
import { siteCores } from '../holepunch/site-cores.js'
import {
  forkedError,
  openSiteWriter,
  overtakenError,
  type IndexOp,
  type SiteWriter
} from '../holepunch/site-store.js'
import { endOf } from '../holepunch/blob-pointer.js'
import type { Drive } from '../holepunch/hyperdrive.js'
import { findIntact, hashesOf, type Intact } from './intact.js'
import { moveStore } from '../disk/move-store.js'
import { isReserved, RECORD_PATH } from '../holepunch/reserved-paths.js'
import {
  findRelease,
  isLost,
  latestRelease,
  nextSkips,
  withLost,
  type Release,
  type ReleaseRecord,
  type Span
} from '../release/release-record.js'
import { recordBytes } from '../holepunch/claimed-hash.js'
import { readScanCache, writeScanCache, type KnownFile, type ScanCache } from '../folder/scan-cache.js'
import { nextFork, standingOf, type Standing } from './standing.js'
import type { Heard, SeedReceipt, Uplink } from './uplink.js'
import { acquireWriterLock, type LockHolder, type WriterLock } from '../machine/writer-lock.js'

export interface SessionOptions {
  paths: SitePaths
  keys: SiteKeys
  uplink: Uplink
  /** What was read before the lock was asked for; null: nothing. */
  seen: SeenState | null
  /** Go on from what is here although releases may be lost. */
  acceptLoss: boolean
  /** A seed is known to hold more than this machine: it is not alone, whatever its head file says. */
  isNotAlone: boolean
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
export type RecordFacts = Omit<ReleaseRecord, 'release' | 'previous' | 'skips' | 'publishedAt' | 'lost'>

/** A machine that seemed to be alone heard of something at a seed that it does not have. The session is to be opened anew. */
export class SeedsHoldMore extends Error {}

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
  private readonly intact: Intact
  private readonly heardForks: readonly number[]
  private readonly options: SessionOptions
  private readonly lock: WriterLock
  private readonly standing: Standing
  private head: Head
  private sink: BlobSink | null = null
  /** Blobs from this one on are of this publish. */
  private firstNew = 0
  private remembered: ScanCache | null = null

  private constructor(parts: {
    options: SessionOptions
    lock: WriterLock
    writer: SiteWriter
    head: Head
    standing: Standing
    known: Map<string, KnownFile>
    latest: Release | null
    intact: Intact
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
    this.intact = parts.intact
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
    const { paths, keys, uplink, acceptLoss, isNotAlone, signal } = options
    let lock: WriterLock | null = null
    try {
      makePrivateDir(paths.dir)
      lock = await acquireWriterLock(paths.lock, {
        timeoutMs: options.lockTimeoutMs,
        onWait: options.onWait,
        ...(signal && { signal })
      })
      // Beside all that follows. Not before the lock: a seed has one connection with each publisher, and ends the other.
      uplink.begin(siteCores(keys))
      const isOvertaken = options.seen !== null && readIfThere(paths.head) !== options.seen.headSeen
      const cache = options.seen && !isOvertaken ? options.seen.cache : readScanCache(paths.cache)
      let signed = readHeadOrAccept(paths.head, acceptLoss)
      if (signed?.exclusive && (acceptLoss || isNotAlone)) {
        // Whoever accepts a loss says that there is another machine, and a seed that holds more tells the same. Noted before a
        // copied store is adopted, for afterwards nothing tells that it was one.
        signed = { ...signed, exclusive: false }
        writeHead(paths.head, signed)
      }
      const store = new OpenedStore(await openSiteWriter(paths.store, keys, acceptLoss))
      try {
        const standing = await standingNow(store.writer, signed)
        const before = standing.kind === 'alone' ? null : await releaseHere(store.writer)
        const mayAsk = !isSure(standing) && uplink.hasSeeds
        // A store with other blocks at the same places cannot take those of a seed.
        const isReplaced = mayAsk && !acceptLoss && (await uplink.contradict(store.writer))
        if (isReplaced) await store.setAside(paths.store, keys)
        const { writer } = store
        const look = async () => {
          const heard = mayAsk ? await uplink.ask(writer) : null
          if (!acceptLoss) {
            const after = heard && !isReplaced ? await standingNow(writer, signed) : null
            refuseRisk(keys.key, standing, heard, after, signed)
          }
          // An ask that was cut short leaves the head of an index, and nothing of it.
          const isWhole = await writer.hasWholeIndex()
          if (!isWhole && !acceptLoss) throw behind(keys.key, 'only the head of its index could be fetched')
          const latest = isWhole ? await latestRelease(writer) : null
          if (heard && !signed && !latest && !acceptLoss)
            throw behind(keys.key, 'no seed holds any release of it')
          const known = isWhole ? await knownFiles(writer, cache, isReplaced) : new Map<string, KnownFile>()
          const intact = await findIntact(writer, latest, uplink, acceptLoss)
          forgetLostContent(known, intact.blocks)
          return { heard, latest, known, intact }
        }
        const { heard, latest, known, intact } = await (mayAsk ? untilStill(look) : look())
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
          intact,
          isOvertaken,
          overtaken: await lostRelease(writer, signed, before, latest)
        })
      } catch (error) {
        await store.giveBack(paths.store).catch(() => {}) // the first error is the one that tells
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
   * @throws {SeedsHoldMore}
   */
  async begin(most: { blocks: number; entries: number }): Promise<BlobSink> {
    const { writer, options } = this
    await this.hearFirst()
    // What a silent seed has may be signed at the same places; a higher fork takes its place without a conflict.
    const isAlone = this.standing.kind === 'alone' && !(await options.uplink.isPartlyHeard())
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
    if (!isAlone) await writer.bump(fork, this.intact.blocks, this.latest ? at.version : 0)
    writer.holdFork(fork)
    // Only now: a peer that is in the middle of a download when the fork changes can stall.
    options.uplink.connect(writer)
    this.firstNew = writer.coreLength('blobs')
    this.sink = new BlobSink(writer)
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
    const { lost } = this
    const record: ReleaseRecord = {
      ...facts,
      ...(lost.length > 0 && { lost }),
      release: (latest?.release ?? 0) + 1,
      publishedAt: new Date().toISOString(),
      previous: latest?.version ?? 0,
      skips: await nextSkips(writer, latest)
    }
    const recordBlob = sink.put(recordBytes(record))
    await sink.end()
    const isHeld = await options.uplink.holdBlobs(writer)
    // The last moment: what comes next is what readers see.
    throwIfAborted(options.signal)
    await writer.flush(this.held(withRecord(ops, { path: RECORD_PATH, blob: recordBlob, metadata: record })))
    await writer.sync()
    const state = await writer.state()
    const { release, publishedAt } = record
    this.writeHead({ ...state, indexHash: await writer.indexHash(), release, publishedAt, intent: null })
    this.remember(files, { ...state, release: record.release })
    // A seed that lacks blobs must not learn of an index that points at them.
    if (isHeld) await this.confirmNow()
    return { release: { ...record, version: state.version }, seeds: options.uplink.receipts() }
  }

  /**
   * Hands the newest release to the seeds, if there are any, when an earlier publish could not. Signs nothing.
   *
   * @throws {SeedsHoldMore}
   */
  async sync(): Promise<SeedReceipt[]> {
    const { uplink } = this.options
    await this.hearFirst()
    uplink.connect(this.writer)
    if (await uplink.holdBlobs(this.writer)) await this.confirmNow()
    return uplink.receipts()
  }

  /** Whether nobody holds the content of an old release any more, as far as is known. */
  isLost(release: number): boolean {
    return isLost({ lost: this.lost }, release)
  }

  private get lost(): Span[] {
    return withLost(this.latest?.lost, this.intact.lost)
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

  /**
   * Reads what an old release points at, and compares it with the hashes that were signed.
   *
   * @param files those that are pointed at again, by path
   * @throws {SitedriveError} NOT_HELD when one is not held, or other bytes lie there; SEED_UNREACHABLE when a seed that may
   *   have it does not hand it out
   */
  async prove(files: Iterable<[string, Pick<KnownFile, 'hash' | 'blob'>]>): Promise<void> {
    const { uplink, signal } = this.options
    for (const [path, { hash, blob }] of files) {
      throwIfAborted(signal)
      const isIntact = endOf(blob) <= this.intact.blocks
      if (!isIntact || !(await hashesOf(blob, this.writer, uplink, null)).includes(hash)) throw notHeld(path)
    }
  }

  /** Before the first signature: a machine that seems to be alone may be an older copy of itself. */
  private async hearFirst(): Promise<void> {
    const { uplink } = this.options
    if (isSure(this.standing) && uplink.hasSeeds && (await uplink.holdMore(this.writer)))
      throw new SeedsHoldMore()
  }

  private async confirmNow(): Promise<void> {
    const { uplink } = this.options
    if (!uplink.hasSeeds) return
    const ours = await this.writer.state()
    await uplink.confirm(this.writer)
    if (this.writer.isForked) throw forkedError()
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

  /** What seeds say is wrong with the site as they hold it. */
  get remarks(): string[] {
    return this.options.uplink.remarks()
  }

  async close(): Promise<void> {
    try {
      await this.options.uplink.close()
    } finally {
      try {
        // Somebody else signs too, so the next publish has to ask what there is.
        if (this.head.exclusive && this.writer.isOvertaken) this.writeHead({ exclusive: false })
      } finally {
        await this.writer.close().finally(() => this.lock.release())
      }
    }
  }

  /** @throws {SitedriveError} NOT_HELD when an entry points at a blob that nobody has any more, as a rollback's may */
  private *held(ops: Iterable<IndexOp>): Generator<IndexOp> {
    for (const op of ops) {
      const { blob } = op
      const isOld = blob && blob.blockOffset < this.firstNew
      if (isOld && endOf(blob) > this.intact.blocks) throw notHeld(op.path)
      yield op
    }
  }

  private writeHead(changes: Partial<Head>): void {
    const head = { ...this.head, ...changes }
    const { version, fork, blobsLength, indexHash, release, publishedAt, exclusive, intent } = head
    this.head = { version, fork, blobsLength, indexHash, release, publishedAt, exclusive, intent }
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

/**
 * The drive's files with the stamps that their bytes had on this disk, as far as the cache knows them.
 *
 * @param isReplaced the cache speaks of another history, which may have come to the same numbers
 */
export async function knownFiles(
  writer: SiteWriter,
  cache: ScanCache | null,
  isReplaced: boolean
): Promise<Map<string, KnownFile>> {
  const { version, fork } = await writer.state()
  if (!isReplaced && cache?.version === version && cache.fork === fork) return cache.files
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

/** So many releases may come in one after the other. */
const LOOK_TIMES = 3

/**
 * Another machine's release may come in while the seeds are heard, and its head take the place of what is being read, before
 * its blocks are here. Heard again, they hand those out.
 */
async function untilStill<T>(look: () => Promise<T>): Promise<T> {
  for (let times = 1; ; times++) {
    try {
      return await look()
    } catch (error) {
      if (!(error instanceof SitedriveError) || error.code !== 'NOT_HELD') throw error
      if (times === LOOK_TIMES) throw overtakenError()
    }
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

/** Whether nobody else can have signed, as far as this machine can tell by itself. */
function isSure({ kind }: Standing): boolean {
  return kind === 'alone' || kind === 'unfinished'
}

/** The store of a session while it is being opened. */
class OpenedStore {
  writer: SiteWriter
  private asideDir: string | null = null

  constructor(writer: SiteWriter) {
    this.writer = writer
  }

  /** Begins an empty store. The one that was open stays beside it, until the next one is set aside. */
  async setAside(dir: string, keys: SiteKeys): Promise<void> {
    const asideDir = `${dir}.replaced`
    await this.writer.close()
    moveStore(dir, asideDir)
    this.asideDir = asideDir
    this.writer = await openSiteWriter(dir, keys)
  }

  /** Closes the store; one that was set aside comes back. */
  async giveBack(dir: string): Promise<void> {
    await this.writer.close()
    if (this.asideDir === null) return
    moveStore(this.asideDir, dir)
  }
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

/** Content that nobody holds any more is stored again, whatever its hash says. @param blocks blobs from this one on do not count */
function forgetLostContent(known: Map<string, KnownFile>, blocks: number): void {
  for (const [path, file] of known) {
    if (endOf(file.blob) > blocks) known.set(path, { ...file, hash: '', stamp: null })
  }
}

/** The newest release of the store as it was opened; null also when an ask that was cut short left no more than its head. */
async function releaseHere(writer: SiteWriter): Promise<Release | null> {
  return (await writer.hasWholeIndex()) ? latestRelease(writer) : null
}

/**
 * By the head file and not by the store: that has moved on already when peers were met since, or when the publish that
 * heard of it did not end.
 *
 * @returns the newest release that was completed on this machine, when the history no longer has it
 */
async function lostRelease(
  writer: SiteWriter,
  signed: Head | null,
  before: Release | null,
  latest: Release | null
): Promise<{ release: number; publishedAt: string } | null> {
  const { release = 0, publishedAt, version = 0, indexHash = null } = signed ?? {}
  if (release === 0 || !publishedAt || indexHash === null)
    return before && replacedRelease(writer, before, latest)
  const isHere =
    latest !== null && writer.version >= version && (await writer.indexHashAt(version)) === indexHash
  return isHere ? null : { release, publishedAt }
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

function notHeld(path: string): SitedriveError {
  return new SitedriveError(
    'NOT_HELD',
    `What the old release showed at \`${path}\` is held neither on this machine nor by a seed any more. Nothing was published. ` +
      'Publish a build instead.'
  )
}

function behind(key: string, why: string): SitedriveError {
  return new SitedriveError(
    'STORE_BEHIND',
    `The store of \`${key}\` on this machine is behind: ${why}. Publishing from it would drop releases that readers have. ` +
      'Publish from the machine that has them, or go on from here with `--accept-loss`: readers then follow this machine.'
  )
}
