import type Protomux from 'protomux'
import {
  wrongBitfield,
  wrongData,
  wrongExtension,
  wrongRange,
  wrongRequest,
  wrongSync,
  wrongWant,
  type Bitfield,
  type Cancel,
  type Data,
  type Extension,
  type Range,
  type Request,
  type Sync,
  type Want
} from './core-messages.js'
import { ANSWER_BYTES, MAX_FORKS, MAX_WAITING, PAGE_BLOCKS } from './wire-limits.js'

/** The connection as its channels see it. */
export interface GuardedConnection {
  /** Ends the connection and records an offence of the peer. @param rule what the peer did */
  disconnect(rule: string): null
  /**
   * Charges the cost of a message to the peer.
   *
   * @param isNew false: the message has no new information, and counts as redundant
   * @returns false when the peer is over its limit, and the connection has ended
   */
  spend(microseconds: number, isNew?: boolean): boolean
  /**
   * Adds to the bitfield pages that are kept for the peer; a negative count frees pages.
   *
   * @returns false when the peer is over its limit, and the connection has ended
   */
  reservePages(count: number): boolean
  readonly isDrained: boolean
  /** The connection has ended. The rest of its last frame is not read. */
  readonly isEnded: boolean
  cork(): void
  uncork(): void
}

type Handler = (message: never, channel: Protomux.Channel) => unknown

/** The time that hypercore needs for each message, in microseconds, measured on a small machine. */
const COST = {
  sync: 20,
  fork: 1_000,
  noData: 60,
  push: 400,
  want: 30,
  cancel: 1,
  range: 30,
  page: 20,
  extension: 10
}

/**
 * Checks each message on the channel of one core before hypercore handles it.
 *
 * @param messages hypercore's handlers, in the order of its protocol
 * @returns the handlers with the checks added, and callbacks for the channel's `drain` and `close`
 */
export function guardCore(
  messages: Protomux.MessageOptions[],
  connection: GuardedConnection
): { messages: Protomux.MessageOptions[]; onDrain(): void; onClose(): void } {
  const guard = new CoreGuard(
    connection,
    messages.map(({ onmessage }) => (onmessage ?? (() => {})) as Handler)
  )
  const handlers = [
    guard.onSync,
    guard.onRequest,
    guard.onCancel,
    guard.onData,
    guard.onNoData,
    guard.onWant,
    guard.onUnwant,
    guard.onBitfield,
    guard.onRange,
    guard.onExtension
  ] as Protomux.MessageOptions['onmessage'][]
  return {
    messages: messages.map((message, place) => ({
      ...message,
      onmessage: handlers[place] ?? message.onmessage
    })),
    onDrain: () => guard.answerMore(),
    onClose: () => guard.close()
  }
}

const [SYNC, REQUEST, CANCEL, DATA, NO_DATA, WANT, UNWANT, BITFIELD, RANGE, EXTENSION] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9
]

class CoreGuard {
  private readonly connection: GuardedConnection
  private readonly handlers: Handler[]
  private readonly pages = new Set<number>()
  private readonly waiting = new Map<number, Request>()
  private wants: Want[] = []
  private channel: Protomux.Channel | null = null
  private answering = 0
  private highestFork = 0
  private forks = 0
  private isClosed = false

  constructor(connection: GuardedConnection, handlers: Handler[]) {
    this.connection = connection
    this.handlers = handlers
  }

  readonly onSync = (message: Sync, channel: Protomux.Channel): unknown => {
    // guard: wire: a peer cannot claim any length
    const wrong = wrongSync(message)
    if (wrong) return this.connection.disconnect(wrong)
    let cost = COST.sync
    const peer = peerOf(channel)
    const isNew = message.length !== peer?.remoteLength || message.fork !== peer.remoteFork
    if (message.fork > this.highestFork) {
      this.highestFork = message.fork
      if (++this.forks > MAX_FORKS) return this.connection.disconnect(`${this.forks} forks of one core`)
      cost += COST.fork
    }
    return this.connection.spend(cost, isNew) && this.handle(SYNC, message, channel)
  }

  /** Hypercore reads answers into memory. So only a few are prepared at once, and none while the peer does not read. */
  readonly onRequest = (message: Request, channel: Protomux.Channel): unknown => {
    // guard: wire: a peer cannot ask for any place
    const wrong = wrongRequest(message)
    if (wrong) return this.connection.disconnect(wrong)
    this.channel = channel
    if (this.waiting.size === 0 && this.mayAnswer(channel)) return this.answer(message, channel)
    this.waiting.set(message.id, message)
    // guard: wire: requests that wait are bounded
    if (this.waiting.size <= MAX_WAITING) return null
    return this.connection.disconnect(`more than ${MAX_WAITING} requests that wait`)
  }

  readonly onCancel = (message: Cancel, channel: Protomux.Channel): unknown => {
    if (this.waiting.delete(message.request)) return null
    return this.connection.spend(COST.cancel) && this.handle(CANCEL, message, channel)
  }

  readonly onData = (message: Data, channel: Protomux.Channel): unknown => {
    // guard: wire: a peer cannot send any proof
    const wrong = wrongData(message)
    if (wrong) return this.connection.disconnect(wrong)
    // Hypercore also verifies data that was not requested when it is of a higher fork.
    const isPushed = message.request === 0 || message.fork > (peerOf(channel)?.core.state.fork ?? 0)
    if (isPushed && !this.connection.spend(COST.push)) return null
    return this.handle(DATA, message, channel)
  }

  readonly onNoData = (message: unknown, channel: Protomux.Channel): unknown =>
    this.connection.spend(COST.noData, false) && this.handle(NO_DATA, message, channel)

  /** The answer to a want of a few bytes can be a bitfield of 256 KB, so it waits until the connection is drained. */
  readonly onWant = (message: Want, channel: Protomux.Channel): unknown => {
    const wrong = wrongWant(message)
    if (wrong) return this.connection.disconnect(wrong)
    if (!this.connection.spend(COST.want)) return null
    this.channel = channel
    if (this.connection.isDrained) return this.handle(WANT, message, channel)
    this.wants.push(message)
    if (this.wants.length <= MAX_WAITING) return null
    return this.connection.disconnect(`more than ${MAX_WAITING} questions that wait`)
  }

  readonly onUnwant = (message: Want, channel: Protomux.Channel): unknown => {
    const wrong = wrongWant(message)
    if (wrong) return this.connection.disconnect(wrong)
    if (!this.connection.spend(COST.cancel)) return null
    if (this.wants.length > 0)
      this.wants = this.wants.filter(
        ({ start, length }) => start !== message.start || length !== message.length
      )
    return this.handle(UNWANT, message, channel)
  }

  readonly onBitfield = (message: Bitfield, channel: Protomux.Channel): unknown => {
    // guard: wire: a peer cannot send a bitfield of anywhere
    const wrong = wrongBitfield(message, knownLength(channel))
    if (wrong) return this.connection.disconnect(wrong)
    if (!this.connection.spend(COST.range + message.bitfield.length / 16)) return null
    const end = message.start + message.bitfield.length * 32
    return this.reserveBlocks(message.start, end) && this.handle(BITFIELD, message, channel)
  }

  readonly onRange = (message: Range, channel: Protomux.Channel): unknown => {
    // guard: wire: a peer cannot name blocks without end
    const wrong = wrongRange(message, knownLength(channel))
    if (wrong) return this.connection.disconnect(wrong)
    const { drop, start, length } = message
    const isNew = drop || length !== 1 || !peerOf(channel)?.remoteBitfield.get(start)
    if (!this.connection.spend(COST.range, isNew)) return null
    const isKept = start > 0 && !drop
    return (!isKept || this.reserveBlocks(start, start + length)) && this.handle(RANGE, message, channel)
  }

  readonly onExtension = (message: Extension, channel: Protomux.Channel): unknown => {
    // guard: wire: a peer cannot send any extension
    const wrong = wrongExtension(message)
    if (wrong) return this.connection.disconnect(wrong)
    const cost = COST.extension + message.message.length / 64
    return this.connection.spend(cost) && this.handle(EXTENSION, message, channel)
  }

  /** Answers waiting wants and requests as far as the limits allow. */
  answerMore(): void {
    const { channel } = this
    if (!channel || this.isClosed || (this.waiting.size === 0 && this.wants.length === 0)) return
    this.connection.cork()
    while (this.wants.length > 0 && this.connection.isDrained) this.handle(WANT, this.wants.shift(), channel)
    for (const [id, request] of this.waiting) {
      if (!this.mayAnswer(channel)) break
      this.waiting.delete(id)
      // As hypercore does with an error in a handler: it decides whether the connection ends.
      Promise.resolve(this.answer(request, channel)).catch((error: unknown) =>
        channel._decAndMaybeDestroy(error)
      )
    }
    this.connection.uncork()
  }

  close(): void {
    this.isClosed = true
    this.waiting.clear()
    this.wants = []
    this.connection.reservePages(-this.pages.size)
    this.pages.clear()
  }

  private mayAnswer(channel: Protomux.Channel): boolean {
    if (!this.connection.isDrained) return false
    if (this.answering < 2) return true
    const { length = 0, byteLength = 0 } = peerOf(channel)?.core.state ?? {}
    return this.answering * (byteLength / Math.max(length, 1)) < ANSWER_BYTES && this.answering < MAX_WAITING
  }

  private answer(message: Request, channel: Protomux.Channel): unknown {
    this.answering++
    const done = () => {
      this.answering--
      this.answerMore()
    }
    const answered = this.handle(REQUEST, message, channel)
    if (!(answered instanceof Promise)) {
      this.answering--
      return answered
    }
    return answered.finally(done)
  }

  /** Reserves the bitfield pages for a range of blocks. @returns false when the connection has ended */
  private reserveBlocks(start: number, end: number): boolean {
    const before = this.pages.size
    for (let page = Math.floor(start / PAGE_BLOCKS); page * PAGE_BLOCKS < end; page++) this.pages.add(page)
    const added = this.pages.size - before
    return added === 0 || (this.connection.reservePages(added) && this.connection.spend(COST.page * added))
  }

  private handle(place: number, message: unknown, channel: Protomux.Channel): unknown {
    return this.connection.isEnded ? null : this.handlers[place]?.(message as never, channel)
  }
}

/** Hypercore's object for the peer of a channel. */
interface CorePeer {
  remoteLength: number
  remoteFork: number
  remoteBitfield: { get(index: number): boolean }
  core: { state: { length: number; byteLength: number; fork: number } }
}

function peerOf(channel: Protomux.Channel): CorePeer | null {
  return channel.userData as CorePeer | null
}

function knownLength(channel: Protomux.Channel): number {
  const peer = peerOf(channel)
  return peer ? Math.max(peer.remoteLength, peer.core.state.length) : 0
}
