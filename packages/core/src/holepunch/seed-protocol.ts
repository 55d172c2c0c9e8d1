import type { Duplex } from 'node:stream'
import BlindPeerMuxer from 'blind-peer-muxer'
import Protomux from 'protomux'
import { boundedJson } from './bounded-json.js'
import { decodeKey, encodeKey } from './site-key.js'
import { disconnectOffender } from './wire-guard.js'
import { MAX_CORES } from './wire-limits.js'

// Two channels on one connection. `blind-peer` is the one that every blind peer speaks: "keep these cores". On
// `sitedrive/seed` a sitedrive peer also hears which site the cores belong to and answers whether it keeps them; a blind
// peer that does not know it leaves it closed.

const PROTOCOL = 'sitedrive/seed/1'

/** Two keys or one answer. A sender of a later version may say more. */
const json = boundedJson(4_096)

/** Longer than any host name with a key in it. */
const MAX_MIRROR = 512

/** Blind peers give pins of priority 2 to themselves; 1 is the most that a client may ask for. */
const PRIORITY = 1

/** The two cores of a site, as a publisher names them. Keys are z-base-32. */
export interface SiteCores {
  site: string
  blobs: string
}

/** What a seed says of a pin. */
export interface SeedAnswer {
  site: string
  /** `kept`: it keeps what it is sent. Else it takes no more; what it has stays. */
  state: 'kept' | 'over quota' | 'refused'
  /** Bytes that this publisher may have there in all; null: no limit. */
  quotaBytes: number | null
  usedBytes: number
  /** Where the seed shows the site on the web. */
  mirror: string | null
  /** What is wrong with the site there, in words for its publisher. None: nothing that it knows of. */
  problems?: string[]
}

/** At most so many are told, */
export const MAX_PROBLEMS = 8
/** and none is longer than so many characters. */
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

  /** Says which site the cores belong to; before they are pinned. */
  introduce(cores: SiteCores): void {
    this.seed?.messages[0]?.send(cores)
  }

  /** Asks the seed to keep a core, and to announce it. */
  pin(key: Uint8Array, length: number): void {
    this.blindPeer.addCores({ cores: [{ key, length }], priority: PRIORITY, announce: true, referrer: null })
  }
}

/** What a seed does with the messages of a publisher. */
export interface PinHandlers {
  onIntroduction(cores: SiteCores): void
  /** @param announce the publisher would like it to be found by others */
  onPin(core: { key: string; length: number; announce: boolean }): void
}

/** A seed's side of both channels. @returns sends an answer to the publisher, when it listens */
export function acceptPins(stream: Duplex, handlers: PinHandlers): (answer: SeedAnswer) => void {
  let answerTo: Protomux.Message | undefined
  let isPaired = false
  BlindPeerMuxer.pair(stream, () => {
    // Once for each connection: opening the channel twice is no way to end this process.
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

// Both come from strangers.
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

/** It is shown to people: a space, a control character or one that turns the line around is in no address. */
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
