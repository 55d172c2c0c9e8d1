import { setTimeout as pause } from 'node:timers/promises'
import Corestore from 'corestore'
import DHT from 'hyperdht'
import type Hypercore from 'hypercore'
import { keyPair } from 'hypercore-crypto'
import { debug } from '../debug.js'
import { messageOf, SitedriveError } from '../error.js'
import { onWake } from '../machine/on-wake.js'
import { RECORD_PATH } from './reserved-paths.js'
import { endOf } from './blob-pointer.js'
import type { Address } from './bootstrap.js'
import { takeOverConflicts } from './conflicts.js'
import type { KeyPair } from './key-pairs.js'
import { LanSeeds } from './lan-seeds.js'
import { isLanWanted, type LanOption } from './lan-swarm.js'
import { isOwnAddress } from './own-address.js'
import { decodeKey, encodeKey } from './site-key.js'
import type { SeedHeads } from './seed-copy.js'
import { PinChannel, type SeedAnswer, type SiteCores } from './seed-protocol.js'
import { PARTS, type CorePart, type SiteStore, type SiteWriter } from './site-store.js'
import { makeTemporaryFolder } from './temporary-folder.js'
import { guardWire } from './wire-guard.js'

/** How much of one core a seed claims to have. */
export interface SeedHolding {
  length: number
  fork: number
  /** It has every block below this one. */
  contiguousLength: number
  /** It has sent its complete state. */
  isSynced: boolean
}

/** Where a seed shows a site on the web, as it told. */
export interface ToldAddress {
  /** null: nowhere. The text comes from the network. */
  url: string | null
  /** The seed runs on this machine, as the address of its connection shows. */
  isHere: boolean
}

const POLL_MS = 4
/** A seed that has not answered by then is looked for in the local network as well. Milliseconds. */
const NEAR_AFTER_MS = 400
/** By then a seed in the local network has answered. Milliseconds. */
const NEAR_FOR_MS = 2_000
/** More than what opens a connection and its channels. */
const OPENING_BYTES = 16 * 1024
const NO_NETWORK =
  'no node of the network answers. This machine is offline, or something between it and the internet lets no UDP through'

/** A DHT node that dials seeds by their public keys. */
export class SeedDialler {
  private readonly answers = new Map<string, ToldAddress>()
  private readonly node: DHT
  private readonly near: LanSeeds
  private readonly identity: KeyPair

  /**
   * @param identity the publisher's network key pair, by which seeds know the publisher; null: seeds do not know who asks
   * @param lan whether seeds are looked for in the local network as well
   */
  constructor(
    identity: KeyPair | null,
    bootstrap: Address[] | undefined,
    lan: LanOption = isLanWanted(bootstrap)
  ) {
    this.identity = identity ?? keyPair()
    this.node = new DHT(bootstrap ? { bootstrap } : {})
    this.near = new LanSeeds(lan)
  }

  /** What seeds told last, on whichever connection, by their keys. */
  get told(): ReadonlyMap<string, ToldAddress> {
    return this.answers
  }

  /** Whether any node of the DHT has answered. */
  private get hasNetwork(): boolean {
    return this.node.toArray().length > 0
  }

  /**
   * Connects to a seed.
   *
   * @param seed public key, z-base-32
   * @throws {SitedriveError} SEED_UNREACHABLE when the seed does not answer in time
   */
  dial(seed: string, timeoutMs: number): Promise<SeedLink> {
    return this.dialAs(this.identity, seed, timeoutMs)
  }

  private async dialAs(identity: KeyPair | undefined, seed: string, timeoutMs: number): Promise<SeedLink> {
    debug('seeds', () => `dials ${seed}`)
    let link = this.connect(identity, seed)
    const timer = setTimeout(() => link.close(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
    try {
      const near = await Promise.race([this.orLater(link.opened), this.nearAddress(seed)])
      if (near) {
        // Two connections of one publisher would end each other at the seed.
        link.close()
        link = this.connect(identity, seed, near)
        await link.opened
      }
      debug('seeds', () => `${seed} answers`)
      return link
    } catch (cause) {
      debug('seeds', () => `${seed} does not answer: ${describeFailure(cause)}`)
      throw new SitedriveError(
        'SEED_UNREACHABLE',
        `Seed \`${seed}\` cannot be reached: ${this.hasNetwork ? describeFailure(cause) : NO_NETWORK}.`,
        { cause }
      )
    } finally {
      clearTimeout(timer)
    }
  }

  /** @param near where the seed's DHT node is said to be; the DHT is asked when it is not there */
  private connect(identity: KeyPair | undefined, seed: string, near?: Address): SeedLink {
    const socket = this.node.connect(decodeKey(seed), {
      ...(identity && { keyPair: identity }),
      ...(near && { relayAddresses: [near] })
    })
    return new SeedLink(seed, socket, (told) => this.answers.set(seed, told))
  }

  /** A machine without internet hears at once that the DHT cannot be asked. A seed in the local network may still answer. */
  private async orLater(opened: Promise<void>): Promise<void> {
    const startedAt = performance.now()
    try {
      await opened
    } catch (error) {
      const leftMs = NEAR_FOR_MS - (performance.now() - startedAt)
      if (this.near.isAsked && leftMs > 0) await pause(leftMs)
      throw error
    }
  }

  /** Where a seed is in the local network, if it is there. Asked only when the seed has not answered by itself. */
  private async nearAddress(seed: string): Promise<Address> {
    await pause(NEAR_AFTER_MS, undefined, { ref: false })
    return this.near.addressOf(seed)
  }

  /**
   * Fetches blocks from a seed with an unknown identity, into an empty store, and compares them with ours. A seed that only
   * claims to have the blocks fails.
   *
   * @returns whether all blocks arrived in time and are equal
   */
  async hasBlocks(
    seed: string,
    site: SiteStore,
    wanted: { part: CorePart; index: number }[],
    timeoutMs: number
  ): Promise<boolean> {
    let wakes = 0
    let link: SeedLink | null = null
    const endWatch = onWake(() => {
      wakes++
      link?.close()
    })
    try {
      for (;;) {
        const before = wakes
        const isProved = await this.readBack(seed, site, wanted, timeoutMs, (opened) => (link = opened))
        if (isProved) return true
        await pause(0) // after a sleep, all times are over at once: this one's, and that of the watch
        // guard: seeds: what a sleep cut off is read back anew
        if (wakes === before) return false
      }
    } finally {
      endWatch()
    }
  }

  private async readBack(
    seed: string,
    site: SiteStore,
    wanted: { part: CorePart; index: number }[],
    timeoutMs: number,
    onOpen: (link: SeedLink) => void
  ): Promise<boolean> {
    // Not with the publisher's key: a swarm keeps one connection per peer, and would end the one with the pins.
    const folder = await makeTemporaryFolder()
    const store = new Corestore(folder.dir)
    takeOverConflicts(store, { keepOpen: false })
    let link: SeedLink | null = null
    try {
      link = await this.dialAs(undefined, seed, timeoutMs)
      const stranger = link
      onOpen(stranger)
      const checks = wanted.map(async ({ part, index }) => {
        const [theirs, ours] = await Promise.all([
          stranger.copy(store.get({ key: site.coreOf(part).key })).get(index, { timeout: timeoutMs }),
          site.coreOf(part).get(index, { wait: false })
        ])
        return theirs !== null && ours !== null && theirs.equals(ours)
      })
      const isProved = await Promise.race([
        Promise.all(checks).then((all) => all.every(Boolean)),
        stranger.closed.then(() => false)
      ])
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
      await folder.remove()
    }
  }

  async close(): Promise<void> {
    this.near.close()
    await this.node.destroy({ force: true })
  }
}

/** A connection to one seed. Only offered cores are replicated on it. */
export class SeedLink {
  readonly seed: string
  /** The seed's last answer about the pin; null: none yet, or the seed is a blind peer without sitedrive's protocol. */
  answer: SeedAnswer | null = null
  isClosed = false
  /** @internal */
  readonly opened: Promise<void>
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>
  private readonly seedKey: Buffer
  private readonly socket: DHT.Socket
  private readonly pins: PinChannel
  private packetsReceived = 0
  private acknowledged = OPENING_BYTES

  /** @internal */
  constructor(seed: string, socket: DHT.Socket, onTold: (told: ToldAddress) => void) {
    this.seed = seed
    this.seedKey = decodeKey(seed)
    this.socket = socket
    let failure: unknown = new Error('it ended the connection')
    socket.on('error', (error: unknown) => (failure = error))
    socket.on('close', () => (this.isClosed = true))
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    this.opened = new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('close', () => reject(failure))
    })
    this.opened.catch(() => {}) // `dial` awaits it and gets the error
    guardWire(socket) // a refused peer is disconnected at once
    this.pins = new PinChannel(socket, (answer) => {
      debug('seeds', () => `${seed} says ${JSON.stringify(answer)}`)
      this.answer = answer
      // guard: web address: a peer of this machine is known by its connection
      onTold({ url: answer.mirror, isHere: isOwnAddress(socket.rawStream?.remoteHost) })
    })
  }

  /** Offers one core of a site to the seed, and asks the seed to keep it. */
  offer(site: SiteStore, part: CorePart): void {
    const core = site.coreOf(part)
    debug('seeds', () => `offers ${core.length} blocks of the ${part} to ${this.seed}`)
    this.pins.introduce({ site: site.key, blobs: encodeKey(site.coreOf('blobs').key) })
    core.replicate(this.socket)
    this.pins.pin(core.key, core.length)
  }

  /**
   * Fetches what our store lacks: the heads of both cores, the whole index, and the content of the newest release record.
   * Afterwards the cores are removed from the connection, because our index must not be sent before its blobs.
   *
   * @returns whether our store has all of it now
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
      if (!(await site.fetchIndex(timeoutMs, this.closed))) return false
      // The proof of that record's last block has the tree nodes that are needed to sign the blobs core at that length.
      const record = await site.entry(RECORD_PATH)
      if (record?.blob && endOf(record.blob) <= site.coreLength('blobs'))
        await site.fetchBlob(record.blob, timeoutMs) // the caller checks later whether the nodes are here
      return true
    } finally {
      for (const part of PARTS) this.withdraw(site, part)
    }
  }

  /** Fetches one block of the blobs core, as `fetch` does. @returns whether it arrived */
  async fetchBlob(site: SiteWriter, index: number, timeoutMs: number): Promise<boolean> {
    try {
      this.offer(site, 'blobs')
      return (await site.coreOf('blobs').get(index, { timeout: timeoutMs })) !== null
    } finally {
      this.withdraw(site, 'blobs')
    }
  }

  private withdraw(site: SiteStore, part: CorePart): void {
    const core = site.coreOf(part)
    for (const peer of core.peers) if (peer.stream === this.socket) peer.channel.close()
    // Else the core stays paired with the connection: it is sent as soon as the seed opens it, and when it is offered again,
    // hypercore 11.37.1 opens no channel.
    // guard: seeds: a core that was withdrawn is offered no more, and can be offered again
    core.core.replicator.detachFrom(this.socket.userData)
  }

  /** @internal Replicates a core of another store on this connection. */
  copy(core: Hypercore): Hypercore {
    core.replicate(this.socket)
    return core
  }

  /** @internal Pins the cores with length 0. A seed does not answer for an unknown core before it is pinned. */
  pinEmpty(cores: SiteCores): void {
    this.pins.introduce(cores)
    this.pins.pin(decodeKey(cores.site), 0)
    this.pins.pin(decodeKey(cores.blobs), 0)
  }

  /** @internal Resolves when a core is as long as the seed's core. @throws when that takes too long */
  async waitUntilSynced(core: Hypercore, timeoutMs: number): Promise<void> {
    await core.ready()
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const [peer] = core.peers
      // A peer's length is 0 until its first sync message.
      const isSynced = peer?.remoteOpened && peer.remoteSynced
      if (isSynced && core.fork === peer.remoteFork && core.length >= peer.remoteLength) return
      if (this.answer?.state === 'refused') throw new Error('the seed does not keep this site')
      if (this.isClosed || Date.now() > deadline) throw new Error('the seed does not answer')
      await pause(POLL_MS)
    }
  }

  /** What the seed has of an offered core; null before it has opened the core. */
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

  /** How long a packet and its acknowledgement take. Milliseconds; 0 as long as it is not known. */
  get roundTripMs(): number {
    return this.socket.rawStream?.rtt ?? 0
  }

  /** How many bytes the seed has received since the last call, about, without the first ones: each new connection sends them. */
  newlyReceived(): number {
    const stream = this.socket.rawStream
    // A packet that is sent again counts as transmitted, also when the line is dead.
    if (!stream?.packetsReceived || stream.packetsReceived === this.packetsReceived) return 0
    this.packetsReceived = stream.packetsReceived
    const more = Math.max(0, stream.bytesTransmitted - stream.inflight - this.acknowledged)
    this.acknowledged += more
    return more
  }

  /** @param why what those are told who wait for the connection */
  close(why?: Error): void {
    this.socket.destroy(why)
  }
}

/** Whether one head of a core is newer than another: at a higher fork, or longer at the same fork. */
export function isAhead(
  theirs: { fork: number; length: number },
  ours: { fork: number; length: number }
): boolean {
  return theirs.fork > ours.fork || (theirs.fork === ours.fork && theirs.length > ours.length)
}

/** An error of dialling, for people. Removes the error code at the start of the DHT's messages. */
function describeFailure(cause: unknown): string {
  if ((cause as { code?: unknown } | null)?.code === 'PEER_NOT_FOUND') return 'it is not online'
  return messageOf(cause).replace(/^[A-Z_]+: /, '')
}
