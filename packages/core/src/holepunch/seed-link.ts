import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Corestore from 'corestore'
import DHT from 'hyperdht'
import type Hypercore from 'hypercore'
import { debug } from '../debug.js'
import { messageOf, SitedriveError } from '../error.js'
import { RECORD_PATH } from './reserved-paths.js'
import { endOf } from './blob-pointer.js'
import type { Address } from './bootstrap.js'
import { takeOverConflicts } from './conflicts.js'
import type { KeyPair } from './key-pairs.js'
import { decodeKey, encodeKey } from './site-key.js'
import { PARTS, type SeedHeads } from './seed-copy.js'
import { PinChannel, type SeedAnswer, type SiteCores } from './seed-protocol.js'
import type { CorePart, SiteStore, SiteWriter } from './site-store.js'
import { guardWire } from './wire-guard.js'

/** How much of one core a seed says it has. */
export interface SeedHolding {
  length: number
  fork: number
  /** It has every block below this one. */
  contiguousLength: number
  /** It has told all that it knows. */
  isSynced: boolean
}

const POLL_MS = 4

/** This process in the DHT, for dialling seeds by their public keys. */
export class SeedDialler {
  private readonly node: DHT
  private readonly identity: KeyPair

  /** @param identity the publisher's network key pair: what seeds know it by */
  constructor(identity: KeyPair, bootstrap: Address[] | undefined) {
    this.identity = identity
    this.node = new DHT(bootstrap ? { bootstrap } : {})
  }

  /**
   * @param seed public key, z-base-32
   * @throws {SitedriveError} SEED_UNREACHABLE when it does not answer in time
   */
  dial(seed: string, timeoutMs: number): Promise<SeedLink> {
    return this.dialAs(this.identity, seed, timeoutMs)
  }

  private async dialAs(identity: KeyPair | undefined, seed: string, timeoutMs: number): Promise<SeedLink> {
    const socket = this.node.connect(decodeKey(seed), identity ? { keyPair: identity } : {})
    const link = new SeedLink(seed, socket)
    debug('seeds', () => `dials ${seed}`)
    const timer = setTimeout(() => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
    try {
      await link.opened
      debug('seeds', () => `${seed} answers`)
      return link
    } catch (cause) {
      debug('seeds', () => `${seed} does not answer: ${describeFailure(cause)}`)
      throw new SitedriveError('SEED_UNREACHABLE', `Seed \`${seed}\` cannot be reached: ${describeFailure(cause)}.`, {
        cause
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Fetches blocks from a seed as a stranger would, into a store that has nothing, and compares them with ours: a seed that
   * only claims to have them cannot pass.
   *
   * @returns whether all came in time and are the same
   */
  async hasBlocks(
    seed: string,
    site: SiteStore,
    wanted: { part: CorePart; index: number }[],
    timeoutMs: number
  ): Promise<boolean> {
    // Not as the publisher: a swarm keeps one connection to each peer, and would end the one that the pins went over.
    const dir = await mkdtemp(path.join(os.tmpdir(), 'sitedrive-copy-'))
    const store = new Corestore(dir)
    takeOverConflicts(store, { keepOpen: false })
    let link: SeedLink | null = null
    try {
      link = await this.dialAs(undefined, seed, timeoutMs)
      const stranger = link
      const checks = wanted.map(async ({ part, index }) => {
        const [theirs, ours] = await Promise.all([
          stranger.copy(store.get({ key: site.coreOf(part).key })).get(index, { timeout: timeoutMs }),
          site.coreOf(part).get(index, { wait: false })
        ])
        return theirs !== null && ours !== null && theirs.equals(ours)
      })
      const isProved = (await Promise.all(checks)).every(Boolean)
      debug(
        'seeds',
        () => `${seed} hands out ${isProved ? 'the blocks' : 'other blocks than those'} it was asked for`
      )
      return isProved
    } catch (error) {
      debug('seeds', () => `${seed} could not be asked for blocks: ${messageOf(error)}`)
      return false
    } finally {
      link?.close()
      await store.close()
      await rm(dir, { recursive: true, force: true })
    }
  }

  async close(): Promise<void> {
    await this.node.destroy({ force: true })
  }
}

/** A connection to one seed. Only the cores that are offered on it go over it. */
export class SeedLink {
  readonly seed: string
  /** The last thing that the seed said of the pin; null from a blind peer that is no sitedrive peer. */
  answer: SeedAnswer | null = null
  isClosed = false
  /** @internal */
  readonly opened: Promise<void>
  private readonly seedKey: Buffer
  private readonly socket: DHT.Socket
  private readonly pins: PinChannel

  /** @internal */
  constructor(seed: string, socket: DHT.Socket) {
    this.seed = seed
    this.seedKey = decodeKey(seed)
    this.socket = socket
    let failure: unknown = new Error('it ended the connection')
    socket.on('error', (error: unknown) => (failure = error))
    socket.on('close', () => (this.isClosed = true))
    this.opened = new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('close', () => reject(failure))
    })
    this.opened.catch(() => {}) // whoever dialled hears of it
    guardWire(socket) // where it is not let in, the link has ended before it began
    this.pins = new PinChannel(socket, (answer) => {
      debug('seeds', () => `${seed} says ${JSON.stringify(answer)}`)
      this.answer = answer
    })
  }

  /** Lets the seed copy one core of a site, and asks it to keep it. */
  offer(site: SiteStore, part: CorePart): void {
    const core = site.coreOf(part)
    debug('seeds', () => `offers ${core.length} blocks of the ${part} to ${this.seed}`)
    this.pins.introduce({ site: site.key, blobs: encodeKey(site.coreOf('blobs').key) })
    core.replicate(this.socket)
    this.pins.pin(core.key, core.length)
  }

  /**
   * Fetches what the seed has and our store has not: the heads of both cores, the whole index, and the content of the newest
   * release record. Afterwards the cores are on this connection no more: an index of ours must not go out before its blobs.
   *
   * @returns whether our store now has all of it
   */
  async fetch(site: SiteWriter, heads: SeedHeads, timeoutMs: number): Promise<boolean> {
    const isBehind = (part: CorePart) => isAhead(heads[part], site.coreOf(part))
    if (!PARTS.some(isBehind) && (await site.hasWholeIndex())) return true
    try {
      for (const part of PARTS) this.offer(site, part)
      const deadline = Date.now() + timeoutMs
      while (PARTS.some(isBehind)) {
        if (Date.now() > deadline || this.isClosed) return false
        await pause(POLL_MS)
      }
      if (!(await site.fetchIndex(timeoutMs))) return false
      // The last block of the newest release brings along what is needed to sign the blobs core at that length.
      const record = await site.entry(RECORD_PATH)
      if (record?.blob && endOf(record.blob) <= site.coreLength('blobs'))
        await site.fetchBlob(record.blob, timeoutMs) // what it is worth, and whether it came, is looked at later
      return true
    } finally {
      for (const part of PARTS) this.withdraw(site, part)
    }
  }

  /** Fetches one block of the blobs, as `fetch` does. @returns whether it came */
  async fetchBlob(site: SiteWriter, index: number, timeoutMs: number): Promise<boolean> {
    try {
      this.offer(site, 'blobs')
      return (await site.coreOf('blobs').get(index, { timeout: timeoutMs })) !== null
    } finally {
      this.withdraw(site, 'blobs')
    }
  }

  private withdraw(site: SiteStore, part: CorePart): void {
    for (const peer of site.coreOf(part).peers) if (peer.stream === this.socket) peer.channel.close()
  }

  /** @internal Fetches into a core of another store. */
  copy(core: Hypercore): Hypercore {
    core.replicate(this.socket)
    return core
  }

  /** @internal A seed that has never heard of a core answers nothing, unless it is asked to keep it. */
  pinEmpty(cores: SiteCores): void {
    this.pins.introduce(cores)
    this.pins.pin(decodeKey(cores.site), 0)
    this.pins.pin(decodeKey(cores.blobs), 0)
  }

  /** @internal Resolves when a core is as long as the seed's. @throws when that takes too long */
  async waitUntilSynced(core: Hypercore, timeoutMs: number): Promise<void> {
    await core.ready()
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const [peer] = core.peers
      // A peer's length is 0 until it has said otherwise.
      const isSynced = peer?.remoteOpened && peer.remoteSynced
      if (isSynced && core.fork === peer.remoteFork && core.length >= peer.remoteLength) return
      if (this.answer?.state === 'refused') throw new Error('the seed does not keep this site')
      if (this.isClosed || Date.now() > deadline) throw new Error('the seed does not answer')
      await pause(POLL_MS)
    }
  }

  /** What the seed has of a core that was offered; null before it has said so. */
  holding(site: SiteStore, part: CorePart): SeedHolding | null {
    const peer = site.coreOf(part).peers.find(({ remotePublicKey }) => remotePublicKey.equals(this.seedKey))
    if (!peer?.remoteOpened) return null
    return {
      length: peer.remoteLength,
      fork: peer.remoteFork,
      contiguousLength: peer.remoteContiguousLength,
      isSynced: peer.remoteSynced
    }
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Whether one head of a core replaces, or goes on from, another. */
export function isAhead(
  theirs: { fork: number; length: number },
  ours: { fork: number; length: number }
): boolean {
  return theirs.fork > ours.fork || (theirs.fork === ours.fork && theirs.length > ours.length)
}

/** The DHT begins its messages with a code. */
function describeFailure(cause: unknown): string {
  if ((cause as { code?: unknown } | null)?.code === 'PEER_NOT_FOUND') return 'it is not online'
  return messageOf(cause).replace(/^[A-Z_]+: /, '')
}
