import { FoundPeers } from './found-peers.js'
import {
  encodeAnswers,
  encodeQuestions,
  isLanPacket,
  LanTopic,
  MAX_ANSWERS,
  MAX_QUESTIONS,
  newLanName,
  readLanPacket,
  type LanAnswers,
  type LanOffer,
  type LanQuestions
} from './lan-message.js'
import { FIRST_PORT, lanInterfaces, LanSocket, type LanInterface, type LanSender } from './lan-socket.js'
import { decodeKey } from './site-key.js'
import { WorkAllowance } from './work-allowance.js'

/** What a process wants of a site: that others find it here, to find others, or both. */
export interface LanMode {
  announce: boolean
  find: boolean
}

export interface LanParts {
  /** By which peers know this process. */
  publicKey: Buffer
  /** Where this process listens for peers; null: it does not listen yet. */
  port(): number | null
  /** Is called with peers that have a site. A peer is told of again and again. */
  onPeer(key: string, publicKey: Buffer, address: LanSender): void
  /** @default those of the machine */
  interfaces?: (() => LanInterface[]) | undefined
}

/** How long after it was joined a site is asked for, and then how often. Milliseconds. */
const ASK_AFTER_MS = [0, 1_000, 3_000, 9_000, 27_000]
const ASK_EVERY_MS = 60_000
/** How many packets of questions are sent at once, and when the next ones follow. Milliseconds. */
const PACKETS_AT_ONCE = 4
const NEXT_PACKETS_MS = 1_000
/** How often the interfaces are looked at. Milliseconds. */
const REFRESH_MS = 5_000
/** Packets of one machine that are read, at once and in a second. */
const PACKETS_OF_A_SENDER = [64, 32] as const
const MAX_SENDERS = 256
/** Work that all packets may cause, at once and in a second, and what one costs at most, without and for each site. Microseconds. */
const WORK = [200_000, 100_000] as const
const PACKET_COST = 500
const HASH_COST = 4

interface Joined extends LanMode {
  key: string
  topic: LanTopic
  /** The hash for it in questions of this process. */
  tag: string
  /** How often it was asked for. */
  asked: number
  askAt: number
}

/**
 * Finds peers that have the same sites in the local network, by multicast DNS. Needs no other machine and no internet.
 *
 * Being unable to is a normal state: nothing here throws, and nothing keeps the process alive.
 */
export class LanDiscovery {
  private readonly parts: LanParts
  private readonly interfaces: () => LanInterface[]
  private readonly joined = new Map<string, Joined>()
  private byTag = new Map<string, Joined>()
  private sockets: LanSocket[] = []
  private name = newLanName()
  private readonly found = new FoundPeers()
  private readonly work = new WorkAllowance(...WORK)
  private readonly senders = new Map<string, WorkAllowance>()
  private refreshing: NodeJS.Timeout | undefined
  private asking: NodeJS.Timeout | undefined
  private isClosed = false

  constructor(parts: LanParts) {
    this.parts = parts
    this.interfaces = parts.interfaces ?? lanInterfaces
  }

  get interfaceCount(): number {
    return this.sockets.length
  }

  /** Announces a site, looks for peers that have it, or both. */
  join(key: string, mode: LanMode): void {
    if (this.isClosed) return
    const before = this.joined.get(key)
    const topic = before?.topic ?? new LanTopic(decodeKey(key))
    const joined = {
      key,
      topic,
      announce: mode.announce || before?.announce === true,
      find: mode.find || before?.find === true,
      tag: topic.tagFor(this.name),
      asked: 0,
      askAt: performance.now()
    }
    this.joined.set(key, joined)
    this.byTag.set(joined.tag, joined)
    this.refreshing ??= this.startRefreshing()
    this.planQuestions()
  }

  close(): void {
    this.isClosed = true
    clearInterval(this.refreshing)
    clearTimeout(this.asking)
    for (const socket of this.sockets.splice(0)) socket.close()
  }

  private startRefreshing(): NodeJS.Timeout {
    this.refresh()
    return setInterval(() => this.refresh(), REFRESH_MS).unref()
  }

  /** Interfaces come and go while a process runs. */
  private refresh(): void {
    const now = this.interfaces()
    const isThere = (lan: LanInterface) =>
      now.some(({ address, cidr }) => address === lan.address && cidr === lan.cidr)
    const open = this.sockets.filter((socket) => !socket.isClosed && isThere(socket.interface))
    const added = now.filter(({ address }) => !open.some((socket) => socket.interface.address === address))
    if (added.length === 0 && open.length === this.sockets.length) return
    for (const socket of this.sockets) if (!open.includes(socket)) socket.close()
    // Who meets this machine in another network must not recognise it.
    // guard: lan: a process has another name in another network
    if (this.sockets.length > 0) this.rename()
    this.sockets = [...open, ...added.map((lan) => this.openSocket(lan))]
  }

  private openSocket(lan: LanInterface): LanSocket {
    const socket: LanSocket = new LanSocket(lan, {
      ready: () => this.askAnew(),
      packet: (packet, from, isMulticast) => this.hear(socket, packet, from, isMulticast)
    })
    return socket
  }

  private rename(): void {
    this.name = newLanName()
    this.byTag = new Map()
    for (const joined of this.joined.values()) {
      joined.tag = joined.topic.tagFor(this.name)
      this.byTag.set(joined.tag, joined)
    }
  }

  private askAnew(): void {
    for (const joined of this.joined.values()) Object.assign(joined, { asked: 0, askAt: performance.now() })
    this.planQuestions()
  }

  private planQuestions(waitAtLeastMs = 0): void {
    clearTimeout(this.asking)
    const next = Math.min(...[...this.joined.values()].map(({ find, askAt }) => (find ? askAt : Infinity)))
    if (next === Infinity || this.isClosed) return
    const waitMs = Math.max(next - performance.now(), waitAtLeastMs)
    this.asking = setTimeout(() => this.ask(), waitMs).unref()
  }

  private ask(): void {
    const now = performance.now()
    const due = [...this.joined.values()]
      .filter(({ find, askAt }) => find && askAt <= now)
      .slice(0, MAX_QUESTIONS * PACKETS_AT_ONCE)
    for (const joined of due) {
      joined.asked++
      joined.askAt = now + nextQuestionMs(joined.asked)
    }
    for (const some of groupsOf(MAX_QUESTIONS, due)) {
      const packet = encodeQuestions(
        this.name,
        some.map(({ tag }) => tag)
      )
      for (const socket of this.sockets) socket.multicast(packet)
    }
    this.planQuestions(NEXT_PACKETS_MS)
  }

  private hear(socket: LanSocket, packet: Buffer, from: LanSender, isMulticast: boolean): void {
    if (!isLanPacket(packet) || this.isClosed) return
    // guard: lan: one machine does not take the time for the others
    if (!this.allowanceOf(from.host).take(1)) return
    // guard: lan: packets cause bounded work
    if (!this.work.take(PACKET_COST + this.joined.size * HASH_COST)) return
    const message = readLanPacket(packet)
    if (message?.kind === 'questions') this.hearQuestions(socket, message, from, isMulticast)
    else if (message?.kind === 'answers') this.hearAnswers(message, from)
  }

  private allowanceOf(host: string): WorkAllowance {
    const known = this.senders.get(host)
    if (known) return known
    if (this.senders.size >= MAX_SENDERS) this.senders.clear()
    const allowance = new WorkAllowance(...PACKETS_OF_A_SENDER)
    this.senders.set(host, allowance)
    return allowance
  }

  private hearQuestions(
    socket: LanSocket,
    { id, asker, tags }: LanQuestions,
    from: LanSender,
    isMulticast: boolean
  ): void {
    // guard: lan: a process does not answer itself
    if (asker === this.name) return
    const wanted = new Set(tags)
    const known = [...this.joined.values()].flatMap(({ topic, announce, find, tag }) => {
      const theirs = topic.tagFor(asker)
      return wanted.has(theirs) ? { topic, announce, find, theirs, ours: tag } : []
    })
    this.answer(
      socket,
      id,
      asker,
      from,
      known.filter(({ announce }) => announce)
    )
    // Who has a site and comes later than this process is asked back. Who is answered connects here anyway.
    const ours = known.filter(({ announce, find }) => find && !announce).map((each) => each.ours)
    if (isMulticast && ours.length > 0) socket.send(encodeQuestions(this.name, ours), from)
  }

  private answer(
    socket: LanSocket,
    id: number,
    asker: string,
    to: LanSender,
    known: { topic: LanTopic; theirs: string }[]
  ): void {
    const port = this.parts.port()
    if (port === null) return
    const { address } = socket.interface
    const offer: LanOffer = { port, publicKey: this.parts.publicKey }
    for (const some of groupsOf(MAX_ANSWERS, known)) {
      const answers = some.map(({ topic, theirs: tag }) => ({
        tag,
        asker,
        sealed: topic.seal(asker, address, offer)
      }))
      socket.send(encodeAnswers(id, answers), to)
    }
  }

  private hearAnswers({ answers }: LanAnswers, { host }: LanSender): void {
    for (const { asker, tag, sealed } of answers) {
      const joined = asker === this.name ? this.byTag.get(tag) : undefined
      if (!joined?.find) continue
      const offer = joined.topic.unseal(this.name, host, sealed)
      if (!offer) continue
      // guard: lan: a process does not dial itself
      if (offer.publicKey.equals(this.parts.publicKey)) continue
      // guard: lan: no service is dialled
      if (offer.port < FIRST_PORT) continue
      if (!this.found.admits(joined.key, offer.publicKey, host)) continue
      this.parts.onPeer(joined.key, offer.publicKey, { host, port: offer.port })
    }
  }
}

function nextQuestionMs(asked: number): number {
  const [before, next] = [ASK_AFTER_MS[asked - 1], ASK_AFTER_MS[asked]]
  return before !== undefined && next !== undefined ? next - before : ASK_EVERY_MS
}

function groupsOf<T>(size: number, items: T[]): T[][] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size))
}
