import { throwIfAborted } from '../error.js'
import { BlobSink } from '../folder/blob-sink.js'
import { writeScanCache, type KnownFile, type ScanCache } from '../folder/scan-cache.js'
import { recordBytes } from '../holepunch/claimed-hash.js'
import { RECORD_PATH } from '../holepunch/reserved-paths.js'
import type { IndexOp } from '../holepunch/index-op.js'
import { forkedError, overtakenError, type SiteWriter } from '../holepunch/site-store.js'
import type { SitePaths } from '../machine/data-dir.js'
import { writeHead, type Head } from '../machine/signed-head.js'
import type { WriterLock } from '../machine/writer-process-lock.js'
import type { Project } from '../project/project-file.js'
import { nextSkips, type Release, type ReleaseRecord } from '../release/release-record.js'
import { HeldContent } from './held-content.js'
import { isOnlySigner } from './history-check.js'
import { nextFork } from './next-fork.js'
import type { OvertakenRelease } from './overtaken-release.js'
import type { History } from './read-history.js'
import type { SeedReceipt, Uplink } from './uplink.js'
import { rememberWebAddresses, webAddressOf } from '../project/web-addresses.js'

/** The parts of a session, collected by `openSession`. */
export interface SessionParts extends History {
  paths: SitePaths
  uplink: Uplink
  signal: AbortSignal | undefined
  lock: WriterLock
  head: Head
  /** Another publish of this site ended between the reading of `seen` and the lock. */
  isOvertaken: boolean
}

/** What a release says about itself; the session fills in the rest. */
export type RecordFacts = Omit<ReleaseRecord, 'release' | 'previous' | 'skips' | 'publishedAt' | 'lost'>

/**
 * This machine looked like the only signer, but a seed holds something that this machine does not have. The session must be
 * opened again with `isNotAlone`.
 */
export class SeedsHoldMore extends Error {}

/**
 * One writer's turn at a site: it owns the lock, the store and the head file. Nothing is signed before `begin`. Readers see
 * nothing before `finish`: if the process ends earlier, they see the last release.
 */
export class SiteSession {
  readonly writer: SiteWriter
  /** The drive's files at its newest release. */
  readonly known: Map<string, KnownFile>
  readonly latest: Release | null
  /** Another publish of this site ended between the reading of `seen` and the lock. */
  readonly isOvertaken: boolean
  /** The last release of this machine, when another machine's release replaced it. */
  readonly overtaken: OvertakenRelease | null
  /** Which content this machine or a seed still holds. */
  readonly content: HeldContent
  private readonly parts: SessionParts
  private readonly uplink: Uplink
  private head: Head
  private sink: BlobSink | null = null
  /** Blobs from this block on are written by this publish. */
  private firstNew = 0
  private remembered: ScanCache | null = null

  constructor(parts: SessionParts) {
    this.parts = parts
    this.uplink = parts.uplink
    this.writer = parts.writer
    this.known = parts.known
    this.latest = parts.latest
    this.isOvertaken = parts.isOvertaken
    this.overtaken = parts.overtaken
    this.content = new HeldContent(parts)
    this.head = parts.head
  }

  /**
   * Prepares the first signature: notes in the head file how far this publish may sign, and moves to a higher fork unless
   * no other machine can have signed.
   *
   * @param most upper bounds of what will be appended
   * @throws {SeedsHoldMore}
   */
  async begin(most: { blocks: number; entries: number }): Promise<BlobSink> {
    const { writer, uplink } = this
    const { check, seedForks } = this.parts
    await this.checkWithSeeds()
    // A seed that did not answer may hold blocks at the places that are signed now. A higher fork replaces them without a
    // conflict.
    const isAlone = check.kind === 'alone' && !(await uplink.isPartlyAnswered())
    const at = await writer.state()
    const seen = [at.fork, at.blobsFork, this.head.fork, this.head.intent?.fork ?? 0, ...seedForks]
    const fork = isAlone ? at.fork : nextFork(seen)
    this.writeHead({
      exclusive: this.head.exclusive && check.kind !== 'behind',
      // guard: what will be signed is written ahead
      intent: {
        fork,
        version: at.version + most.entries + 2, // the drive's header and the release record
        blobsLength: at.blobsLength + most.blocks + 1 // the record's content
      }
    })
    // guard: bump: a machine that may not be alone moves to a higher fork
    if (!isAlone) await writer.bump(fork, this.content.blocks, this.latest ? at.version : 0)
    writer.holdFork(fork)
    // Not earlier: a peer that is in the middle of a download when the fork changes can stall.
    uplink.connect(writer)
    this.firstNew = writer.coreLength('blobs')
    this.sink = new BlobSink(writer)
    return this.sink
  }

  /**
   * Makes the release: sends its blobs to the seeds first, then changes the whole index as one batch.
   *
   * @param ops changes of the index
   * @param files the site's files after this release
   */
  async finish(
    ops: Iterable<IndexOp>,
    facts: RecordFacts,
    files: Map<string, KnownFile>
  ): Promise<{ release: Release; seeds: SeedReceipt[] }> {
    const { writer, sink, uplink } = this
    if (!sink) throw new Error('finish before begin')
    const record = await this.newRecord(facts)
    const recordBlob = sink.put(recordBytes(record))
    await sink.end()
    const isHeld = await uplink.holdBlobs(writer)
    // The last chance to stop: readers see what is written next.
    throwIfAborted(this.parts.signal)
    const all = withRecord(ops, { path: RECORD_PATH, blob: recordBlob, metadata: record })
    await writer.flush(this.content.refuseLost(all, this.firstNew))
    await writer.sync()
    const state = await writer.state()
    const { release, publishedAt } = record
    this.writeHead({
      ...state,
      indexHash: await writer.indexHash(),
      release,
      publishedAt,
      intent: null,
      untold: this.overtaken ?? undefined
    })
    this.remember(files, { ...state, release })
    // A seed that lacks blobs must not learn of an index that points at them.
    if (isHeld) await this.confirmNow()
    return { release: { ...record, version: state.version }, seeds: uplink.receipts() }
  }

  /**
   * Hands the newest release to the seeds, if there are any, when an earlier publish could not. Signs nothing.
   *
   * @throws {SeedsHoldMore}
   */
  async sync(): Promise<SeedReceipt[]> {
    const { uplink, writer } = this
    await this.checkWithSeeds()
    uplink.connect(writer)
    if (await uplink.holdBlobs(writer)) await this.confirmNow()
    return uplink.receipts()
  }

  /** Saves what a scan found, so that the next scan is cheap. @param confirmedBy seeds that hold this state, z-base-32 */
  remember(
    files: Map<string, KnownFile>,
    { version, fork, release }: { version: number; fork: number; release: number },
    confirmedBy: string[] = []
  ): void {
    this.remembered = { version, fork, release, confirmedBy, files }
    writeScanCache(this.parts.paths.cache, this.remembered)
  }

  /** Why fewer seeds than `wanted` hold the release, one sentence each; null: enough do, or no seed is pinned. */
  unconfirmed(wanted: number): string[] | null {
    const receipts = this.uplink.receipts()
    const confirmed = receipts.filter((receipt) => receipt.confirmed).length
    return receipts.length === 0 || confirmed >= wanted ? null : this.uplink.problems()
  }

  /** Problems of the site that seeds report, one sentence each. */
  get remarks(): string[] {
    return this.uplink.remarks()
  }

  /** Where web browsers find the site; null: not known. */
  webAddress(project: Pick<Project, 'mirror' | 'seeds'>): string | null {
    return webAddressOf(project, this.parts.paths)
  }

  /** Call it when a publish ends well, so that its author is told of what was overtaken. */
  told(): void {
    if (this.head.untold) this.writeHead({ untold: undefined })
  }

  /** Closes the connections and the store, and releases the lock. */
  async close(): Promise<void> {
    try {
      await this.uplink.close()
    } finally {
      try {
        // Another machine signs too, so the next publish has to ask the seeds.
        // guard: ask: who was overtaken is not alone from then on
        if (this.head.exclusive && this.writer.isOvertaken) this.writeHead({ exclusive: false })
      } finally {
        await this.writer.close().finally(() => this.parts.lock.release())
      }
    }
  }

  /** A machine that looks like the only signer may run on an older copy of its disk. The seeds can tell. */
  private async checkWithSeeds(): Promise<void> {
    const { uplink } = this
    // guard: hear: a machine that seems to be alone hears the seeds before it signs
    if (isOnlySigner(this.parts.check) && uplink.hasSeeds && (await uplink.holdMore(this.writer)))
      throw new SeedsHoldMore()
  }

  private async confirmNow(): Promise<void> {
    const { uplink, writer } = this
    if (!uplink.hasSeeds) return
    const ours = await writer.state()
    await uplink.confirm(writer)
    if (writer.isForked) throw forkedError()
    const { version, fork } = await writer.state()
    if (version !== ours.version || fork !== ours.fork) throw overtakenError()
    const confirmedBy = uplink.receipts().flatMap(({ key, confirmed }) => (confirmed ? [key] : []))
    const { files, release } = this.remembered ?? { files: this.known, release: this.latest?.release ?? 0 }
    this.remember(files, { version, fork, release }, confirmedBy)
    await rememberWebAddresses(this.parts.paths, uplink.webAddresses())
  }

  private async newRecord(facts: RecordFacts): Promise<ReleaseRecord> {
    const { latest } = this
    const { lost } = this.content
    return {
      ...facts,
      ...(lost.length > 0 && { lost }),
      release: (latest?.release ?? 0) + 1,
      publishedAt: new Date().toISOString(),
      previous: latest?.version ?? 0,
      skips: await nextSkips(this.writer, latest)
    }
  }

  private writeHead(changes: Partial<Head>): void {
    const head = { ...this.head, ...changes }
    const { version, fork, blobsLength, indexHash, release, publishedAt, untold, exclusive, intent } = head
    this.head = { version, fork, blobsLength, indexHash, release, publishedAt, untold, exclusive, intent }
    writeHead(this.parts.paths.head, this.head)
  }
}

function* withRecord(ops: Iterable<IndexOp>, record: IndexOp): Generator<IndexOp> {
  yield* ops
  yield record // last, because its position in the index marks the end of the release
}
