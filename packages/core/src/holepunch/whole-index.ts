import type Hypercore from 'hypercore'

/** How long an index may lack blocks that no connected peer has. A publisher that lost its connection comes back sooner. Milliseconds. */
const PATIENCE_MS = 2_000
/** The place of the last whole head, kept with the core. */
const USER_DATA = 'sitedrive/whole-head'
const PROTOCOL = 'hypercore/alpha'

/** A signed state of an index. */
interface Head {
  fork: number
  length: number
  /** Hex. */
  signature: string
}

/**
 * Makes a seed take and pass on whole states of an index only. A publisher may be killed while its index is on the way. Then
 * nobody has the rest of it: a reader that has heard of it would wait for ever, and no other machine could publish.
 *
 * - A state that is ahead of this one is fetched from peers that have all of it.
 * - Until all of it is here, other peers are not told of it.
 * - When those who had it are gone for `patienceMs`, the index goes back to its last whole state, with the signature that was kept of it. No
 *   publisher was ever told that the newer state is here, since it was not. One that comes back sends it again.
 */
export function keepIndexWhole(core: Hypercore, patienceMs = PATIENCE_MS): void {
  core.ready().then(
    () => new WholeIndex(core, patienceMs).begin(),
    () => {} // whoever opens the core is told
  )
}

class WholeIndex {
  private readonly core: Hypercore
  private readonly patienceMs: number
  private last: Head | null = null
  /** The last message of each peer about its state, where it is not heard yet. */
  private readonly unheard = new Map<Hypercore.Peer, Hypercore.Sync>()
  private readonly heard = new WeakMap<Hypercore.Peer, Hypercore.Sync>()
  /** Peers that wait to be told of the present state. */
  private readonly untold = new Set<Hypercore.Peer>()
  private timer: NodeJS.Timeout | null = null
  /** There is no whole state to go back to. */
  private isStuck = false

  constructor(core: Hypercore, patienceMs: number) {
    this.core = core
    this.patienceMs = patienceMs
  }

  async begin(): Promise<void> {
    const { core } = this
    const kept = await core.getUserData(USER_DATA)
    this.last = kept ? (JSON.parse(kept.toString()) as Head) : null
    for (const peer of core.peers) this.watch(peer)
    const { replicator } = core.core
    const makePeer = replicator._makePeer.bind(replicator)
    replicator._makePeer = (muxer) => {
      const isMade = makePeer(muxer)
      // It is told of the state when it opens, before there is an event.
      const channel = muxer.getLastChannel({ protocol: PROTOCOL, id: core.discoveryKey })
      if (isMade && channel) this.watch(channel.userData as Hypercore.Peer)
      return isMade
    }
    const moved = () => {
      this.isStuck = false
      this.changed()
    }
    core.on('append', moved)
    core.on('truncate', moved)
    core.on('download', () => this.changed())
    core.on('peer-remove', (peer: Hypercore.Peer) => {
      this.unheard.delete(peer)
      this.untold.delete(peer)
      this.changed()
    })
    core.on('close', () => this.stopTimer())
    this.changed()
  }

  private get isWhole(): boolean {
    return this.core.contiguousLength === this.core.length
  }

  private isSource(peer: Hypercore.Peer): boolean {
    return peer.remoteFork === this.core.fork && peer.remoteContiguousLength >= this.core.length
  }

  /** A state is ahead of this one, and the peer has not all of it. */
  private isPart(peer: Hypercore.Peer, { fork, length }: Hypercore.Sync): boolean {
    const isAhead = fork > this.core.fork || (fork === this.core.fork && length > this.core.length)
    return isAhead && peer.remoteContiguousLength < length
  }

  private watch(peer: Hypercore.Peer): void {
    const hear = peer.onsync.bind(peer)
    peer.onsync = async (message) => {
      // guard: whole index: a state is taken from those who have all of it
      if (this.isPart(peer, message)) return void this.unheard.set(peer, message)
      this.unheard.delete(peer)
      this.heard.set(peer, message)
      await hear(message)
    }
    const range = peer.onrange.bind(peer)
    peer.onrange = async (message) => {
      await range(message)
      this.changed()
    }
    const tell = peer.sendSync.bind(peer)
    peer.sendSync = () => {
      // guard: whole index: nobody is told of a state that is not whole
      if (!this.isWhole && !this.isStuck && !this.isSource(peer)) return void this.untold.add(peer)
      this.untold.delete(peer)
      tell()
    }
  }

  private changed(): void {
    if (this.core.closing) return
    for (const [peer, message] of this.unheard) if (!this.isPart(peer, message)) void peer.onsync(message)
    if (this.isWhole) this.isStuck = false
    if (this.isWhole || this.isStuck) return this.settle()
    // guard: whole index: a state is not given up while somebody has it
    if (this.core.peers.some((peer) => this.isSource(peer))) return this.stopTimer()
    // guard: whole index: a state is given up when nobody has it any more
    this.timer ??= setTimeout(() => void this.goBack(), this.patienceMs)
  }

  private stopTimer(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private settle(): void {
    this.stopTimer()
    if (this.isWhole) void this.remember()
    for (const peer of this.untold) peer.signalUpgrade()
  }

  private async remember(): Promise<void> {
    const { fork, length, state } = this.core
    if (length === 0 || (this.last?.fork === fork && this.last.length === length)) return
    this.last = { fork, length, signature: state.signature.toString('hex') }
    // The store may be closed meanwhile. The next process then keeps it when it opens the core.
    await this.core.setUserData(USER_DATA, Buffer.from(JSON.stringify(this.last))).catch(() => {})
  }

  private async goBack(): Promise<void> {
    this.timer = null
    const { core, last } = this
    const { length = 0, fork = core.fork } = last ?? {}
    // Peers that are ahead would bring the same state back.
    for (const peer of core.peers) {
      const message = this.heard.get(peer)
      if (!message || (message.fork <= fork && message.length <= length)) continue
      this.unheard.set(peer, message)
      peer.remoteLength = 0
      peer.remoteFork = 0
    }
    try {
      if (core.contiguousLength < length) throw new Error('blocks of the last whole state are gone')
      await core.truncate(length, { fork, ...(last && { signature: Buffer.from(last.signature, 'hex') }) })
    } catch {
      // It was replaced, not continued. The seed stays as it is until somebody has more.
      this.isStuck = true
    }
    this.changed()
  }
}
