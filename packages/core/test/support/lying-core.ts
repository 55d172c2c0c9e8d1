/** Lets a core speak otherwise than it thinks, over every connection that comes after; null: honestly. */
export interface Tongue {
  /** The head that it claims to have. */
  head?: (head: { length: number; fork: number }) => { length: number; fork: number }
  /** It claims to have every block, and hands out none. */
  isHollow?: boolean
}

/** The parts of hypercore's inside that are made to lie. */
export interface InnerCore {
  state: { length: number; fork: number }
  replicator: { _makePeer(muxer: Muxer): unknown }
}
interface Muxer {
  createChannel(options: unknown): Channel | null
}
interface Channel {
  messages: { send(message: never): boolean }[]
}
interface SyncMessage {
  fork: number
  length: number
}
interface DataMessage {
  request: number
  block: unknown
}
/** Places of the messages in hypercore's protocol. */
const [SYNC, DATA, NO_DATA, RANGE] = [0, 3, 4, 8]
const NOT_AVAILABLE = 2

/**
 * Makes a core lie over every connection that begins from now on.
 *
 * @param tongueOf asked at each connection; undefined: it speaks honestly
 */
export function makeLiable(core: InnerCore, tongueOf: () => Tongue | undefined): void {
  const { replicator } = core
  const makePeer = replicator._makePeer.bind(replicator)
  replicator._makePeer = (muxer) => {
    const tongue = tongueOf()
    if (!tongue) return makePeer(muxer)
    const createChannel = muxer.createChannel.bind(muxer)
    muxer.createChannel = (options) => {
      const channel = createChannel(options)
      if (channel) bend(channel, tongue, core)
      return channel
    }
    try {
      return makePeer(muxer)
    } finally {
      muxer.createChannel = createChannel
    }
  }
}

function bend({ messages }: Channel, { head, isHollow }: Tongue, { state }: InnerCore): void {
  const sending = (place: number) => {
    const message = messages[place] as { send(message: unknown): boolean }
    const send = message.send.bind(message)
    return { message, send }
  }
  const sync = sending(SYNC)
  const range = sending(RANGE)
  sync.message.send = (said) => {
    const honest = said as SyncMessage
    const isSent = sync.send({ ...honest, ...head?.(honest) })
    if (isHollow && state.length > 0) range.send({ drop: false, start: 0, length: state.length })
    return isSent
  }
  if (!isHollow) return
  const data = sending(DATA)
  const noData = sending(NO_DATA)
  data.message.send = (said) => {
    const { request, block } = said as DataMessage
    return block ? noData.send({ request, reason: NOT_AVAILABLE }) : data.send(said)
  }
}
