import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from './error.js'
import type { Address } from './holepunch/bootstrap.js'
import type { KeyPair } from './holepunch/key-pairs.js'
import { SeedDialler, type SeedHeads, type SeedLink } from './holepunch/seed-link.js'
import type { CorePart, SiteWriter } from './holepunch/site-store.js'
import type { OnProgress } from './progress.js'
import type { Heard, SeedReceipt, Uplink } from './uplink.js'

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
  /** How long a seed may take to hand out the blocks that it is asked for in the end. Milliseconds. @default 10000 */
  proofTimeoutMs?: number
}

const DIAL_TIMEOUT_MS = 10_000
const STALL_MS = 20_000
const PROOF_TIMEOUT_MS = 10_000
/** The first pause after which a silent seed is dialled anew; each further one is twice as long. Milliseconds. */
const REDIAL_MS = 300
const POLL_MS = 4

/** One seed while a publish lasts. */
interface Seed {
  key: string
  link: SeedLink | null
  problem: string | null
  confirmedAfterMs: number | null
  /** Blocks of ours that it was seen to hold. Not less when it is dialled anew and has not spoken yet. */
  held: Record<CorePart, number>
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
  private startedAt = 0
  private isClosed = false

  constructor(options: SeedUplinkOptions) {
    this.options = options
    this.dialler = new SeedDialler(options.identity, options.bootstrap)
    this.dialTimeoutMs = options.dialTimeoutMs ?? DIAL_TIMEOUT_MS
    this.stallMs = options.stallMs ?? STALL_MS
    this.proofTimeoutMs = options.proofTimeoutMs ?? PROOF_TIMEOUT_MS
  }

  async ask(writer: SiteWriter): Promise<Heard> {
    const { seeds, confirm } = this.options
    const answers = await Promise.all(
      seeds.map(async (key) => ({ key, heads: await this.dialler.headsAt(key, writer, this.dialTimeoutMs) }))
    )
    const forks: number[] = []
    let reached = 0
    let holdsMore: string | null = null
    let holdsAllBlobs = false
    // The highest fork first: whoever has it has what replaces all others.
    const byFork = answers.toSorted((a, b) => (b.heads?.index.fork ?? -1) - (a.heads?.index.fork ?? -1))
    for (const { key, heads } of byFork) {
      if (!heads) continue
      reached++
      forks.push(heads.index.fork, heads.blobs.fork)
      const isHere =
        (await isForeign(heads, writer)) ||
        (await this.dialler.fetchHeads(key, writer, heads, this.dialTimeoutMs))
      if (!isHere) holdsMore ??= key
      const isOurFork = heads.blobs.fork === writer.coreFork('blobs')
      holdsAllBlobs ||= isOurFork && heads.blobs.isWhole && heads.blobs.length >= writer.coreLength('blobs')
    }
    // A release that `confirm` seeds hold is known to any set that leaves out fewer than so many.
    return { forks, reached, wanted: Math.max(1, seeds.length - confirm + 1), holdsMore, holdsAllBlobs }
  }

  connect(writer: SiteWriter): void {
    this.startedAt = performance.now()
    writer.showAllBlocks()
    this.seeds = this.options.seeds.map((key) => ({
      key,
      link: null,
      problem: null,
      confirmedAfterMs: null,
      held: { index: 0, blobs: 0 }
    }))
    for (const seed of this.seeds) this.dial(seed, writer, ['blobs'])
  }

  holdBlobs(writer: SiteWriter): Promise<boolean> {
    return this.untilHeld(writer, ['blobs'])
  }

  async confirm(writer: SiteWriter): Promise<void> {
    for (const { link } of this.seeds) if (link && !link.isClosed) link.offer(writer, 'index')
    await this.untilHeld(writer, ['blobs', 'index'])
    await Promise.all(
      this.seeds.map(async (seed) => {
        if (!holdsAll(seed, writer, ['blobs', 'index'])) return
        const proven = await this.dialler.hasBlocks(
          seed.key,
          writer,
          await randomBlocks(writer),
          this.proofTimeoutMs
        )
        if (proven) seed.confirmedAfterMs = Math.round(performance.now() - this.startedAt)
        else seed.problem = `Seed \`${seed.key}\` says that it holds the release but does not hand it out.`
      })
    )
    for (const seed of this.seeds) {
      if (seed.confirmedAfterMs === null)
        seed.problem ??= `Seed \`${seed.key}\` does not hold the release yet.`
    }
  }

  receipts(): SeedReceipt[] {
    const soFar = Math.round(performance.now() - this.startedAt)
    return this.seeds.map(({ key, confirmedAfterMs }) => ({
      key,
      confirmed: confirmedAfterMs !== null,
      ms: confirmedAfterMs ?? soFar
    }))
  }

  problems(): string[] {
    return this.seeds.flatMap(({ problem }) => (problem ? [problem] : []))
  }

  async close(): Promise<void> {
    this.isClosed = true
    for (const { link } of this.seeds) link?.close()
    await this.dialler.close()
  }

  private dial(seed: Seed, writer: SiteWriter, parts: CorePart[]): void {
    seed.link?.close()
    seed.link = null
    this.dialler.dial(seed.key, this.dialTimeoutMs).then(
      (link) => {
        if (this.isClosed) return link.close()
        seed.link = link
        for (const part of parts) link.offer(writer, part)
      },
      (error: unknown) => {
        seed.problem = messageOf(error)
      }
    )
  }

  /** Waits until enough seeds hold the cores, or every other one has given up or come to a standstill. */
  private async untilHeld(writer: SiteWriter, parts: CorePart[]): Promise<boolean> {
    let progressAt = performance.now()
    let most = -1
    let redialAfterMs = REDIAL_MS
    for (;;) {
      // First, so that what is told ends where the seeds are.
      const held = this.report(writer, parts) + writer.uploads
      const holding = this.seeds.filter((seed) => holdsAll(seed, writer, parts))
      if (holding.length >= this.options.confirm) return true
      for (const seed of this.seeds) seed.problem ??= refusalOf(seed)
      const hopeful = this.seeds.filter((seed) => seed.problem === null && !holding.includes(seed))
      if (hopeful.length + holding.length < this.options.confirm) return false

      if (held > most) {
        most = held
        progressAt = performance.now()
        redialAfterMs = REDIAL_MS
      }
      const silentMs = performance.now() - progressAt
      if (silentMs > redialAfterMs) {
        redialAfterMs *= 2
        // A seed that moved to our fork in the middle of the exchange may have missed which blocks are here, and asks for
        // none (hypercore 11.37.1). On a connection that begins at one fork it hears of them.
        for (const seed of hopeful) if (seed.link) this.dial(seed, writer, parts)
      }
      if (silentMs > this.stallMs) {
        for (const seed of hopeful) {
          seed.problem = `Seed \`${seed.key}\` has made no progress for ${Math.round(this.stallMs / 1000)} s.`
        }
        return false
      }
      if (this.options.signal?.aborted) return false
      await pause(POLL_MS)
    }
  }

  /** @returns blocks that the seeds hold in all */
  private report(writer: SiteWriter, parts: CorePart[]): number {
    const total = blocksIn(parts, (part) => writer.coreLength(part))
    let all = 0
    for (const seed of this.seeds) {
      for (const part of parts) seed.held[part] = Math.max(seed.held[part], heldBy(seed, writer, part))
      const done = blocksIn(parts, (part) => seed.held[part])
      all += done
      // Where a block begins is not known of those that are not on this machine.
      const share = seed.held.blobs / writer.coreLength('blobs') || 0
      const bytes = Math.round(share * writer.blobsByteLength)
      this.options.onProgress?.({ phase: 'confirm', done, total, bytes, seed: seed.key })
    }
    return all
  }
}

function blocksIn(parts: CorePart[], count: (part: CorePart) => number): number {
  return parts.reduce((sum, part) => sum + count(part), 0)
}

/** Blocks of a core, from its beginning, that a seed says it has; of another fork they are not ours. */
function heldBy({ link }: Seed, writer: SiteWriter, part: CorePart): number {
  const holding = link?.holding(writer, part)
  if (holding?.fork !== writer.coreFork(part)) return 0
  return Math.min(holding.contiguousLength, writer.coreLength(part))
}

/**
 * Blobs go to the seeds before the index that points at them, so a publish that ended in between leaves blobs there that no
 * index belongs to. Fetched, they would take the place of those that our own index points at.
 */
async function isForeign({ index, blobs }: SeedHeads, writer: SiteWriter): Promise<boolean> {
  const [length, fork] = [writer.coreLength('index'), writer.coreFork('index')]
  const isBehind = index.fork > fork || (index.fork === fork && index.length > length)
  return blobs.fork !== index.fork && length > 0 && !isBehind && (await writer.hasWholeIndex())
}

function holdsAll({ link }: Seed, writer: SiteWriter, parts: CorePart[]): boolean {
  return parts.every((part) => {
    const holding = link?.holding(writer, part)
    return holding?.fork === writer.coreFork(part) && holding.contiguousLength >= writer.coreLength(part)
  })
}

function refusalOf({ key, link }: Seed): string | null {
  if (link?.isClosed) return `Seed \`${key}\` ended the connection.`
  const answer = link?.answer
  if (answer?.state === 'refused') {
    return `Seed \`${key}\` does not keep this publisher's sites. Ask its operator to trust the key that \`sitedrive key show\` prints.`
  }
  if (answer?.state === 'over quota') {
    return `Seed \`${key}\` is full for this publisher: ${answer.usedBytes} of ${answer.quotaBytes} bytes are used. It keeps what it has.`
  }
  return null
}

/** Two blocks that nobody could have foreseen, of those that are here: one of the files, one of the index. */
async function randomBlocks(writer: SiteWriter): Promise<{ part: CorePart; index: number }[]> {
  const parts: CorePart[] = ['blobs', 'index']
  return Promise.all(parts.map(async (part) => ({ part, index: await randomBlock(writer, part) })))
}

// A machine that fetched the index alone has few blobs of its own; the last block is always one.
async function randomBlock(writer: SiteWriter, part: CorePart): Promise<number> {
  const length = writer.coreLength(part)
  for (let attempt = 0; attempt < 10; attempt++) {
    const index = randomInt(length)
    if (await writer.hasBlock(part, index)) return index
  }
  return length - 1
}
