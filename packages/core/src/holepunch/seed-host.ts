import type { Duplex } from 'node:stream'
import Corestore from 'corestore'
import Hypercore from 'hypercore'
import Hyperswarm from 'hyperswarm'
import Protomux from 'protomux'
import { discoveryKey } from 'hypercore-crypto'
import { RequestResponder } from './answering.js'
import type { Address } from './bootstrap.js'
import { takeOverConflicts } from './conflicts.js'
import { storeError } from './errors.js'
import { FollowedDrive, openForeignDrive } from './follower.js'
import { decodeKey, encodeKey } from './site-key.js'
import { keyPairFrom } from './key-pairs.js'
import { acceptPins, type SeedAnswer, type SiteCores } from './seed-protocol.js'
import { guardWire, refuseOffenders } from './wire-guard.js'
import { MAX_BLOCKS } from './wire-limits.js'

// As blind-peer does: without it a reader of another fork can ask one peer for the same blocks without end.
Hypercore.enable(Hypercore.SMALL_WANTS)

/** Hypercore's own bounds of how many blocks are asked for at a time. They suit blocks of 64 KB. */
const REQUESTS_IN_FLIGHT = [16, 512] as const
const MAX_BYTES_IN_FLIGHT = 2 * 1024 * 1024

/** How large a core is, as its signed head says. */
export interface CoreSize {
  length: number
  byteLength: number
  fork: number
  /** Every block below this one is here. */
  contiguousLength: number
}

/** Decides what a seed keeps. Keys are z-base-32. */
export interface Admission {
  /** A publisher says which cores make up a site. */
  introduced(publisher: string, cores: SiteCores): void
  /**
   * A publisher asks to keep a core.
   *
   * @returns false: it is not kept, and nothing of it is fetched
   */
  admits(publisher: string, core: { key: string; announce: boolean }): boolean
  /**
   * A kept core has grown. Asked before anything of it is fetched.
   *
   * @returns false: what is here stays, and no more is fetched
   */
  allows(key: string, size: CoreSize): boolean
  /** Cores that nobody is sent anything of, although they may be on the disk. Asked at every connection. */
  withheld(): Iterable<string>
  /** Something of a kept core has arrived, or its head has moved. */
  changed(key: string, size: CoreSize): void
  /** A peer has proved that one length of a kept core was signed twice. What is here stays, and is handed out as before. */
  conflicted?(key: string, size: CoreSize): void
}

/** A connected publisher. */
export interface Publisher {
  /** Its network key, z-base-32. */
  key: string
  answer(answer: SeedAnswer): void
}

/** A peer that keeps cores for others: one store, one identity, and a table of somebody else's that says what to keep. */
export class SeedHost {
  private readonly dir: string
  private readonly store: Corestore
  private readonly swarm: Hyperswarm
  private readonly admission: Admission
  private readonly kept = new Map<string, KeptCore>()
  private readonly publishers = new Set<Publisher>()

  private constructor(dir: string, store: Corestore, swarm: Hyperswarm, admission: Admission) {
    this.dir = dir
    this.store = store
    this.swarm = swarm
    this.admission = admission
    swarm.on('connection', (connection: Hyperswarm.Connection) => this.accept(connection))
  }

  /**
   * @param dir where everything is kept, absolute
   * @param secret 32 bytes that the seed's network identity derives from
   * @throws {SitedriveError} STORE_LOCKED, DISK_FULL or STORE_FAILED
   */
  static async open(options: {
    dir: string
    secret: Uint8Array
    bootstrap?: Address[] | undefined
    admission: Admission
  }): Promise<SeedHost> {
    const store = new Corestore(options.dir)
    takeOverConflicts(store, { keepOpen: true })
    try {
      await store.ready()
      await deleteOversizedCores(store)
    } catch (error) {
      await store.close().catch(() => {}) // the first error is the one that tells
      throw storeError(error, options.dir)
    }
    const swarm = new Hyperswarm({
      keyPair: keyPairFrom(options.secret),
      ...(options.bootstrap && { bootstrap: options.bootstrap })
    })
    refuseOffenders(swarm.server)
    await swarm.listen()
    return new SeedHost(options.dir, store, swarm, options.admission)
  }

  /** What publishers dial and pin at, z-base-32. */
  get key(): string {
    return encodeKey(this.swarm.keyPair.publicKey)
  }

  get connections(): number {
    return this.swarm.connections.size
  }

  /** Publishers that are connected now and have asked for something. */
  get connectedPublishers(): readonly Publisher[] {
    return [...this.publishers]
  }

  /** Keeps a core: fetches as much of it as the admission allows, now and whenever it grows. */
  async keep(key: string): Promise<void> {
    if (this.kept.has(key)) return
    const core = new KeptCore(this.store, key, this.admission)
    this.kept.set(key, core)
    await core.ready()
  }

  sizeOf(key: string): CoreSize | null {
    return this.kept.get(key)?.size ?? null
  }

  /** How many peers are connected that share a core. */
  peersOf(key: string): number {
    return this.kept.get(key)?.peers ?? 0
  }

  /** Lets others find a drive here, and looks for others that have it. */
  announce(key: string): void {
    this.swarm.join(discoveryKey(decodeKey(key)), { server: true, client: true })
  }

  /** The reading side of a kept drive. Closing it leaves the host open. */
  async drive(key: string): Promise<FollowedDrive> {
    const store = this.store.session()
    return new FollowedDrive(this.dir, store, await openForeignDrive(store, key))
  }

  /** Lets go of everything in order: what was confirmed is on disk. */
  async close(): Promise<void> {
    await this.swarm.destroy()
    await this.store.close()
  }

  /** A store opens what is on its disk for whoever names it, but for cores that have an answer of their own. */
  private withhold(connection: Hyperswarm.Connection): void {
    const muxer = Protomux.from(connection as Duplex)
    for (const key of this.admission.withheld())
      muxer.pair({ protocol: 'hypercore/alpha', id: discoveryKey(decodeKey(key)) }, () => {})
  }

  private accept(connection: Hyperswarm.Connection): void {
    connection.on('error', () => {}) // connections end as they like
    if (!guardWire(connection)) return
    this.withhold(connection)
    this.store.replicate(connection)
    const publisher: Publisher = { key: encodeKey(connection.remotePublicKey), answer: () => {} }
    const sendAnswer = acceptPins(connection as Duplex, {
      onIntroduction: (cores) => {
        this.publishers.add(publisher)
        this.admission.introduced(publisher.key, cores)
      },
      onPin: ({ key, length, announce }) => {
        this.publishers.add(publisher)
        if (!this.admission.admits(publisher.key, { key, announce })) return
        // The admission says no and tells the publisher; the core itself must not get as far as our disk.
        if (length > MAX_BLOCKS)
          return void this.admission.allows(key, { length, byteLength: 0, fork: 0, contiguousLength: 0 })
        void this.keep(key).then(
          () => this.kept.get(key)?.replicate(connection),
          () => connection.destroy()
        )
      }
    })
    publisher.answer = sendAnswer
    connection.on('close', () => this.publishers.delete(publisher))
  }
}

/** Cores of a size that nobody can have, of a process that ended before it had taken them off the disk. */
async function deleteOversizedCores({ storage }: Corestore): Promise<void> {
  for await (const discoveryKey of storage.createDiscoveryKeyStream()) {
    const [info] = await storage.getInfos([discoveryKey], { auth: false, hints: false })
    if (info?.head && info.head.length > MAX_BLOCKS) await storage.deleteCore(info.core)
  }
}

/** One core that is kept: never downloads more than it was allowed to. */
class KeptCore {
  private readonly store: Corestore
  private readonly core: Hypercore
  private readonly key: string
  private readonly admission: Admission
  private range: Hypercore.Range | null = null

  constructor(store: Corestore, key: string, admission: Admission) {
    const core = store.get({ key: decodeKey(key) })
    this.store = store
    this.core = core
    this.key = key
    this.admission = admission
    new RequestResponder().watch(core)
    core.on('peer-add', (peer: Hypercore.Peer) => (peer.inflightRange = this.requests))
    core.on('append', () => this.updateDownload())
    core.on('truncate', () => this.updateDownload())
    core.on('conflict', () => this.admission.conflicted?.(this.key, this.size))
    core.on('download', () => this.admission.changed(this.key, this.size))
  }

  get size(): CoreSize {
    const { length, byteLength, fork, contiguousLength } = this.core
    return { length, byteLength, fork, contiguousLength }
  }

  get peers(): number {
    return this.core.peers.length
  }

  async ready(): Promise<void> {
    await this.core.ready()
    this.updateDownload()
  }

  replicate(connection: Duplex): void {
    this.core.replicate(connection)
  }

  /** Takes the core off the disk: left there, it would be opened again by whoever names it, and end this process. */
  private async discard(): Promise<void> {
    if (this.isDiscarded) return
    this.isDiscarded = true
    const pointer = this.core.state.storage.core
    // Before it is closed as well: whoever named it in between would have it opened again.
    await this.store.storage.deleteCore(pointer)
    await this.core.close()
    await this.store.storage.deleteCore(pointer)
  }

  private isDiscarded = false
  private requests: readonly [number, number] = REQUESTS_IN_FLIGHT

  /** A visitor who waits for a page waits for all that was asked for before: of blocks of 15 MB, that is one. */
  private limitRequests({ length, byteLength }: CoreSize): void {
    const blocks = Math.floor(MAX_BYTES_IN_FLIGHT / Math.max(byteLength / Math.max(length, 1), 1))
    const [least, most] = REQUESTS_IN_FLIGHT
    // Hypercore's own way to set it leaves out peers whose channel is not open yet.
    this.requests = [Math.max(1, Math.min(least, blocks)), Math.max(1, Math.min(most, blocks * 32))]
    for (const peer of this.core.peers) peer.inflightRange = this.requests
  }

  updateDownload(): void {
    if (this.isDiscarded) return
    this.range?.destroy()
    this.range = null
    const { size } = this
    if (size.length > MAX_BLOCKS) {
      this.admission.allows(this.key, size) // which says no, and tells the publisher
      this.admission.changed(this.key, size)
      this.discard().catch(() => {}) // closed meanwhile
      return
    }
    this.limitRequests(size)
    if (size.length > 0 && this.admission.allows(this.key, size)) {
      this.range = this.core.download({ start: 0, end: size.length })
    }
    this.admission.changed(this.key, size)
  }
}
