import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { hashOfBlocks } from '../holepunch/claimed-hash.js'
import { onWake } from '../machine/on-wake.js'
import { messageOf, SitedriveError, throwIfAborted } from '../error.js'
import type { Address } from '../holepunch/bootstrap.js'
import { endOf, type BlobPointer } from '../holepunch/blob-pointer.js'
import type { KeyPair } from '../holepunch/key-pairs.js'
import { SeedCopy, type SeedHeads } from '../holepunch/seed-copy.js'
import { isAhead, SeedDialler, type SeedLink, type ToldAddress } from '../holepunch/seed-link.js'
import type { SiteCores } from '../holepunch/seed-protocol.js'
import { PARTS, type CorePart, type SiteWriter } from '../holepunch/site-store.js'
import type { OnProgress } from '../progress.js'
import { randomBlock } from './random-block.js'
import type { RecordContent, SeedAnswers, SeedReceipt, Uplink } from './uplink.js'

export interface SeedUplinkOptions {
  /** Public keys of the pinned seeds, z-base-32. */
  seeds: readonly string[]
  /** How many must hold a release. */
  confirm: number
  /** The publisher's network key pair. */
  identity: KeyPair
  bootstrap: Address[] | undefined
  onProgress: OnProgress | undefined
  signal: AbortSignal | undefined
  /** How long a seed may take to answer. Milliseconds. @default 10000 */
  dialTimeoutMs?: number
  /** How long a seed may go without any progress. Milliseconds. @default 20000 */
  stallMs?: number
  /** How long a seed may take to send the random blocks that prove it holds the release. Milliseconds. @default 10000 */
  proofTimeoutMs?: number
}

const DIAL_TIMEOUT_MS = 10_000
const STALL_MS = 20_000
const PROOF_TIMEOUT_MS = 10_000
/** A silent seed is dialled again after this time; each further wait is twice as long. Milliseconds. */
const REDIAL_MS = 300
/**
 * The same in round trips, for slow lines. It takes about three until the first block has been asked for and has arrived. A
 * connection that ends before that is of no use, however often it is made anew.
 */
const REDIAL_ROUND_TRIPS = 8
/** The longest first wait, on the slowest line. Milliseconds. */
const MAX_REDIAL_MS = 5_000
/** A seed that has received so many bytes more was not silent. More than what keeps a connection alive. */
const PROGRESS_BYTES = 1024
/**
 * The longest pause before a new connection when a seed's connection has ended. The pause is random, so that two machines with
 * the same key do not end each other's connections for ever. Milliseconds.
 */
const AGAIN_MS = 200
const POLL_MS = 4
/**
 * How much of the time between two polls counts as silence of the seeds. In a longer pause this process did not run (the
 * machine slept, a debugger stopped it) and could not receive anything. Milliseconds.
 */
const MAX_STEP_MS = 1000
/**
 * The most that the time between two polls counts for a redial. On a busy machine the polls are further apart and the exchange
 * is slower too. A redial after a fixed time would then end a connection on which the seed is about to answer. Milliseconds.
 */
const MAX_REDIAL_STEP_MS = 2 * POLL_MS

/** One seed during a publish. */
interface Seed {
  key: string
  link: SeedLink | null
  /** Its copy of the site before anything was signed; null when it did not answer. */
  copy: Promise<SeedCopy | null>
  problem: string | null
  /** Why the last connection attempt failed. It is tried again while there is time. */
  lastFailure: string | null
  /** A new connection attempt is running. */
  isDialled: boolean
  confirmedAfterMs: number | null
  /** The most blocks of ours that it has reported to hold. A new connection does not lower the number. */
  held: Record<CorePart, number>
  /** Bytes that it has received on all connections, about. */
  received: number
  /** Bytes of the site's blobs that it held before, about; null: not known yet. */
  heldBefore: number | null
}

/** The pinned seeds, each dialled by its public key. */
export class SeedUplink implements Uplink {
  readonly hasSeeds = true
  private readonly options: SeedUplinkOptions
  private readonly dialler: SeedDialler
  private readonly dialTimeoutMs: number
  private readonly stallMs: number
  private readonly proofTimeoutMs: number
  private seeds: Seed[] = []
  private cores: SiteCores | null = null
  private linksOpened = 0
  private startedAt = 0
  private isClosed = false
  private wakes = 0
  /** What a machine that slept takes for connections are none any more. */
  private readonly endWatch = onWake(() => {
    this.wakes++
    for (const { link } of this.seeds) link?.close()
  })

  constructor(options: SeedUplinkOptions) {
    this.options = options
    this.dialler = new SeedDialler(options.identity, options.bootstrap)
    this.dialTimeoutMs = options.dialTimeoutMs ?? DIAL_TIMEOUT_MS
    this.stallMs = options.stallMs ?? STALL_MS
    this.proofTimeoutMs = options.proofTimeoutMs ?? PROOF_TIMEOUT_MS
  }

  begin(cores: SiteCores): void {
    this.cores = cores
    this.seeds = this.options.seeds.map((key) => {
      const seed: Seed = {
        key,
        link: null,
        copy: Promise.resolve(null),
        problem: null,
        lastFailure: null,
        isDialled: false,
        confirmedAfterMs: null,
        held: { index: 0, blobs: 0 },
        received: 0,
        heldBefore: null
      }
      seed.copy = this.askExtent(seed, cores)
      return seed
    })
  }

  async holdMore(writer: SiteWriter): Promise<boolean> {
    return this.anyCopy(async (copy) => {
      if (PARTS.some((part) => isAhead(copy.heads[part], headOf(writer, part)))) return true
      return this.conflictsWith(copy, writer)
    })
  }

  async isPartlyAnswered(): Promise<boolean> {
    const answered = (await this.copies()).length
    return answered > 0 && answered < this.seeds.length
  }

  contradict(writer: SiteWriter): Promise<boolean> {
    return this.anyCopy((copy) => this.conflictsWith(copy, writer))
  }

  async ask(writer: SiteWriter): Promise<SeedAnswers> {
    const { seeds, confirm } = this.options
    let holdsMore: string | null = null
    // The highest fork first, because it replaces all others. Of one fork, the longest copy first.
    const byFork = (await this.copies()).toSorted(
      ({ heads: a }, { heads: b }) => b.index.fork - a.index.fork || b.index.length - a.index.length
    )
    for (const copy of byFork) {
      let isHere = await this.fetchFrom(copy, writer)
      const again = isHere ? null : await this.renewed(copy)
      if (again) isHere = await this.fetchFrom(again, writer)
      if (!isHere) holdsMore ??= copy.link.seed
    }
    const copies = await this.copies()
    // guard: ask: what one seed could not send, another has sent
    if (holdsMore !== null && (await this.isAllHere(copies, writer))) holdsMore = null
    return {
      forks: copies.flatMap(({ heads }) => [heads.index.fork, heads.blobs.fork]),
      reached: copies.length,
      // `confirm` seeds hold a confirmed release. If fewer than `confirm` seeds stay silent, at least one of them has answered.
      wanted: Math.max(1, seeds.length - confirm + 1),
      holdsMore
    }
  }

  /** @returns whether all that the seed has of the index is here now */
  private async fetchFrom(copy: SeedCopy, writer: SiteWriter): Promise<boolean> {
    if (await hasOrphanBlobs(copy.heads, writer)) return true
    return this.withOwnCores(copy, () => copy.link.fetch(writer, copy.heads, this.dialTimeoutMs))
  }

  /** Whether the whole index is here, and no seed that answered has a newer one. */
  private async isAllHere(copies: readonly SeedCopy[], writer: SiteWriter): Promise<boolean> {
    const isNewer = ({ heads }: SeedCopy) => PARTS.some((part) => isAhead(heads[part], headOf(writer, part)))
    return !copies.some(isNewer) && (await writer.hasWholeIndex())
  }

  async firstLost(writer: SiteWriter, upTo: number, record: RecordContent): Promise<number | null> {
    let missing = await writer.firstBlobMissing(0, upTo)
    if (missing === null) return null
    const answered = await this.copies()
    const copies: SeedCopy[] = []
    let silent = this.unreached(answered)
    for (const copy of answered) {
      const isSame = await this.hasSameBlobs(copy, writer, record)
      if (isSame) copies.push(copy)
      else if (isSame === null) silent ??= copy.link.seed
    }
    const contiguous = Math.max(0, ...copies.map(({ heads }) => heads.blobs.contiguousLength))
    // One seed holds all blocks below `contiguous`. The seeds are asked for each later block.
    while (missing !== null) {
      if (missing < contiguous) missing = await writer.firstBlobMissing(contiguous, upTo)
      else if (await this.isHandedOut(missing, copies, silent))
        missing = await writer.firstBlobMissing(missing + 1, upTo)
      else return missing
    }
    return null
  }

  async hashesOf(blob: BlobPointer, fork: number | null): Promise<string[]> {
    const hashes: string[] = []
    const copies = await this.copies()
    let silent = this.unreached(copies)
    for (const copy of copies) {
      if (fork !== null && copy.heads.blobs.fork !== fork) continue
      if (endOf(blob) > copy.heads.blobs.length) continue
      try {
        hashes.push(await hashOfBlocks(copy.blocks(blob, this.dialTimeoutMs)))
      } catch {
        if ((await this.hasAll(copy, blob)) !== false) silent ??= copy.link.seed
      }
    }
    if (hashes.length === 0 && silent !== null) throw unreadable(silent)
    return hashes
  }

  async fetchNodesFor(writer: SiteWriter, blobsLength: number): Promise<boolean> {
    for (const copy of await this.copies()) {
      const { fork, length } = copy.heads.blobs
      if (fork !== writer.coreFork('blobs') || length < blobsLength) continue
      // The nodes come with the last block below that length.
      await this.withOwnCores(copy, () => copy.link.fetchBlob(writer, blobsLength - 1, this.dialTimeoutMs))
      if ((await writer.hashAt('blobs', blobsLength)) !== null) return true
    }
    return false
  }

  connect(writer: SiteWriter): void {
    this.startedAt = performance.now()
    writer.showAllBlocks()
    for (const seed of this.seeds) void this.offerBlobs(seed, writer)
  }

  holdBlobs(writer: SiteWriter): Promise<boolean> {
    return this.untilHeld(writer, ['blobs'])
  }

  async confirm(writer: SiteWriter): Promise<void> {
    for (const { link } of this.seeds) if (link && !link.isClosed) link.offer(writer, 'index')
    await this.untilHeld(writer, PARTS)
    await Promise.all(
      this.seeds.map(async (seed) => {
        if (!holdsAll(seed, writer, PARTS)) return
        const proven = await this.dialler.hasBlocks(
          seed.key,
          writer,
          await randomBlocks(writer),
          this.proofTimeoutMs
        )
        // guard: seeds: what one says that it holds is read back
        if (proven) seed.confirmedAfterMs = Math.round(performance.now() - this.startedAt)
        else seed.problem = `Seed \`${seed.key}\` says that it holds the release but does not hand it out.`
      })
    )
  }

  receipts(): SeedReceipt[] {
    const soFar = Math.round(performance.now() - this.startedAt)
    return this.seeds.map(({ key, confirmedAfterMs, problem }) => ({
      key,
      confirmed: confirmedAfterMs !== null,
      ms: confirmedAfterMs ?? soFar,
      problem: confirmedAfterMs === null ? problem : null
    }))
  }

  problems(): string[] {
    return this.seeds
      .filter(({ confirmedAfterMs }) => confirmedAfterMs === null)
      .map(({ key, problem }) => problem ?? `Seed \`${key}\` does not hold the release yet.`)
  }

  remarks(): string[] {
    return this.seeds.flatMap(({ key, link }) =>
      (link?.answer?.problems ?? []).map((problem) => `Seed \`${key}\` says: ${problem}`)
    )
  }

  webAddresses(): ReadonlyMap<string, ToldAddress> {
    return this.dialler.told
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.endWatch()
    const copies = Promise.allSettled(this.seeds.map(({ copy }) => copy))
    for (const { link } of this.seeds) link?.close()
    await this.dialler.close()
    for (const copy of await copies) if (copy.status === 'fulfilled') await copy.value?.close()
  }

  /** Connects to a seed, and reads its heads of the site. @returns null when it does not answer */
  private async askExtent(seed: Seed, cores: SiteCores): Promise<SeedCopy | null> {
    let until = performance.now() + this.dialTimeoutMs
    for (;;) {
      const { wakes } = this
      const dialled = this.dialler.dial(seed.key, this.dialTimeoutMs)
      dialled.then(
        (link) => (this.isClosed ? link.close() : (seed.link = link)),
        () => {} // the same error is handled below
      )
      try {
        return await SeedCopy.open(dialled, cores, this.dialTimeoutMs)
      } catch (error) {
        // The time of a sleep is not the seed's.
        if (this.wakes > wakes) until = performance.now() + this.dialTimeoutMs
        // A seed keeps one connection with each publisher, so another machine with this key can end ours.
        const isEnded = (this.wakes > wakes || seed.link?.isClosed === true) && !refusalOf(seed)
        if (isEnded && !this.isClosed && performance.now() < until) {
          seed.link = null
          await pause(randomInt(AGAIN_MS))
          continue
        }
        seed.problem =
          refusalOf(seed) ??
          (error instanceof SitedriveError
            ? error.message
            : `Seed \`${seed.key}\` does not say how far it has the site.`)
        return null
      }
    }
  }

  /** What each seed holds that has answered, after all have answered or failed. @throws {SitedriveError} ABORTED */
  private async copies(): Promise<SeedCopy[]> {
    const { signal } = this.options
    const copies = Promise.all(this.seeds.map((seed) => this.openCopy(seed)))
    await (signal ? Promise.race([copies, untilAborted(signal)]) : copies)
    throwIfAborted(signal)
    return (await copies).filter((copy) => copy !== null)
  }

  /** What a seed holds, asked anew when the connection on which it has answered has ended. */
  private async openCopy(seed: Seed): Promise<SeedCopy | null> {
    const asked = seed.copy
    const copy = await asked
    // guard: ask: a seed whose connection has ended is asked anew
    if (copy?.link.isClosed && this.cores && !this.isClosed && seed.copy === asked) {
      seed.copy = this.askAgain(seed, copy, this.cores)
    }
    return seed.copy
  }

  private async askAgain(seed: Seed, copy: SeedCopy, cores: SiteCores): Promise<SeedCopy | null> {
    await copy.close()
    seed.link = null
    return this.askExtent(seed, cores)
  }

  /** @returns null when the connection of the copy is open, or the seed does not answer any more */
  private async renewed(copy: SeedCopy): Promise<SeedCopy | null> {
    const seed = this.seeds.find(({ key }) => key === copy.link.seed)
    return seed && copy.link.isClosed ? this.openCopy(seed) : null
  }

  private async anyCopy(is: (copy: SeedCopy) => Promise<boolean>): Promise<boolean> {
    const isSo = async (copy: SeedCopy) => {
      try {
        return await is(copy)
      } catch (error) {
        const again = await this.renewed(copy)
        if (!again) throw error
        return is(again)
      }
    }
    return (await Promise.all((await this.copies()).map(isSo))).some(Boolean)
  }

  /** Whether a seed has other blocks than we have at the same places of the same fork. */
  private async conflictsWith(copy: SeedCopy, writer: SiteWriter): Promise<boolean> {
    for (const part of PARTS) {
      const [ours, theirs] = [headOf(writer, part), copy.heads[part]]
      if (ours.fork !== theirs.fork) continue
      const length = Math.min(ours.length, theirs.length)
      if (length === 0) continue
      const [our, their] = await Promise.all([
        writer.hashAt(part, length),
        copy.hashAt(part, length, this.dialTimeoutMs)
      ])
      if (their === null) throw unreadable(copy.link.seed)
      // Tree nodes are missing here only for blocks that came from a seed.
      if (our !== null && our !== their) return true
    }
    return false
  }

  /** Fetches into our own cores on the connection with a seed. @returns false also when the connection has ended */
  private async withOwnCores(copy: SeedCopy, fetch: () => Promise<boolean>): Promise<boolean> {
    try {
      await copy.detach()
      const isHere = await fetch()
      await copy.attach(this.dialTimeoutMs)
      return isHere
    } catch {
      return false
    }
  }

  /**
   * Whether a seed's blobs are the same as ours up to the end of a release. If so, it has that release's record.
   *
   * @returns null when the seed does not hand out the record in time
   */
  private async hasSameBlobs(
    copy: SeedCopy,
    writer: SiteWriter,
    { blob, hash }: RecordContent
  ): Promise<boolean | null> {
    if (copy.heads.blobs.fork === writer.coreFork('blobs')) return true
    if (endOf(blob) > copy.heads.blobs.length) return false
    const theirs = await hashOfBlocks(copy.blocks(blob, this.dialTimeoutMs)).catch(() => null)
    if (theirs !== null) return theirs === hash
    // The seed lacks the record, but it may have the blocks below it.
    return null
  }

  /** @throws {SitedriveError} SEED_UNREACHABLE when no seed has the block, and one does not answer */
  private async isHandedOut(
    block: number,
    copies: readonly SeedCopy[],
    unanswered: string | null
  ): Promise<boolean> {
    let silent = unanswered
    for (const copy of copies) {
      const answer = await copy.has('blobs', block, this.dialTimeoutMs)
      if (answer === true) return true
      if (answer === null) silent ??= copy.link.seed
    }
    // guard: blobs: what could not be read is not lost
    if (silent !== null) throw unreadable(silent)
    return false
  }

  private async hasAll(copy: SeedCopy, { blockOffset, blockLength }: BlobPointer): Promise<boolean | null> {
    for (let n = 0; n < blockLength; n++) {
      const answer = await copy.has('blobs', blockOffset + n, this.dialTimeoutMs)
      if (answer !== true) return answer
    }
    return true
  }

  /** A seed that is not among those that answered, or null. */
  private unreached(copies: readonly SeedCopy[]): string | null {
    return this.options.seeds.find((key) => !copies.some(({ link }) => link.seed === key)) ?? null
  }

  /**
   * Offers the blobs to a seed on the connection on which it has answered. A seed that has not answered gets no offer, because
   * it may hold other blocks at the places that this publish signs.
   */
  private async offerBlobs(seed: Seed, writer: SiteWriter): Promise<void> {
    const copy = await seed.copy
    // guard: hear: a seed that was not heard is offered nothing
    if (!copy) return
    await copy.detach().catch(() => {}) // it is closed already when its connection has ended
    if (this.isClosed) return
    if (copy.link.isClosed) this.dial(seed, writer, ['blobs'])
    // guard: seeds: the index comes after the blobs
    else copy.link.offer(writer, 'blobs')
  }

  private dial(seed: Seed, writer: SiteWriter, parts: readonly CorePart[]): void {
    if (seed.isDialled) return
    seed.isDialled = true
    seed.link?.close()
    seed.link = null
    this.dialler
      .dial(seed.key, this.dialTimeoutMs)
      .then(
        (link) => {
          if (this.isClosed) return link.close()
          seed.link = link
          this.linksOpened++
          for (const part of parts) link.offer(writer, part)
        },
        (error: unknown) => {
          seed.lastFailure = messageOf(error)
        }
      )
      .finally(() => (seed.isDialled = false))
  }

  /** Waits until enough seeds hold the cores, or until the others have failed or stalled. @returns whether enough seeds hold them */
  private async untilHeld(writer: SiteWriter, parts: readonly CorePart[]): Promise<boolean> {
    let silentMs = 0
    /** The silence that counts for a redial. */
    let quietMs = 0
    let lookedAt = performance.now()
    let most = -1
    let redials = 0
    let links = this.linksOpened
    for (;;) {
      // Before anything returns, so that the last progress report is the final state of the seeds.
      const progress = this.report(writer, parts) + writer.uploads + this.received()
      const holding = this.seeds.filter((seed) => holdsAll(seed, writer, parts))
      if (holding.length >= this.options.confirm) return true
      for (const seed of this.seeds) seed.problem ??= refusalOf(seed)
      const hopeful = this.seeds.filter((seed) => seed.problem === null && !holding.includes(seed))
      if (hopeful.length + holding.length < this.options.confirm) return false

      const now = performance.now()
      // guard: seeds: time in which this process did not run is no silence of theirs
      silentMs += Math.min(now - lookedAt, MAX_STEP_MS)
      quietMs += Math.min(now - lookedAt, MAX_REDIAL_STEP_MS)
      lookedAt = now
      if (progress > most) {
        most = progress
        silentMs = 0
        quietMs = 0
        redials = 0
      }
      // What was silence before does not count against a new connection.
      if (this.linksOpened > links) {
        links = this.linksOpened
        quietMs = 0
      }
      if (quietMs > this.redialMs() * 2 ** redials) {
        redials++
        // A seed that moved to our fork during the exchange may not know which blocks are here, and asks for none
        // (hypercore 11.37.1). A new connection begins at our fork and tells it.
        for (const seed of hopeful) this.dial(seed, writer, parts)
      }
      if (silentMs > this.stallMs) {
        for (const seed of hopeful) {
          seed.problem =
            (seed.link ? null : seed.lastFailure) ??
            `Seed \`${seed.key}\` has made no progress for ${Math.round(this.stallMs / 1000)} s.`
        }
        return false
      }
      if (this.options.signal?.aborted) return false
      await pause(POLL_MS)
    }
  }

  /** How long a seed may be silent before it is dialled again. Milliseconds. */
  private redialMs(): number {
    // What was on its way while this machine slept looks like a round trip as long as the sleep.
    // guard: seeds: the round trips of a closed connection say nothing
    const links = this.seeds.flatMap(({ link }) => (link && !link.isClosed ? link : []))
    const roundTrips = links.map(({ roundTripMs }) => roundTripMs)
    // guard: seeds: no round trip keeps a seed from being dialled again
    return Math.min(MAX_REDIAL_MS, Math.max(REDIAL_MS, REDIAL_ROUND_TRIPS * Math.max(0, ...roundTrips)))
  }

  /** How much all seeds have received, in steps of `PROGRESS_BYTES`. */
  private received(): number {
    let steps = 0
    for (const seed of this.seeds) {
      seed.received += seed.link?.newlyReceived() ?? 0
      steps += Math.floor(seed.received / PROGRESS_BYTES)
    }
    return steps
  }

  /** Reports the progress of each seed. @returns the sum of the blocks that the seeds hold */
  private report(writer: SiteWriter, parts: readonly CorePart[]): number {
    const total = blocksIn(parts, (part) => writer.coreLength(part))
    let all = 0
    if (total === 0) return all // a closed core has no length
    for (const seed of this.seeds) {
      for (const part of parts) {
        const most = Math.max(seed.held[part], heldBy(seed, writer, part))
        seed.held[part] = Math.min(most, writer.coreLength(part))
      }
      const done = blocksIn(parts, (part) => seed.held[part])
      all += done
      this.options.onProgress?.({
        phase: 'confirm',
        ...estimate(seed, writer, done, total),
        total,
        seed: seed.key
      })
    }
    return all
  }
}

/**
 * What a seed holds, for people. It asks for blocks in any order and tells of those without a gap, which are few until the
 * end, so what it has received counts, too.
 */
function estimate(
  seed: Seed,
  writer: SiteWriter,
  done: number,
  total: number
): { done: number; bytes: number } {
  const all = writer.blobsByteLength
  // The byte offset of a block that is not on this machine is not known.
  const held = Math.round((seed.held.blobs / writer.coreLength('blobs') || 0) * all)
  seed.heldBefore ??= held
  if (done === total) return { done, bytes: all }
  const bytes = Math.max(held, Math.min(seed.heldBefore + seed.received, all))
  return { done: Math.max(done, Math.floor((total - 1) * (bytes / all || 0))), bytes }
}

function headOf(writer: SiteWriter, part: CorePart): { length: number; fork: number } {
  return { length: writer.coreLength(part), fork: writer.coreFork(part) }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function unreadable(seed: string): SitedriveError {
  return new SitedriveError(
    'SEED_UNREACHABLE',
    `A part of this site that is not on this machine may be at seed \`${seed}\`, and could not be read from it. ` +
      'Nothing was published. Try again when it is online.',
    {
      remedy: {
        action: 'accept loss',
        sentence: 'Or go on with {}: what is nowhere else is then given up.'
      }
    }
  )
}

function blocksIn(parts: readonly CorePart[], count: (part: CorePart) => number): number {
  return parts.reduce((sum, part) => sum + count(part), 0)
}

/** The contiguous blocks from the first one that a seed reports to have; 0 when its core is at another fork. */
function heldBy({ link }: Seed, writer: SiteWriter, part: CorePart): number {
  const holding = link?.holding(writer, part)
  if (holding?.fork !== writer.coreFork(part)) return 0
  return Math.min(holding.contiguousLength, writer.coreLength(part))
}

/**
 * Whether a seed holds blobs that belong to no index. Blobs are sent to the seeds before their index, so a publish that ends in
 * between leaves such blobs. If they were fetched, they would replace the blobs of our index.
 */
async function hasOrphanBlobs({ index, blobs }: SeedHeads, writer: SiteWriter): Promise<boolean> {
  const [length, fork] = [writer.coreLength('index'), writer.coreFork('index')]
  const isBehind = index.fork > fork || (index.fork === fork && index.length > length)
  return blobs.fork !== index.fork && length > 0 && !isBehind && (await writer.hasWholeIndex())
}

function holdsAll({ link }: Seed, writer: SiteWriter, parts: readonly CorePart[]): boolean {
  return parts.every((part) => {
    const holding = link?.holding(writer, part)
    return holding?.fork === writer.coreFork(part) && holding.contiguousLength >= writer.coreLength(part)
  })
}

function refusalOf({ key, link }: Seed): string | null {
  const answer = link?.answer
  if (answer?.state === 'refused') {
    return `Seed \`${key}\` does not keep this publisher's sites. Ask its operator to trust the key that \`npx sitedrive key show\` prints.`
  }
  if (answer?.state === 'over quota') {
    return `Seed \`${key}\` is full for this publisher: ${answer.usedBytes} of ${answer.quotaBytes} bytes are used. It keeps what it has.`
  }
  return null
}

/** Two random blocks of those that are on this machine, one of each core. The last block is always here. */
async function randomBlocks(writer: SiteWriter): Promise<{ part: CorePart; index: number }[]> {
  return Promise.all(
    PARTS.map(async (part) => {
      const length = writer.coreLength(part)
      return { part, index: (await randomBlock(writer, part, length)) ?? length - 1 }
    })
  )
}
