import type { Duplex } from 'node:stream'
import BlindPeerMuxer from 'blind-peer-muxer'
import Protomux from 'protomux'
import { boundedJson } from './bounded-json.js'
import { decodeKey, encodeKey } from './site-key.js'
import { disconnectOffender } from './wire-guard.js'
import { MAX_CORES } from './wire-limits.js'

// One connection has two channels. `blind-peer` is the protocol of every blind peer, and asks it to keep cores. On
// `sitedrive/seed` the publisher also names the site of the cores, and a sitedrive peer answers whether it keeps them. A
// blind peer without this protocol does not open that channel.

const PROTOCOL = 'sitedrive/seed/1'

/** A message is two keys or one answer. Later versions may add fields, so the limit is higher than needed. */
const json = boundedJson(4_096)

/** The longest address of a mirror. Characters. */
const MAX_MIRROR = 512

/** The highest priority that a client may ask for. Blind peers reserve 2 for their own pins. */
const PRIORITY = 1

/** The two cores of a site, as a publisher names them. Keys are z-base-32. */
export interface SiteCores {
  site: string
  blobs: string
}

/** A seed's answer to a pin. */
export interface SeedAnswer {
  site: string
  /** `kept`: the seed fetches new blocks. Otherwise it fetches no more, and keeps what it has. */
  state: 'kept' | 'over quota' | 'refused'
  /** The quota of this publisher in bytes, for all its sites together; null: no limit. */
  quotaBytes: number | null
  usedBytes: number
  /** The web address where the seed shows the site; null: none. */
  mirror: string | null
  /** Problems of the site at the seed, one sentence each, for its publisher. Not set: no known problem. */
  problems?: string[]
}

/** The largest number of problems in one answer. */
export const MAX_PROBLEMS = 8
/** The longest problem. Characters. */
const MAX_PROBLEM_LENGTH = 1_000

/** A publisher's side of both channels. */
export class PinChannel {
  private readonly blindPeer: BlindPeerMuxer
  private readonly seed: Protomux.Channel | null

  constructor(stream: Duplex, onAnswer: (answer: SeedAnswer) => void) {
    this.blindPeer = new BlindPeerMuxer(stream)
    this.seed = Protomux.from(stream).createChannel({
      protocol: PROTOCOL,
      messages: [
        { encoding: json },
        { encoding: json, onmessage: (value) => isAnswer(value) && onAnswer(value) }
      ]
    })
    this.seed?.open()
  }

  /** Names the site of the cores. Must be sent before they are pinned. */
  introduce(cores: SiteCores): void {
    this.seed?.messages[0]?.send(cores)
  }

  /** Asks the seed to keep a core, and to announce it. */
  pin(key: Uint8Array, length: number): void {
    this.blindPeer.addCores({ cores: [{ key, length }], priority: PRIORITY, announce: true, referrer: null })
  }
}

/** The seed's handlers for the messages of a publisher. */
export interface PinHandlers {
  onIntroduction(cores: SiteCores): void
  /** @param core.announce the publisher asks the seed to announce the core in the DHT */
  onPin(core: { key: string; length: number; announce: boolean }): void
}

/** Opens a seed's side of both channels. @returns sends an answer to the publisher, if its channel is open */
export function acceptPins(stream: Duplex, handlers: PinHandlers): (answer: SeedAnswer) => void {
  let answerTo: Protomux.Message | undefined
  let isPaired = false
  BlindPeerMuxer.pair(stream, () => {
    // Once per connection: a second muxer on the stream would throw and end this process.
    if (isPaired) return void stream.destroy()
    isPaired = true
    new BlindPeerMuxer(stream, {
      oncores: ({ cores, announce }) => {
        // guard: wire: cores in one message are bounded
        if (cores.length > MAX_CORES) return disconnectOffender(stream, `${cores.length} cores at once`)
        for (const { key, length } of cores) handlers.onPin({ key: encodeKey(key), length, announce })
      }
    })
  })
  const muxer = Protomux.from(stream)
  muxer.pair({ protocol: PROTOCOL }, () => {
    const channel = muxer.createChannel({
      protocol: PROTOCOL,
      messages: [
        { encoding: json, onmessage: (value) => isIntroduction(value) && handlers.onIntroduction(value) },
        { encoding: json }
      ]
    })
    channel?.open()
    answerTo = channel?.messages[1]
  })
  return (answer) => void answerTo?.send(answer)
}

// The messages come from unknown peers, so every field is checked.
function isIntroduction(value: unknown): value is SiteCores {
  const { site, blobs } = (value ?? {}) as Record<string, unknown>
  return isKey(site) && isKey(blobs)
}

function isAnswer(value: unknown): value is SeedAnswer {
  const { site, state, quotaBytes, usedBytes, mirror, problems } = (value ?? {}) as Record<string, unknown>
  return (
    isKey(site) &&
    ['kept', 'over quota', 'refused'].includes(String(state)) &&
    (quotaBytes === null || isBytes(quotaBytes)) &&
    isBytes(usedBytes) &&
    // guard: wire: a mirror's address is one
    (mirror === null || isWebAddress(mirror)) &&
    (problems === undefined || isProblems(problems))
  )
}

function isProblems(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= MAX_PROBLEMS &&
    value.every((problem) => typeof problem === 'string' && problem.length <= MAX_PROBLEM_LENGTH)
  )
}

function isBytes(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

/** The address is shown to people, so spaces, control characters and bidirectional characters are not allowed. */
function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_MIRROR && /^https?:\/\/[\x21-\x7e]+$/.test(value)
}

function isKey(value: unknown): value is string {
  try {
    return typeof value === 'string' && encodeKey(decodeKey(value)) === value
  } catch {
    return false
  }
}
