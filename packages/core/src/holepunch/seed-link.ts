import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import Corestore from 'corestore'
import DHT from 'hyperdht'
import { messageOf, SitedriveError } from '../error.js'
import type { Address } from './bootstrap.js'
import type { KeyPair } from './key-pairs.js'
import { decodeKey, encodeKey } from './key.js'
import { PinChannel, type SeedAnswer } from './seed-protocol.js'
import type { CorePart, SiteStore } from './site-store.js'

/** How much of one core a seed says it has. */
export interface SeedHolding {
  length: number
  fork: number
  /** It has every block below this one. */
  contiguousLength: number
  /** It has told all that it knows. */
  isSynced: boolean
}

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
  async dial(seed: string, timeoutMs: number): Promise<SeedLink> {
    const socket = this.node.connect(decodeKey(seed), { keyPair: this.identity })
    const link = new SeedLink(seed, socket)
    const timer = setTimeout(() => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
    try {
      await link.opened
      return link
    } catch (cause) {
      throw new SitedriveError(
        'SEED_UNREACHABLE',
        `Seed \`${seed}\` cannot be reached: ${messageOf(cause)}.`,
        { cause }
      )
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Fetches blocks from a seed, over a connection of its own, into a store that has nothing, and compares them with ours:
   * a seed that only claims to have them cannot pass.
   *
   * @returns whether all came in time and are the same
   */
  async hasBlocks(
    seed: string,
    site: SiteStore,
    wanted: { part: CorePart; index: number }[],
    timeoutMs: number
  ): Promise<boolean> {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'sitedrive-proof-'))
    const store = new Corestore(dir)
    const socket = this.node.connect(decodeKey(seed), { keyPair: this.identity })
    socket.on('error', () => {}) // its blocks then do not come
    try {
      store.replicate(socket)
      const checks = wanted.map(async ({ part, index }) => {
        const core = site.coreOf(part)
        const copy = store.get({ key: core.key })
        const [theirs, ours] = await Promise.all([copy.get(index, { timeout: timeoutMs }), core.get(index)])
        return theirs !== null && ours !== null && theirs.equals(ours)
      })
      return (await Promise.all(checks)).every(Boolean)
    } catch {
      return false
    } finally {
      socket.destroy()
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
  private readonly socket: DHT.Socket
  private readonly pins: PinChannel

  /** @internal */
  constructor(seed: string, socket: DHT.Socket) {
    this.seed = seed
    this.socket = socket
    let failure: unknown = new Error('it ended the connection')
    socket.on('error', (error: unknown) => (failure = error))
    socket.on('close', () => (this.isClosed = true))
    this.opened = new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('close', () => reject(failure))
    })
    this.opened.catch(() => {}) // whoever dialled hears of it
    this.pins = new PinChannel(socket, (answer) => (this.answer = answer))
  }

  /** Lets the seed copy one core of a site, and asks it to keep it. */
  offer(site: SiteStore, part: CorePart): void {
    const core = site.coreOf(part)
    this.pins.introduce({ site: site.key, blobs: encodeKey(site.coreOf('blobs').key) })
    core.replicate(this.socket)
    this.pins.pin(core.key, core.length)
  }

  /** What the seed has of a core that was offered; null before it has said so. */
  holding(site: SiteStore, part: CorePart): SeedHolding | null {
    const seedKey = decodeKey(this.seed)
    const peer = site.coreOf(part).peers.find(({ remotePublicKey }) => remotePublicKey.equals(seedKey))
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
