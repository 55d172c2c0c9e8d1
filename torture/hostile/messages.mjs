import c from 'compact-encoding'
import { wire } from 'hypercore/lib/messages.js'
import { Extension } from 'hyperbee/lib/messages.js'
import { CORE_MESSAGES } from './attacker.mjs'

const [SYNC, REQUEST, CANCEL, DATA, NO_DATA, WANT, UNWANT, BITFIELD, RANGE, EXTENSION] = CORE_MESSAGES.keys()
/** The largest number that the encodings write. */
const WHOLE = 2 ** 53 - 1

/**
 * What a message is made from.
 *
 * @typedef {object} Mouth
 * @property {import('./attacker.mjs').Line} line
 * @property {object} core the open channel of a core
 * @property {object | null} blindPeer
 * @property {object | null} seed
 * @property {Buffer[]} keys of cores
 * @property {boolean} isAbsurd whether numbers may be such that no honest peer says them
 */

/**
 * Sends one message.
 *
 * @typedef {(mouth: Mouth, random: import('../support/random.mjs').Random) => void} Kind
 */

/** @type {Record<string, Kind>} the kinds on the channel of a core, by name */
export const ON_A_CORE = {
  sync: (mouth, random) =>
    send(mouth, SYNC, {
      fork: number(mouth, random),
      length: number(mouth, random),
      remoteLength: number(mouth, random),
      canUpgrade: random.chance(0.5),
      uploading: random.chance(0.5),
      downloading: random.chance(0.5)
    }),
  'request for a block': (mouth, random) =>
    send(mouth, REQUEST, { ...request(mouth, random), block: place(mouth, random) }),
  'request for a hash': (mouth, random) =>
    send(mouth, REQUEST, { ...request(mouth, random), hash: place(mouth, random) }),
  'request for a byte': (mouth, random) =>
    send(mouth, REQUEST, {
      ...request(mouth, random),
      seek: { bytes: number(mouth, random), padding: number(mouth, random) }
    }),
  'request for an upgrade': (mouth, random) =>
    send(mouth, REQUEST, {
      ...request(mouth, random),
      upgrade: { start: number(mouth, random), length: number(mouth, random) },
      manifest: random.chance(0.3)
    }),
  cancel: (mouth, random) => send(mouth, CANCEL, { request: number(mouth, random) }),
  'a block': (mouth, random) =>
    send(mouth, DATA, {
      ...data(mouth, random),
      block: {
        index: number(mouth, random),
        value: random.bytes(random.pick([0, 1, 100, 60_000])),
        nodes: nodes(mouth, random)
      }
    }),
  'a hash': (mouth, random) =>
    send(mouth, DATA, {
      ...data(mouth, random),
      hash: { index: number(mouth, random), nodes: nodes(mouth, random) }
    }),
  'an upgrade': (mouth, random) =>
    send(mouth, DATA, { ...data(mouth, random), upgrade: upgrade(mouth, random) }),
  'an upgrade by nothing': (mouth, random) =>
    send(mouth, DATA, {
      ...data(mouth, random),
      fork: mouth.line.fork + random.between(1, 9),
      upgrade: {
        start: 0,
        length: mouth.isAbsurd ? 0 : 1,
        nodes: [{ index: 0, size: 1, hash: random.bytes(32) }],
        additionalNodes: [],
        signature: random.bytes(64)
      }
    }),
  'a manifest': (mouth, random) =>
    send(mouth, DATA, {
      ...data(mouth, random),
      upgrade: upgrade(mouth, random),
      manifest: manifest(mouth, random)
    }),
  'no data': (mouth, random) =>
    send(mouth, NO_DATA, { request: number(mouth, random), reason: random.between(0, 9) }),
  want: (mouth, random) => send(mouth, WANT, want(mouth, random)),
  unwant: (mouth, random) => send(mouth, UNWANT, want(mouth, random)),
  bitfield: (mouth, random) =>
    send(mouth, BITFIELD, {
      start: mouth.isAbsurd ? number(mouth, random) : 32 * random.between(0, 64),
      bitfield: new Uint32Array(random.pick([0, 1, 32, 1_024, mouth.isAbsurd ? 70_000 : 2_048])).fill(
        random.between(0, 0xffffffff)
      )
    }),
  range: (mouth, random) =>
    send(mouth, RANGE, {
      drop: random.chance(0.3),
      start: number(mouth, random),
      length: number(mouth, random)
    }),
  'an extension of any name': (mouth, random) =>
    send(mouth, EXTENSION, {
      name: mouth.isAbsurd ? 'x'.repeat(random.between(0, 10_000)) : random.pick(['', 'x', 'hyperbee']),
      message: random.bytes(random.pick([0, 1, 1_000, mouth.isAbsurd ? 200_000 : 10]))
    }),
  'a hint to a preview': (mouth, random) =>
    send(mouth, EXTENSION, { name: 'sitedrive/preview/1', message: string(text(mouth, random)) }),
  'what a Hyperbee asks its peers': (mouth, random) =>
    send(mouth, EXTENSION, { name: 'hyperbee', message: string(beeExtension(mouth, random)) })
}

/** @type {Record<string, Kind>} all kinds, by name */
export const MESSAGES = {
  ...ON_A_CORE,
  'cores for a blind peer': (mouth, random) => {
    const count = random.pick([0, 1, 3, 40, mouth.isAbsurd ? 2_000 : 2])
    mouth.blindPeer?.messages[0].send({
      referrer: random.chance(0.3) ? random.bytes(32) : null,
      priority: number(mouth, random),
      announce: random.chance(0.5),
      cores: Array.from({ length: count }, () => ({
        key: random.chance(0.3) ? random.pick(mouth.keys) : random.bytes(32),
        length: number(mouth, random)
      }))
    })
  },
  'words on the channel of seeds': (mouth, random) =>
    mouth.seed?.messages[random.between(0, 1)].send(Buffer.from(text(mouth, random))),
  'a message with other bytes': (mouth, random) => {
    const bytes = plainMessage(mouth, random)
    for (let change = random.between(1, 3); change > 0; change--)
      bytes[random.between(0, bytes.length - 1)] = random.between(0, 255)
    frame(mouth, bytes)
  },
  'a part of a message': (mouth, random) => {
    const bytes = plainMessage(mouth, random)
    frame(mouth, bytes.subarray(0, random.between(1, bytes.length)))
  },
  'a message many times': (mouth, random) => {
    const bytes = plainMessage(mouth, random)
    for (let time = 0; time < 20; time++) frame(mouth, bytes)
  },
  'a message on a channel that is not there': (mouth, random) =>
    frame(mouth, concat(uint(random.pick([7, 77, 2 ** 31, WHOLE])), uint(random.between(0, 12)))),
  'a message of a type that is not there': (mouth, random) =>
    frame(mouth, concat(uint(1), uint(random.pick([10, 11, 255, WHOLE])), random.bytes(20))),
  'an opened channel': (mouth, random) =>
    frame(
      mouth,
      concat(
        [0, 1],
        uint(random.pick([0, 4, 5, 6, mouth.isAbsurd ? WHOLE : 7])),
        string(
          random.pick(['x', 'hypercore', 'hypercore/alpha', 'blind-peer', 'sitedrive/seed/1', 'corestore'])
        ),
        string(random.bytes(random.pick([0, 32, 32, mouth.isAbsurd ? 5_000 : 32]))),
        random.bytes(random.pick([0, 1, 33]))
      )
    ),
  'a thousand channels': (mouth, random) => {
    const from = random.between(4, 40)
    for (let id = from; id < from + (mouth.isAbsurd ? 1_000 : 20); id++)
      frame(mouth, concat([0, 1], uint(id), string('x'), string(uint(id))))
  },
  'a closed or rejected channel': (mouth, random) =>
    frame(mouth, concat([0, random.between(2, 3)], uint(mouth.isAbsurd ? random.between(0, 9) : 9_999))),
  batches: (mouth, random) => {
    const depth = mouth.isAbsurd ? random.pick([1, 2, 20_000]) : 1
    const inner = concat(uint(1), string(concat(uint(SYNC), random.bytes(6))))
    frame(mouth, concat(Buffer.alloc(3 * depth - 1, Buffer.from([0, 0, 3])), inner))
  },
  noise: (mouth, random) =>
    frame(mouth, random.bytes(random.pick([1, 2, 3, 10, 100, mouth.isAbsurd ? 1_000_000 : 1_000])))
}

/** Numbers that this protocol has limits for, and some that are nothing but large. */
function number({ line: { length }, isAbsurd }, random) {
  const kinds = isAbsurd ? { near: 3, limit: 2, power: 2, most: 1 } : { near: 12, limit: 1 }
  const kind = random.pickByWeight(kinds)
  if (kind === 'near') return random.between(0, 2 * length + 2)
  if (kind === 'limit')
    return random.pick([32_767, 32_768, 2 ** 21, 2 ** 26, 2 ** 27]) - (isAbsurd ? random.between(-1, 1) : 1)
  if (kind === 'power') return 2 ** random.between(20, 52)
  return WHOLE
}

function place(mouth, random) {
  return { index: number(mouth, random), nodes: number(mouth, random) }
}

function request(mouth, random) {
  return {
    id: random.between(0, 5_000),
    fork: random.chance(0.8) ? mouth.line.fork : number(mouth, random),
    block: null,
    hash: null,
    seek: null,
    upgrade: null,
    manifest: false,
    priority: random.between(0, 3)
  }
}

function data(mouth, random) {
  const asked = mouth.line.requests.at(-1)
  return {
    request: asked && random.chance(0.5) ? asked.id : number(mouth, random),
    fork: random.chance(0.7)
      ? (asked?.fork ?? mouth.line.fork)
      : Math.min(mouth.line.fork + number(mouth, random), WHOLE),
    block: null,
    hash: null,
    seek: null,
    upgrade: null,
    manifest: null
  }
}

function nodes(mouth, random) {
  return Array.from({ length: random.pick([0, 1, 5, mouth.isAbsurd ? 500 : 100]) }, () => ({
    index: number(mouth, random),
    size: number(mouth, random),
    hash: random.bytes(32)
  }))
}

function upgrade(mouth, random) {
  return {
    start: number(mouth, random),
    length: mouth.isAbsurd && random.chance(0.2) ? 0 : Math.max(number(mouth, random), 1),
    nodes: nodes(mouth, random),
    additionalNodes: nodes(mouth, random),
    signature: random.bytes(random.pick([0, 64, 66, mouth.isAbsurd ? 100_000 : 200]))
  }
}

function manifest(mouth, random) {
  const signers = random.pick([0, 1, 3, mouth.isAbsurd ? 400 : 10])
  return {
    version: random.between(0, 2),
    hash: 'blake2b',
    allowPatch: random.chance(0.5),
    quorum: random.between(0, signers),
    signers: Array.from({ length: signers }, () => ({
      signature: 'ed25519',
      namespace: random.bytes(32),
      publicKey: random.bytes(32)
    })),
    prologue: random.chance(0.3) ? { hash: random.bytes(32), length: number(mouth, random) } : null,
    linked: random.chance(0.2) ? [random.bytes(32)] : null,
    userData: random.chance(0.2) ? random.bytes(100) : null
  }
}

function want(mouth, random) {
  return { start: number(mouth, random), length: number(mouth, random), any: random.chance(0.5) }
}

/** Hyperbee's own extension. A peer that has it looks up keys for others, and fetches what others name. */
function beeExtension(mouth, random) {
  const version = random.between(1, mouth.line.length + 1)
  return Extension.encode(
    random.pick([
      {
        cache: {
          blocks: Array.from({ length: random.between(1, 50) }, () => number(mouth, random)),
          start: number(mouth, random),
          end: number(mouth, random)
        }
      },
      { get: { version, key: random.bytes(random.between(0, 30)) } },
      {
        iterator: {
          version,
          gte: Buffer.alloc(0),
          lte: Buffer.alloc(9, 0xff),
          limit: 0,
          reverse: false,
          active: random.chance(0.5),
          checkpoint: [random.between(0, 9), random.between(0, 9)]
        }
      }
    ])
  )
}

function text(mouth, random) {
  const key = 'y'.repeat(52)
  return random.pick([
    '',
    '{',
    'null',
    '[]',
    '{"building":true}',
    '{"state":"building","building":1e308}',
    '['.repeat(mouth.isAbsurd ? 60_000 : 1_000),
    `{"site":"${key}","blobs":"${key}"}`,
    `{"site":"${key}","blobs":"${key}"}${' '.repeat(10_000)}`,
    JSON.stringify({
      site: key,
      state: 'kept',
      quotaBytes: -1,
      usedBytes: 1e300,
      mirror: '\u001b[2Jhttps://x'
    }),
    JSON.stringify({ __proto__: null, constructor: { prototype: { x: 1 } } }),
    random.bytes(40).toString('latin1')
  ])
}

/** A message as it is sent, on the channel that was opened first. */
function plainMessage(mouth, random) {
  const type = random.pick([SYNC, CANCEL, NO_DATA, WANT, UNWANT, RANGE])
  const message = {
    [SYNC]: () => ({
      fork: number(mouth, random),
      length: number(mouth, random),
      remoteLength: 0,
      canUpgrade: true,
      uploading: true,
      downloading: true
    }),
    [CANCEL]: () => ({ request: number(mouth, random) }),
    [NO_DATA]: () => ({ request: number(mouth, random), reason: 1 }),
    [WANT]: () => want(mouth, random),
    [UNWANT]: () => want(mouth, random),
    [RANGE]: () => ({ drop: false, start: number(mouth, random), length: number(mouth, random) })
  }[type]()
  return concat(uint(1), uint(type), c.encode(wire[CORE_MESSAGES[type]], message))
}

function send({ core }, type, message) {
  core.messages[type].send(message)
}

function frame({ line }, bytes) {
  line.frame(bytes)
}

function uint(value) {
  return c.encode(c.uint, value)
}

function string(value) {
  const bytes = Buffer.from(value)
  return concat(uint(bytes.length), bytes)
}

function concat(...parts) {
  return Buffer.concat(parts.map((part) => Buffer.from(part)))
}
