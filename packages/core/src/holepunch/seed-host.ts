import type { Duplex } from 'node:stream'
import type Corestore from 'corestore'
import Hypercore from 'hypercore'
import Hyperswarm from 'hyperswarm'
import Protomux from 'protomux'
import { discoveryKey } from 'hypercore-crypto'
import type { Address } from './bootstrap.js'
import { storeError } from './errors.js'
import { openForeignStore } from './foreign-store.js'
import { FollowedDrive, openForeignDrive } from './follower.js'
import { decodeKey, encodeKey } from './site-key.js'
import { keyPairFrom } from './key-pairs.js'
import { isLanWanted, LanSwarm, type LanOption } from './lan-swarm.js'
import { acceptPins, type SeedAnswer, type SiteCores } from './seed-protocol.js'
import { keepIndexWhole } from './whole-index.js'
import { keepPeersAcrossForks, removeNodesOfOldForksIn } from './fork-workarounds.js'
import { guardWire, refuseOffenders } from './wire-guard.js'
import { MAX_BLOCKS } from './wire-limits.js'

// As in blind-peer. Without it a reader at another fork can request the same blocks from one peer for ever.
Hypercore.enable(Hypercore.SMALL_WANTS)

/** Hypercore's own limits of open requests per peer: [least, most]. They suit blocks of 64 KB. */
const REQUESTS_IN_FLIGHT = [16, 512] as const
const MAX_BYTES_IN_FLIGHT = 2 * 1024 * 1024
/** The number of open requests per peer while a visitor waits for a block. */
const REQUESTS_WHILE_WAITING = 2

/** The size of a core, from its signed head. */
export interface CoreSize {
  length: number
  byteLength: number
  fork: number
  /** Every block below this one is on this machine. */
  contiguousLength: number
}

/** Decides what a seed keeps. Keys are z-base-32. */
export interface Admission {
  /** Is called when a publisher names the cores of a site. */
  introduced(publisher: string, cores: SiteCores): void
  /**
   * Is called when a publisher asks to keep a core.
   *
   * @returns false: the core is not kept, and nothing of it is fetched
   */
  admits(publisher: string, core: { key: string; announce: boolean }): boolean
  /** Whether a core is the index of a site: it has the key of the site. Is asked when the core is kept, and after each introduction. */
  isSite(key: string): boolean
  /**
   * Is called when a kept core has grown, before any new block is fetched.
   *
   * @returns false: the blocks on this machine stay, and no more are fetched
   */
  allows(key: string, size: CoreSize): boolean
  /** Keys of cores that are not served to any peer, although they may be on the disk. Is called for every connection. */
  withheld(): Iterable<string>
  /** Is called when blocks of a kept core have arrived, or its head has changed. */
  changed(key: string, size: CoreSize): void
  /** Is called when a peer has proved that one length of a kept core was signed twice. The core is served as before. */
  conflicted?(key: string, size: CoreSize): void
}

/** A connected publisher. */
export interface Publisher {
  /** Its network key, z-base-32. */
  key: string
  answer(answer: SeedAnswer): void
}

/** A peer that keeps cores for others: one store and one network identity. The `Admission` decides what is kept. */
export class SeedHost {
  private readonly dir: string
  private readonly store: Corestore
  private readonly swarm: Hyperswarm
  private readonly lan: LanSwarm | null
  private readonly admission: Admission
  private readonly kept = new Map<string, KeptCore>()
  private readonly publishers = new Set<Publisher>()

  private constructor(
    dir: string,
    store: Corestore,
    swarm: Hyperswarm,
    lan: LanSwarm | null,
    admission: Admission
  ) {
    this.dir = dir
    this.store = store
    this.swarm = swarm
    this.lan = lan
    this.admission = admission
    swarm.on('connection', (connection: Hyperswarm.Connection) => this.accept(connection))
  }

  /**
   * @param options.dir the folder of the store, absolute
   * @param options.secret 32 bytes from which the seed's network key pair is derived
   * @param options.lan Default: as `SITEDRIVE_LAN` says, else unless all of `bootstrap` is on this machine
   * @throws {SitedriveError} STORE_LOCKED, DISK_FULL or STORE_FAILED
   */
  static async open(options: {
    dir: string
    secret: Uint8Array
    bootstrap?: Address[] | undefined
    lan?: LanOption
    admission: Admission
  }): Promise<SeedHost> {
    const store = await openForeignStore(options.dir)
    removeNodesOfOldForksIn(store)
    try {
      await deleteOversizedCores(store)
    } catch (error) {
      await store.close().catch(() => {}) // the first error explains the failure
      throw storeError(error, options.dir)
    }
    const swarm = new Hyperswarm({
      keyPair: keyPairFrom(options.secret),
      ...(options.bootstrap && { bootstrap: options.bootstrap })
    })
    refuseOffenders(swarm.server)
    await swarm.listen()
    const { lan = isLanWanted(options.bootstrap) } = options
    const near = LanSwarm.of(swarm, lan)
    // Publishers look for the seed itself, and not for sites.
    near?.join(encodeKey(swarm.keyPair.publicKey), { announce: true, find: false })
    return new SeedHost(options.dir, store, swarm, near, options.admission)
  }

  /** The seed's public key that publishers dial and pin, z-base-32. */
  get key(): string {
    return encodeKey(this.swarm.keyPair.publicKey)
  }

  get connections(): number {
    return this.swarm.connections.size
  }

  /** Connected publishers that have sent an introduction or a pin. */
  get connectedPublishers(): readonly Publisher[] {
    return [...this.publishers]
  }

  /** Keeps a core: fetches what the admission allows, now and each time the core grows. */
  async keep(key: string): Promise<void> {
    if (this.kept.has(key)) return
    const core = new KeptCore(this.store, key, this.admission)
    this.kept.set(key, core)
    await core.ready()
  }

  sizeOf(key: string): CoreSize | null {
    return this.kept.get(key)?.size ?? null
  }

  /** The number of connected peers that share a core. */
  peersOf(key: string): number {
    return this.kept.get(key)?.peers ?? 0
  }

  /**
   * Call it while somebody waits for a block of a core that is still being fetched. Peers answer in the order of the requests, so
   * few other blocks are requested meanwhile.
   *
   * @returns ends it
   */
  waitFor(key: string): () => void {
    return this.kept.get(key)?.waitForBlock() ?? (() => {})
  }

  /** Announces a drive in the DHT and in the local network, and looks for other peers that have it. */
  announce(key: string): void {
    this.swarm.join(discoveryKey(decodeKey(key)), { server: true, client: true })
    this.lan?.join(key, { announce: true, find: true })
  }

  /** Read access to a kept drive. Closing it leaves the host open. */
  async drive(key: string): Promise<FollowedDrive> {
    const store = this.store.session()
    return new FollowedDrive(this.dir, store, await openForeignDrive(store, key))
  }

  /** Ends all connections, then closes the store, so that every confirmed block is on the disk. */
  async close(): Promise<void> {
    this.lan?.close()
    await this.swarm.destroy()
    await this.store.close()
  }

  /** A store serves every core on its disk to any peer that names it. An empty handler for a core prevents that. */
  private withhold(connection: Hyperswarm.Connection): void {
    const muxer = Protomux.from(connection as Duplex)
    for (const key of this.admission.withheld())
      muxer.pair({ protocol: 'hypercore/alpha', id: discoveryKey(decodeKey(key)) }, () => {})
  }

  private accept(connection: Hyperswarm.Connection): void {
    connection.on('error', () => {}) // a broken connection is normal
    if (!guardWire(connection)) return
    this.withhold(connection)
    this.store.replicate(connection)
    const publisher: Publisher = { key: encodeKey(connection.remotePublicKey), answer: () => {} }
    const sendAnswer = acceptPins(connection as Duplex, {
      onIntroduction: (cores) => {
        this.publishers.add(publisher)
        this.admission.introduced(publisher.key, cores)
        this.kept.get(cores.site)?.learnWhatItIs()
      },
      onPin: ({ key, length, announce }) => {
        this.publishers.add(publisher)
        if (!this.admission.admits(publisher.key, { key, announce })) return
        // The admission refuses and answers the publisher. The core must not be written to the disk.
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

/** Deletes cores above the size limit, which a process left behind when it ended before `discard`. */
async function deleteOversizedCores({ storage }: Corestore): Promise<void> {
  for await (const discoveryKey of storage.createDiscoveryKeyStream()) {
    const [info] = await storage.getInfos([discoveryKey], { auth: false, hints: false })
    if (info?.head && info.head.length > MAX_BLOCKS) await storage.deleteCore(info.core)
  }
}

/** One kept core. It downloads only what the admission allows. */
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
    keepPeersAcrossForks(core)
    core.on('peer-add', (peer: Hypercore.Peer) => (peer.inflightRange = this.requestsNow))
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

  /** A blind peer's pin does not say whether a core is an index. */
  learnWhatItIs(): void {
    if (this.isIndex || !this.admission.isSite(this.key)) return
    this.isIndex = true
    keepIndexWhole(this.core)
  }

  async ready(): Promise<void> {
    await this.core.ready()
    this.learnWhatItIs()
    this.updateDownload()
  }

  replicate(connection: Duplex): void {
    this.core.replicate(connection)
  }

  /** Deletes the core from the disk. Otherwise a peer that names it would open it again, and its size ends this process. */
  private async discard(): Promise<void> {
    if (this.isDiscarded) return
    this.isDiscarded = true
    const pointer = this.core.state.storage.core
    // Deleted before and after the close, because a peer may open the core again in between.
    await this.store.storage.deleteCore(pointer)
    await this.core.close()
    await this.store.storage.deleteCore(pointer)
  }

  private isDiscarded = false
  private isIndex = false
  private requests: readonly [number, number] = REQUESTS_IN_FLIGHT
  /** How many visitors wait for a block. */
  private waiting = 0

  private get requestsNow(): readonly [number, number] {
    const [least] = this.requests
    // guard: seed: a visitor's block is not behind many others
    if (this.waiting > 0) return [Math.min(least, REQUESTS_WHILE_WAITING), REQUESTS_WHILE_WAITING]
    return this.requests
  }

  waitForBlock(): () => void {
    let isOver = false
    if (++this.waiting === 1) this.applyLimits()
    return () => {
      if (!isOver && --this.waiting === 0) this.applyLimits()
      isOver = true
    }
  }

  private applyLimits(): void {
    // Hypercore's own setter skips peers whose channel is not open yet.
    for (const peer of this.core.peers) peer.inflightRange = this.requestsNow
  }

  /** A reader waits until all earlier requests are answered, so large blocks need fewer open requests: one for 15 MB. */
  private limitRequests({ length, byteLength }: CoreSize): void {
    const blocks = Math.floor(MAX_BYTES_IN_FLIGHT / Math.max(byteLength / Math.max(length, 1), 1))
    const [least, most] = REQUESTS_IN_FLIGHT
    this.requests = [Math.max(1, Math.min(least, blocks)), Math.max(1, Math.min(most, blocks * 32))]
    this.applyLimits()
  }

  /** Requests the download that the admission allows at the present size. */
  updateDownload(): void {
    if (this.isDiscarded) return
    this.range?.destroy()
    this.range = null
    const { size } = this
    if (size.length > MAX_BLOCKS) {
      this.admission.allows(this.key, size) // it refuses, and answers the publisher
      this.admission.changed(this.key, size)
      this.discard().catch(() => {}) // the store may be closed meanwhile
      return
    }
    this.limitRequests(size)
    if (size.length > 0 && this.admission.allows(this.key, size)) {
      this.range = this.core.download({ start: 0, end: size.length })
    }
    this.admission.changed(this.key, size)
  }
}
