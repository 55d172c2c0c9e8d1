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

// Every replicating connection is guarded here before any other code listens on it. docs/how-it-works.md describes what a peer
// may send; the limits are in `wire-limits.ts`.

/** A connection to another peer. */
export interface WireConnection extends Duplex {
  remotePublicKey: Buffer
  rawStream?: { remoteHost?: string | null }
  userData?: unknown
}

/** Estimated costs in microseconds: a lookup of a core in the store, and a message on one of our own channels. */
const OPEN_COST = 30
const MESSAGE_COST = 100

const CORE_PROTOCOL = 'hypercore/alpha'

/** The number of bitfield pages that are kept for each connection of this process. */
const pagesOf = new Map<GuardedMux, number>()
let allPages = 0

/**
 * Limits the work and memory that a peer can cause. A second call for the same connection does nothing.
 *
 * A peer that breaks a rule is disconnected. After the third offence it is refused for some time.
 *
 * @param ledger counts the offences @default that of the process
 * @returns false when the peer is refused at present, and the connection has ended
 */
export function guardWire(connection: WireConnection, ledger: Offenders = offenders): boolean {
  if (connection.userData instanceof GuardedMux) return true
  if (ledger.isRefused(connection.remotePublicKey, hostOf(connection))) {
    connection.on('error', () => {})
    connection.destroy(new Error('this peer broke the rules too often and is not let in for a while'))
    return false
  }
  // Replication uses the muxer in `userData`. A muxer that exists already would not be guarded.
  if (connection.userData) throw new Error('The connection is in use before it is guarded.')
  connection.userData = new GuardedMux(connection, ledger)
  return true
}

/** Ends a connection because its peer broke a rule, and records the offence. */
export function disconnectOffender(connection: WireConnection | Duplex, rule: string): void {
  const { userData } = connection as WireConnection
  if (userData instanceof GuardedMux) userData.disconnect(rule)
  else connection.destroy(new Error(rule))
}

/** Stops reading from a peer. @returns resumes the reading; messages that arrived meanwhile are read then */
export function pauseWire(connection: WireConnection): () => void {
  const { userData } = connection
  if (!(userData instanceof GuardedMux)) return () => {}
  userData.pauseReading()
  return () => userData.resumeReading()
}

/** Makes a server refuse the handshake of offenders. */
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
    // The public key is known here, because nothing is read before the handshake.
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

  /** Stops reading until `resumeReading` is called as often as this. Frames that have arrived wait. */
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

  /** Records no offence: the peer may be honest. */
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

  /** @internal Overrides a private method of Protomux that receives every frame. */
  override _ondata(frame: Uint8Array): void {
    if (this.isEnded) return
    if (this.pauses === 0) return this.read(frame)
    // Protomux itself may have resumed the stream.
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

  /** @internal Protomux rethrows some errors where no code can catch them, so a peer could end this process. */
  override _safeDestroy(error: unknown): void {
    // An error after the reading, or one of hypercore, may be our own fault.
    const isPeerFault = this.isReading && (error as { name?: unknown } | null)?.name !== 'HypercoreError'
    // guard: wire: no error of a frame leaves its connection
    if (isPeerFault) this.disconnect(messageOf(error))
    else this.destroy(error instanceof Error ? error : new Error(messageOf(error)))
  }

  /** @internal */
  override _warn(): void {
    // Protomux warns about messages on closed channels. That is normal here.
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
