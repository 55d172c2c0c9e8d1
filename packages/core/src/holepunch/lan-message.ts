import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { AUTHORITATIVE_ANSWER, decode, encode, type Answer, type Packet } from 'dns-packet'

// What processes say to each other in a local network, as multicast DNS. A question names sites by hashes that only who knows a site's
// key can make, and the asking process by random digits. An answer goes to the asking process alone, sealed with the site's key.

/** The names of all questions and answers end with it. */
const SERVICE = '_sitedrive._udp.local'
/** The same in a packet: each label with its length before it. */
const SERVICE_BYTES = Buffer.from(
  SERVICE.split('.')
    .map((label) => String.fromCharCode(label.length) + label)
    .join('')
)
/** Larger packets are not read. A question takes 77 bytes, an answer with its question 223. */
const MAX_PACKET_BYTES = 1_400
/** How many questions are in one packet. */
export const MAX_QUESTIONS = 14
/** How many answers are in one packet. */
export const MAX_ANSWERS = 4
/** For how long others may keep an answer. Seconds; at most 10 for one that is no multicast (RFC 6762, 6.7). */
const TTL = 10
const NAME = new RegExp(`^([0-9a-f]{16})\\.([0-9a-f]{32})\\.${SERVICE.replaceAll('.', '\\.')}$`)
const CIPHER = 'chacha20-poly1305'
const IV_BYTES = 12
const MAC_BYTES = 16
const OFFER_BYTES = 34

/** Where a process listens. Its host is the sender of the packet. */
export interface LanOffer {
  port: number
  publicKey: Buffer
}

/** A site for which a process asks. */
interface LanName {
  tag: string
  /** The process that asks. */
  asker: string
}

export interface LanQuestions {
  kind: 'questions'
  id: number
  asker: string
  tags: string[]
}

export interface LanAnswers {
  kind: 'answers'
  answers: (LanName & { sealed: Buffer })[]
}

/** A site's key, for the local network. Who does not know the key can neither tell that a packet is about it, nor make such a packet. */
export class LanTopic {
  private readonly secret: Buffer

  /** @param key of the drive */
  constructor(key: Uint8Array) {
    this.secret = createHmac('sha256', key).update('sitedrive/lan/1').digest()
  }

  /** The hash that stands for the site in what a process asks. Other processes have other hashes. */
  tagFor(asker: string): string {
    return this.derive('ask', asker).toString('hex', 0, 8)
  }

  /** @param host the address that the answer is sent from */
  seal(asker: string, host: string, { port, publicKey }: LanOffer): Buffer {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(CIPHER, this.derive('answer', asker), iv, { authTagLength: MAC_BYTES })
    cipher.setAAD(Buffer.from(host), { plaintextLength: OFFER_BYTES })
    const offer = Buffer.alloc(2)
    offer.writeUInt16BE(port)
    const sealed = Buffer.concat([cipher.update(offer), cipher.update(publicKey), cipher.final()])
    return Buffer.concat([iv, sealed, cipher.getAuthTag()])
  }

  /** @returns null when it was not sealed with the site's key, for that asker and sender */
  unseal(asker: string, host: string, sealed: Buffer): LanOffer | null {
    if (sealed.length !== IV_BYTES + OFFER_BYTES + MAC_BYTES) return null
    const iv = sealed.subarray(0, IV_BYTES)
    const decipher = createDecipheriv(CIPHER, this.derive('answer', asker), iv, { authTagLength: MAC_BYTES })
    // guard: lan: an answer is of its sender's own address
    decipher.setAAD(Buffer.from(host), { plaintextLength: OFFER_BYTES })
    decipher.setAuthTag(sealed.subarray(-MAC_BYTES))
    try {
      const offer = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -MAC_BYTES)), decipher.final()])
      return { port: offer.readUInt16BE(), publicKey: offer.subarray(2) }
    } catch {
      return null
    }
  }

  private derive(purpose: string, asker: string): Buffer {
    return createHmac('sha256', this.secret).update(`${purpose} ${asker}`).digest()
  }
}

/** A name for a process. It says nothing of the machine. */
export function newLanName(): string {
  return randomBytes(16).toString('hex')
}

/** @param tags at most `MAX_QUESTIONS` */
export function encodeQuestions(asker: string, tags: string[]): Buffer {
  return encode({ type: 'query', questions: tags.map((tag) => questionOf({ tag, asker })) })
}

/** @param answers at most `MAX_ANSWERS` */
export function encodeAnswers(id: number, answers: LanAnswers['answers']): Buffer {
  return encode({
    type: 'response',
    id,
    flags: AUTHORITATIVE_ANSWER,
    // Who is answered alone expects its question in the answer (RFC 6762, 6.7).
    questions: answers.map(questionOf),
    answers: answers.map(({ sealed, ...name }) => ({ ...questionOf(name), ttl: TTL, data: [sealed] }))
  })
}

/** Whether a packet is about sitedrive, and not of one of the many others that use multicast DNS. */
export function isLanPacket(packet: Buffer): boolean {
  return packet.includes(SERVICE_BYTES)
}

/** @returns null for what no process of sitedrive sends */
export function readLanPacket(packet: Buffer): LanQuestions | LanAnswers | null {
  // guard: lan: long packets are not read
  if (packet.length > MAX_PACKET_BYTES) return null
  // The decoder makes arrays of these lengths before it looks further.
  const [questions = 0, answers = 0, authorities = 0, additionals = 0] = [4, 6, 8, 10].map((at) =>
    packet.length >= at + 2 ? packet.readUInt16BE(at) : Infinity
  )
  // guard: lan: records in one packet are bounded
  if (questions > MAX_QUESTIONS || answers > MAX_ANSWERS || authorities + additionals > 0) return null
  try {
    return messageOf(decode(packet))
  } catch {
    return null
  }
}

function messageOf({ type, id = 0, questions = [], answers = [] }: Packet): LanQuestions | LanAnswers | null {
  if (type === 'response') return { kind: 'answers', answers: answers.flatMap(answerOf) }
  const names = questions.flatMap((question) => (question.type === 'TXT' ? nameOf(question.name) : []))
  const asker = names[0]?.asker
  if (asker === undefined || names.some((name) => name.asker !== asker)) return null
  return { kind: 'questions', id, asker, tags: names.map(({ tag }) => tag) }
}

function answerOf(answer: Answer): LanAnswers['answers'] {
  if (answer.type !== 'TXT') return []
  const [sealed] = [answer.data].flat()
  return nameOf(answer.name).flatMap((name) => (Buffer.isBuffer(sealed) ? { ...name, sealed } : []))
}

function questionOf({ tag, asker }: LanName) {
  return { type: 'TXT', class: 'IN', name: `${tag}.${asker}.${SERVICE}` } as const
}

function nameOf(text: string): LanName[] {
  const [, tag, asker] = NAME.exec(text) ?? []
  return tag !== undefined && asker !== undefined ? [{ tag, asker }] : []
}
