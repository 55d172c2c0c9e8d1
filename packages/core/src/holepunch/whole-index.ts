import type Hypercore from 'hypercore'

/** How long a seed waits for the rest of an index. */
export interface Patience {
  /** The least time without a peer that has it. A publisher that lost its connection comes back sooner. Milliseconds. */
  leastMs: number
  /** The longest time without such a peer: what took long to come is not thrown away so soon. Milliseconds. */
  mostMs: number
  /** The longest time without a new block from peers that say they have it. Milliseconds. */
  silentMs: number
}

const PATIENCE: Patience = { leastMs: 2_000, mostMs: 30_000, silentMs: 60_000 }
/** The place of the last whole head, kept with the core. */
const USER_DATA = 'sitedrive/whole-head'
/** By core, however many sessions are open on it. */
const wholes = new WeakMap<Hypercore.Core, WholeIndex>()
const changedClasses = new WeakSet<Hypercore.Peer>()

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
 * - When those who had it are gone, or send nothing of it, the index goes back to its last whole state, with the signature that
 *   was kept of it. No publisher was ever told that the newer state is here, since it was not. One that comes back sends it again.
 */
export function keepIndexWhole(core: Hypercore, patience: Patience = PATIENCE): void {
  core.ready().then(
    () => new WholeIndex(core, patience).begin(),
    () => {} // whoever opens the core is told
  )
}

class WholeIndex {
  private readonly core: Hypercore
  private readonly patience: Patience
  /** Its length is 0 where there was none. null: not known. */
  private last: Head | null = null
  private keeping = Promise.resolve()
  /** Since when the present state is here in part, by `performance.now()`. */
  private partSince: number | null = null
  /** The last message of each peer about its state, where it is not heard yet. */
  private readonly unheard = new Map<Hypercore.Peer, Hypercore.Sync>()
  private readonly heard = new WeakMap<Hypercore.Peer, Hypercore.Sync>()
  /** Peers that wait to be told of the present state. */
  private readonly untold = new Set<Hypercore.Peer>()
  /** Peers that said they have a state, and did not send it. By peer, the state. */
  private readonly silent = new WeakMap<Hypercore.Peer, string>()
  private timer: NodeJS.Timeout | null = null
  private isForSource = false
  private lastBlockAt = 0
  /** There is no whole state to go back to. */
  private isStuck = false
  /** The last whole state was looked up. */
  private hasBegun = false

  constructor(core: Hypercore, patience: Patience) {
    this.core = core
    this.patience = patience
  }

  begin(): void {
    const { core } = this
    if (wholes.has(core.core)) return
    wholes.set(core.core, this)
    watchPeers(core.core.replicator.constructor.Peer.prototype)
    const moved = () => {
      this.isStuck = false
      this.partSince = null
      this.changed()
    }
    core.on('append', moved)
    core.on('truncate', moved)
    core.on('download', () => {
      this.lastBlockAt = performance.now()
      this.changed()
    })
    core.on('peer-remove', (peer: Hypercore.Peer) => {
      this.unheard.delete(peer)
      this.untold.delete(peer)
      this.changed()
    })
    core.on('close', () => this.stopTimer())
    void this.readLast().then(() => {
      this.hasBegun = true
      this.changed()
    })
  }

  private async readLast(): Promise<void> {
    try {
      const kept = await this.core.getUserData(USER_DATA)
      this.last ??= kept && parseHead(kept.toString())
    } catch {
      // The core is closed already, or what was kept is damaged. Then it is not known.
    }
  }

  private get isWhole(): boolean {
    return this.core.contiguousLength === this.core.length
  }

  private isSource(peer: Hypercore.Peer): boolean {
    const { fork, length } = this.core
    return peer.remoteFork === fork && this.holdsAll(peer, fork, length)
  }

  private holdsAll(peer: Hypercore.Peer, fork: number, length: number): boolean {
    return peer.remoteContiguousLength >= length && this.silent.get(peer) !== nameOf(fork, length)
  }

  /** A state is ahead of this one, and the peer has not all of it. */
  private isPart(peer: Hypercore.Peer, { fork, length }: Hypercore.Sync): boolean {
    const isAhead = fork > this.core.fork || (fork === this.core.fork && length > this.core.length)
    return isAhead && !this.holdsAll(peer, fork, length)
  }

  async hear(peer: Hypercore.Peer, message: Hypercore.Sync, hear: () => Promise<void>): Promise<void> {
    // guard: whole index: a state is taken from those who have all of it
    if (this.isPart(peer, message)) return void this.unheard.set(peer, message)
    this.unheard.delete(peer)
    this.heard.set(peer, message)
    await hear()
    this.changed()
  }

  tell(peer: Hypercore.Peer, tell: () => void): void {
    // guard: whole index: nobody is told of a state that is not whole
    if (!this.isWhole && !this.isStuck && !this.isSource(peer)) return void this.untold.add(peer)
    this.untold.delete(peer)
    tell()
  }

  changed(): void {
    if (!this.hasBegun || this.core.closing) return
    for (const [peer, message] of this.unheard) {
      if (this.isPart(peer, message)) continue
      // As hypercore does with an error in a handler.
      peer.onsync(message).catch((error: unknown) => peer.stream.destroy(error as Error))
    }
    if (this.isWhole) this.isStuck = false
    if (this.isWhole || this.isStuck) return this.settle()
    // guard: whole index: a state is not given up while somebody has it
    this.wait(this.core.peers.some((peer) => this.isSource(peer)))
  }

  private wait(isForSource: boolean): void {
    if (this.timer && this.isForSource === isForSource) return
    this.stopTimer()
    const now = performance.now()
    this.partSince ??= now
    const { leastMs, mostMs, silentMs } = this.patience
    const untilSilentMs = silentMs - (now - Math.max(this.lastBlockAt, this.partSince))
    const goneMs = Math.min(Math.max(leastMs, now - this.partSince), mostMs)
    this.isForSource = isForSource
    // guard: whole index: a state is given up when nobody has it any more
    this.timer = setTimeout(
      () => void this.timeIsOver(),
      isForSource ? untilSilentMs : Math.min(goneMs, untilSilentMs)
    )
  }

  private async timeIsOver(): Promise<void> {
    const isSilent = performance.now() - this.lastBlockAt >= this.patience.silentMs
    this.timer = null
    // A block has come since.
    if (this.isForSource && !isSilent) return this.changed()
    await this.goBack()
  }

  private stopTimer(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private settle(): void {
    this.stopTimer()
    if (this.isWhole) this.remember()
    for (const peer of this.untold) peer.signalUpgrade()
  }

  private remember(): void {
    const { fork, length, state } = this.core
    if (this.last?.fork === fork && this.last.length === length) return
    const last = { fork, length, signature: length === 0 ? '' : state.signature.toString('hex') }
    this.last = last
    this.keeping = this.keeping.then(async () => {
      try {
        await this.core.setUserData(USER_DATA, Buffer.from(JSON.stringify(last)))
      } catch {
        // The store may be closed meanwhile. Else it is tried again with the next event.
        if (this.last === last) this.last = null
      }
    })
  }

  private async goBack(): Promise<void> {
    const { core, last } = this
    const { mutex } = core.state
    // What waits for the lock may complete the state, or bring another one.
    const { fork: forkBefore, length: lengthBefore } = core
    while (mutex.locked) {
      try {
        await mutex.lock()
      } catch {
        return // the core is closed
      }
      mutex.unlock()
    }
    if (core.closing) return
    if (this.isWhole || core.fork !== forkBefore || core.length !== lengthBefore) return this.changed()
    // A peer that says it has all, and sends nothing, would keep this seed from telling anything.
    for (const peer of core.peers) {
      // guard: whole index: who does not send what it says it has is not waited for without end
      if (this.isSource(peer)) this.silent.set(peer, nameOf(core.fork, core.length))
    }
    // Without any state, hypercore 11.37.1 has fork 0. At a higher one it would ask peers at a lower one without end.
    const { length, fork } = last?.length ? last : { length: 0, fork: 0 }
    // Peers that are ahead would bring the same state back.
    for (const peer of core.peers) {
      const message = this.heard.get(peer)
      if (!message || (message.fork <= fork && message.length <= length)) continue
      this.unheard.set(peer, message)
      peer.remoteLength = 0
      peer.remoteFork = 0
    }
    try {
      if (last === null) throw new Error('the last whole state is not known')
      if (core.contiguousLength < length) throw new Error('blocks of the last whole state are gone')
      if (length > 0) await core.truncate(length, { fork, signature: Buffer.from(last.signature, 'hex') })
      // guard: whole index: without any whole state, the seed begins anew
      else await core.state.truncate(0, 0)
    } catch {
      // It was replaced, not continued. The seed stays as it is until somebody has more.
      this.isStuck = true
    }
    this.changed()
  }
}

/** All peers have the same class, so it is changed once: a channel may be open, or asked for, before its core is kept whole. */
function watchPeers(peers: Hypercore.Peer): void {
  if (changedClasses.has(peers)) return
  changedClasses.add(peers)
  const { onsync, onrange, sendSync } = peers
  peers.onsync = function (message) {
    const hear = () => onsync.call(this, message)
    return wholes.get(this.core)?.hear(this, message, hear) ?? hear()
  }
  peers.onrange = async function (message) {
    await onrange.call(this, message)
    wholes.get(this.core)?.changed()
  }
  peers.sendSync = function () {
    const tell = () => sendSync.call(this)
    const whole = wholes.get(this.core)
    if (whole) whole.tell(this, tell)
    else tell()
  }
}

function nameOf(fork: number, length: number): string {
  return `${length} of ${fork}`
}

/** @throws when it is none */
function parseHead(text: string): Head {
  const { fork, length, signature } = JSON.parse(text) as Record<string, unknown>
  if (!Number.isSafeInteger(fork) || !Number.isSafeInteger(length) || typeof signature !== 'string')
    throw new Error('no head')
  return { fork: Number(fork), length: Number(length), signature }
}
