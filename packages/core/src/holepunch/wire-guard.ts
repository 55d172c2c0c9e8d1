import type { Duplex } from 'node:stream'
import type Hyperswarm from 'hyperswarm'
import Protomux from 'protomux'
import { messageOf } from '../error.js'
import { guardCore, type GuardedConnection } from './core-guard.js'
import { readFrame } from './mux-frame.js'
import { offenders, type Offenders } from './offenders.js'
import { WorkAllowance } from './work-allowance.js'
import {
  REDUNDANT_PER_SECOND,
  MAX_ALL_PAGES,
  MAX_REDUNDANT_AT_ONCE,
  MAX_PAGES,
  WORK_AT_ONCE,
  WORK_IN_A_FRAME,
  WORK_PER_SECOND
} from './wire-limits.js'

// Every connection on which we replicate goes through here, before anything else listens on it. What a peer may send is in
// docs/how-it-works.md; the numbers are in `wire-limits.ts`.

/** A connection to another peer. */
export interface WireConnection extends Duplex {
  remotePublicKey: Buffer
  rawStream?: { remoteHost?: string | null }
  userData?: unknown
}

/** Estimated costs in microseconds: a look into the store whether we have that core; a message of a channel of ours. */
const OPEN_COST = 30
const MESSAGE_COST = 100

const CORE_PROTOCOL = 'hypercore/alpha'

/** Pages that the connections of this process keep, by connection. */
const pagesOf = new Map<GuardedMux, number>()
let allPages = 0

/**
 * Bounds what the peer at the other end can make us do. Calling it again does nothing.
 *
 * A peer that disconnect a rule is disconnected; the third time it is not let in for a while.
 *
 * @param ledger who broke rules before @default that of the process
 * @returns false when that peer is not let in at present: the connection has been ended
 */
export function guardWire(connection: WireConnection, ledger: Offenders = offenders): boolean {
  if (connection.userData instanceof GuardedMux) return true
  if (ledger.isRefused(connection.remotePublicKey, hostOf(connection))) {
    connection.on('error', () => {})
    connection.destroy(new Error('this peer broke the rules too often and is not let in for a while'))
    return false
  }
  // Whoever replicates takes the muxer that it finds on the stream. Another one would not be guarded.
  if (connection.userData) throw new Error('The connection is in use before it is guarded.')
  connection.userData = new GuardedMux(connection, ledger)
  return true
}

/** Ends a connection whose peer said something that no honest peer says, and counts that. */
export function disconnectOffender(connection: WireConnection | Duplex, rule: string): void {
  const { userData } = connection as WireConnection
  if (userData instanceof GuardedMux) userData.disconnect(rule)
  else connection.destroy(new Error(rule))
}

/** Hears nothing of a peer until the function that is returned is called. What it said meanwhile is heard then. */
export function pauseWire(connection: WireConnection): () => void {
  const { userData } = connection
  if (!(userData instanceof GuardedMux)) return () => {}
  userData.pauseReading()
  return () => userData.resumeReading()
}

/** Does not even shake hands with those that are not let in. */
export function refuseOffenders(server: Hyperswarm.Server, ledger: Offenders = offenders): void {
  const { firewall } = server
  server.firewall = (publicKey, payload, address) =>
    ledger.isRefused(publicKey, address?.host) || firewall(publicKey, payload, address)
}

class GuardedMux extends Protomux implements GuardedConnection {
  private readonly connection: WireConnection
  private readonly ledger: Offenders
  private readonly work = new WorkAllowance(WORK_AT_ONCE, WORK_PER_SECOND)
  private readonly redundantMessages = new WorkAllowance(MAX_REDUNDANT_AT_ONCE, REDUNDANT_PER_SECOND)
  private frameWork = 0
  private debtMs = 0
  private pauses = 0
  private readonly heldFrames: Uint8Array[] = []
  private isReading = false
  isEnded = false

  constructor(connection: WireConnection, ledger: Offenders) {
    super(connection)
    this.connection = connection
    this.ledger = ledger
    connection.on('close', () => this.reservePages(-(pagesOf.get(this) ?? 0)))
  }

  get isDrained(): boolean {
    return this.drained
  }

  disconnect(rule: string): null {
    if (this.isEnded) return null
    this.isEnded = true
    // Before it is known who is there, nothing can have been read.
    this.ledger.record(this.connection.remotePublicKey, hostOf(this.connection))
    this.destroy(new Error(`the peer sent what no peer sends: ${rule}`))
    return null
  }

  spend(microseconds: number, isNew = true): boolean {
    if (this.isEnded) return false
    this.frameWork += microseconds
    this.debtMs = this.work.spend(microseconds)
    // guard: wire: no frame costs more than a second
    if (this.frameWork > WORK_IN_A_FRAME) this.disconnect('more in one frame than can be done in a second')
    // guard: wire: who says nothing new is cut off
    else if (!isNew && this.redundantMessages.spend(1) > 0) this.disconnect('many messages that say nothing')
    return !this.isEnded
  }

  /** Hears nothing more, until `resumeReading` was called as often. What has come already waits. */
  pauseReading(): void {
    this.pauses++
    this.connection.pause()
  }

  resumeReading(): void {
    this.pauses--
    while (this.pauses === 0 && !this.isEnded) {
      const frame = this.heldFrames.shift()
      if (!frame) return void this.connection.resume()
      this.read(frame)
    }
  }

  reservePages(count: number): boolean {
    const before = pagesOf.get(this) ?? 0
    const pages = Math.max(before + count, 0)
    allPages += pages - before
    if (pages > 0) pagesOf.set(this, pages)
    else pagesOf.delete(this)
    // guard: wire: what peers claim to have takes bounded memory
    if (pages > MAX_PAGES) {
      this.disconnect(`claims about blocks that take ${pages} pages to remember`)
      return false
    }
    if (allPages > MAX_ALL_PAGES) disconnectLargest()
    return !this.isEnded
  }

  /** Without a count: it may be honest, and only one too many. */
  disconnectForMemory(): void {
    this.isEnded = true
    this.destroy(new Error('there is no memory left for what this peer says it has'))
  }

  override createChannel(options: Protomux.ChannelOptions): Protomux.Channel | null {
    const { protocol, messages } = options
    if (protocol !== CORE_PROTOCOL) {
      const guarded = (messages ?? []).map((message) => ({
        ...message,
        onmessage: this.withCost(message.onmessage)
      }))
      return super.createChannel({ ...options, messages: guarded })
    }
    const { ondrain, onclose } = options
    const guard = guardCore(messages ?? [], this)
    return super.createChannel({
      ...options,
      messages: guard.messages,
      ondrain: (channel) => {
        const drained = ondrain?.(channel)
        guard.onDrain()
        return drained
      },
      onclose: (isRemote, channel) => {
        guard.onClose()
        return onclose?.(isRemote, channel)
      }
    })
  }

  private withCost(onmessage: Protomux.MessageOptions['onmessage']): Protomux.MessageOptions['onmessage'] {
    return (message, channel) => (this.spend(MESSAGE_COST) ? onmessage?.(message, channel) : null)
  }

  /** @internal The parts of Protomux below are private to it: every frame, and every error in reading one, passes them. */
  override _ondata(frame: Uint8Array): void {
    if (this.isEnded) return
    if (this.pauses === 0) return this.read(frame)
    // Protomux lets a stream flow again for reasons of its own.
    this.heldFrames.push(frame)
    this.connection.pause()
  }

  private read(frame: Uint8Array): void {
    this.frameWork = 0
    this.debtMs = 0
    const { violation, opens } = readFrame(frame)
    if (violation) return void this.disconnect(violation)
    // guard: wire: opening channels is work
    if (opens > 0 && !this.spend(opens * OPEN_COST)) return
    this.isReading = true
    try {
      super._ondata(frame)
    } finally {
      this.isReading = false
    }
    if (this.debtMs === 0 || this.isEnded) return
    this.pauseReading()
    setTimeout(() => this.resumeReading(), this.debtMs).unref()
  }

  /** @internal Protomux throws some errors once more, where nobody can catch them: a peer could end this process. */
  override _safeDestroy(error: unknown): void {
    // Later, in what hypercore does with a message, it may be a fault of ours.
    const isPeerFault = this.isReading && (error as { name?: unknown } | null)?.name !== 'HypercoreError'
    // guard: wire: no error of a frame leaves its connection
    if (isPeerFault) this.disconnect(messageOf(error))
    else this.destroy(error instanceof Error ? error : new Error(messageOf(error)))
  }

  /** @internal */
  override _warn(): void {
    // Of a channel that is closed.
  }
}

function disconnectLargest(): void {
  let largest: GuardedMux | null = null
  for (const [mux, pages] of pagesOf) if (!largest || pages > (pagesOf.get(largest) ?? 0)) largest = mux
  if (!largest) return
  largest.reservePages(-(pagesOf.get(largest) ?? 0))
  largest.disconnectForMemory()
}

function hostOf({ rawStream }: WireConnection): string | null {
  return rawStream?.remoteHost ?? null
}
