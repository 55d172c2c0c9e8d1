import { randomBytes } from 'node:crypto'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import Hyperswarm from 'hyperswarm'
import { discoveryKey, keyPair } from 'hypercore-crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Address } from '../src/holepunch/bootstrap.js'
import { openFollower, type FollowedDrive } from '../src/holepunch/follower.js'
import { decodeKey, encodeKey } from '../src/holepunch/site-key.js'
import { Network } from '../src/holepunch/network.js'
import { SeedDialler } from '../src/holepunch/seed-link.js'
import { MAX_BLOCKS } from '../src/holepunch/wire-limits.js'
import { Attacker, type Attack, type Mouth } from './support/attacker.js'
import { localDht, ownSeed, vanillaSeed } from './support/seeds.js'
import { tempDir, until } from './support/workshop.js'

type Lie = [what: string, tell: (mouth: Mouth, attack: Attack) => void]

const NODE = { index: 0, size: 1, hash: Buffer.alloc(32) }
const UPGRADE = { start: 0, length: 1, nodes: [NODE], additionalNodes: [], signature: Buffer.alloc(64) }
const DATA = { request: 0, fork: 0, block: null, hash: null, seek: null, upgrade: null, manifest: null }
const SYNC = { fork: 0, length: 3, remoteLength: 0, canUpgrade: true, uploading: true, downloading: true }
const REQUEST = {
  id: 1,
  fork: 0,
  block: null,
  hash: null,
  seek: null,
  upgrade: null,
  manifest: false,
  priority: 0
}
/** Hyperbee's message that asks for the way to the key `x` in version 2. */
const LOOK_UP = '0712050802120178'
const SIGNER = { signature: 'ed25519', namespace: Buffer.alloc(32), publicKey: Buffer.alloc(32) }
const MANIFEST = { version: 1, hash: 'blake2b', quorum: 1, allowPatch: false, signers: [SIGNER] }

/** Numbers that would become seconds or hundreds of megabytes, and not more: where a guard is missing, a test fails and goes on. */
const FAR = 2 ** 28

const LIES: Lie[] = [
  ['blocks far beyond', ({ wireRange }) => wireRange.send({ drop: false, start: 1, length: FAR })],
  ['one block far beyond', ({ wireRange }) => wireRange.send({ drop: false, start: 2 ** 40, length: 1 })],
  [
    'more blocks from the first on',
    ({ wireRange }) => wireRange.send({ drop: false, start: 0, length: FAR })
  ],
  ['dropping what never was', ({ wireRange }) => wireRange.send({ drop: true, start: 2 ** 40, length: 5 })],
  [
    'a bitfield far beyond',
    ({ wireBitfield }) => wireBitfield.send({ start: FAR, bitfield: new Uint32Array(32) })
  ],
  [
    'a bitfield between words',
    ({ wireBitfield }) => wireBitfield.send({ start: 5, bitfield: new Uint32Array(1) })
  ],
  [
    'a long bitfield',
    ({ wireBitfield }) => wireBitfield.send({ start: 0, bitfield: new Uint32Array(65_600) })
  ],
  ['wanting far beyond', ({ wireWant }) => wireWant.send({ start: 2 ** 40, length: 32, any: true })],
  ['wanting very much', ({ wireWant }) => wireWant.send({ start: 0, length: 2 ** 40, any: true })],
  [
    'wanting no more what is far beyond',
    ({ wireUnwant }) => wireUnwant.send({ start: 2 ** 40, length: 32, any: true })
  ],
  ['a long core', ({ wireSync }) => wireSync.send({ ...SYNC, length: 2 ** 40 })],
  ['that we have a long core', ({ wireSync }) => wireSync.send({ ...SYNC, remoteLength: 2 ** 40 })],
  [
    'asking for a block far beyond',
    ({ wireRequest }) => wireRequest.send({ ...REQUEST, block: { index: 2 ** 40, nodes: 0 } })
  ],
  [
    'asking for a long path',
    ({ wireRequest }) => wireRequest.send({ ...REQUEST, block: { index: 0, nodes: 2 ** 20 } })
  ],
  [
    'asking for a node far beyond',
    ({ wireRequest }) => wireRequest.send({ ...REQUEST, hash: { index: 2 ** 40, nodes: 1 } })
  ],
  [
    'asking for a long upgrade',
    ({ wireRequest }) => wireRequest.send({ ...REQUEST, upgrade: { start: 0, length: 2 ** 40 } })
  ],
  [
    'an upgrade by nothing',
    ({ wireData }) => wireData.send({ ...DATA, fork: 5, upgrade: { ...UPGRADE, length: 0 } })
  ],
  [
    'a long upgrade',
    ({ wireData }) => wireData.send({ ...DATA, fork: 5, upgrade: { ...UPGRADE, length: 2 ** 40 } })
  ],
  [
    'a long proof',
    ({ wireData }) =>
      wireData.send({ ...DATA, fork: 5, upgrade: { ...UPGRADE, nodes: Array(200).fill(NODE) } })
  ],
  ['a node far beyond', ({ wireData }) => wireData.send({ ...DATA, hash: { index: 2 ** 40, nodes: [] } })],
  [
    'a block far beyond',
    ({ wireData }) => wireData.send({ ...DATA, block: { index: 2 ** 40, value: Buffer.alloc(1), nodes: [] } })
  ],
  [
    'a long signature',
    ({ wireData }) =>
      wireData.send({ ...DATA, fork: 5, upgrade: { ...UPGRADE, signature: Buffer.alloc(100_000) } })
  ],
  [
    'many signers',
    ({ wireData }) =>
      wireData.send({
        ...DATA,
        fork: 5,
        upgrade: UPGRADE,
        manifest: { ...MANIFEST, signers: Array(300).fill(SIGNER) }
      })
  ],
  [
    'a long name of an extension',
    ({ wireExtension }) => wireExtension.send({ name: 'x'.repeat(200), message: Buffer.alloc(1) })
  ],
  [
    'a long message of an extension',
    ({ wireExtension }) => wireExtension.send({ name: 'x', message: Buffer.alloc(70_000) })
  ],
  ['many times the same length', ({ wireSync }, attack) => many(attack, 110_000, () => wireSync.send(SYNC))],
  ['many forks', ({ wireSync }, attack) => many(attack, 5_000, (n) => wireSync.send({ ...SYNC, fork: n }))],
  [
    'many times the same block',
    ({ wireRange }, attack) =>
      many(attack, 450_000, () => wireRange.send({ drop: false, start: 1, length: 1 }))
  ],
  [
    'many answers that nobody asked for',
    ({ wireNoData }, attack) => many(attack, 250_000, (request) => wireNoData.send({ request, reason: 1 }))
  ],
  ['a batch within a batch', (_mouth, attack) => attack.frame(Buffer.from([0, 0, 0, 2, 0, 1]))],
  ['batches within batches', (_mouth, attack) => attack.frame(nested(20_000))],
  ['a channel of a long name', (_mouth, attack) => openChannel(attack, 'x'.repeat(1_000))],
  ['a channel of a long id', (_mouth, attack) => openChannel(attack, 'x', Buffer.alloc(1_000))],
  ['many channels', (_mouth, attack) => many(attack, 70_000, (n) => openChannel(attack, `x${n}`))],
  ['noise', (_mouth, attack) => attack.frame(Buffer.from([0, 1, 0xff]))]
]

describe('who sends what no honest peer sends', () => {
  test(
    'to a follower, is cut off, and the follower goes on',
    { tags: 'long', timeout: 180_000 },
    async () => {
      const { bootstrap, author, follower, network } = await followed()
      expect(await heardOut(LIES, bootstrap, network.publicKey, author.key)).toEqual([])
      await author.put('/after.txt', 'after')
      await until(
        async () => (await follower.pull(AbortSignal.timeout(5_000))).version === author.core.length
      )
      expect(author.connections()).toBeGreaterThan(0)
    }
  )

  test('to a seed, is cut off, and the seed goes on', { timeout: 180_000 }, async () => {
    const bootstrap = await localDht()
    const author = await openAuthor(bootstrap)
    const seed = await ownSeed(bootstrap)
    await seed.host.keep(author.key)
    await seed.host.keep(author.blobs)
    seed.host.announce(author.key)
    const isWhole = () => seed.host.sizeOf(author.key)?.contiguousLength === author.core.length
    await until(isWhole)
    const publicKey = decodeKey(seed.key)
    expect(await heardOut(LIES, bootstrap, publicKey, author.key)).toEqual([])
    await author.put('/after.txt', 'after')
    await until(isWhole)
  })

  test(
    'to a publisher that has dialled it as its seed, is cut off, and another seed is served',
    { tags: 'long', timeout: 180_000 },
    async () => {
      const { bootstrap, follower } = await followed()
      const identity = keyPair(randomBytes(32))
      const dialler = new SeedDialler(identity, bootstrap)
      onTestFinished(() => dialler.close())
      const honest = await vanillaSeed(bootstrap, [encodeKey(identity.publicKey)])
      const link = await dialler.dial(honest.key, 10_000)
      link.offer(follower, 'index')
      link.offer(follower, 'blobs')
      const unheard: string[] = []
      for (const [what, tell] of LIES) {
        const attacker = Attacker.open(bootstrap)
        await attacker.listen()
        const met = attacker.next()
        const hostile = await dialler.dial(encodeKey(attacker.identity.publicKey), 10_000)
        hostile.offer(follower, 'index')
        const attack = await met
        tell(await attack.on(follower.key), attack)
        await until(() => hostile.isClosed, 5_000).catch(() => unheard.push(what))
        hostile.close()
      }
      expect(unheard).toEqual([])
      await until(() => link.holding(follower, 'blobs')?.contiguousLength === follower.coreOf('blobs').length)
      expect(link.isClosed).toBe(false)
    }
  )

  test('is let in twice more, and then not for a while', async () => {
    const { bootstrap, author, network } = await followed()
    const attacker = Attacker.open(bootstrap)
    for (let time = 1; time <= 3; time++) {
      const attack = await attacker.dial(network.publicKey)
      const mouth = await attack?.on(author.key)
      mouth?.wireRange.send({ drop: false, start: 1, length: FAR })
      await until(() => attack?.isCut === true)
    }
    expect(await attacker.dial(network.publicKey)).toBeNull()
    expect(author.connections()).toBeGreaterThan(0)
  })
})

const OTHER = encodeKey(Buffer.alloc(32, 7))

describe('on the channels of seeds and publishers', () => {
  const junk: [string, Buffer][] = [
    ['no JSON', text('{')],
    ['long JSON', text(`{"site":"${OTHER}","blobs":"${OTHER}"}${' '.repeat(100_000)}`)],
    ['deep JSON', text('['.repeat(1_000_000))]
  ]

  test.each(junk)('%s from a publisher says nothing, and a seed goes on', async (_what, said) => {
    const bootstrap = await localDht()
    const author = await openAuthor(bootstrap)
    const heard: unknown[] = []
    const seed = await ownSeed(bootstrap, { introduced: (_publisher, cores) => heard.push(cores) })
    const attack = await Attacker.open(bootstrap).dial(decodeKey(seed.key))
    if (!attack) throw new Error('not let in')
    const wire = rawChannel(attack, 'sitedrive/seed/1')
    wire.send(said)
    wire.send(text(JSON.stringify({ site: author.key, blobs: author.blobs })))
    await until(() => heard.length > 0)
    expect(heard).toEqual([{ site: author.key, blobs: author.blobs }])
  })

  test.each(junk)('%s from a seed says nothing, and a publisher goes on', async (_what, said) => {
    const bootstrap = await localDht()
    const dialler = new SeedDialler(keyPair(randomBytes(32)), bootstrap)
    onTestFinished(() => dialler.close())
    const attacker = Attacker.open(bootstrap)
    await attacker.listen()
    const met = attacker.next()
    const link = await dialler.dial(encodeKey(attacker.identity.publicKey), 10_000)
    const answers: unknown[] = []
    Object.defineProperty(link, 'answer', {
      set: (said: unknown) => {
        answers.push(said)
      }
    })
    const wire = rawChannel(await met, 'sitedrive/seed/1', 1)
    const answer = {
      site: encodeKey(randomBytes(32)),
      state: 'kept',
      quotaBytes: null,
      usedBytes: 1,
      mirror: null
    }
    wire.send(said)
    // What is shown to people is an address or nothing.
    for (const mirror of ['https://a.example/\u001b[2J', `https://${'x'.repeat(600)}`, 'javascript:alert(1)'])
      wire.send(text(JSON.stringify({ ...answer, mirror })))
    wire.send(text(JSON.stringify({ ...answer, usedBytes: -1 })))
    wire.send(text(JSON.stringify(answer)))
    await until(() => answers.length > 0)
    expect(answers).toEqual([answer])
  })

  test('more cores in one message than a client of blind peers sends end the connection', async () => {
    const bootstrap = await localDht()
    const asked: string[] = []
    const seed = await ownSeed(bootstrap, { admits: (_publisher, { key }) => asked.push(key) < 0 })
    const attack = await Attacker.open(bootstrap).dial(decodeKey(seed.key))
    if (!attack) throw new Error('not let in')
    const cores = Array.from({ length: 1_025 }, () => Buffer.concat([randomBytes(32), Buffer.from([1])]))
    rawChannel(attack, 'blind-peer').send(Buffer.concat([Buffer.from([0, 0xfd, 0x01, 0x04]), ...cores]))
    await until(() => attack.isCut)
    expect(asked).toEqual([])
  })
})

test('an error that Protomux would throw where nobody can catch it ends the connection alone', async () => {
  const { bootstrap, author, follower, network } = await followed()
  // Hypercore's own `json` throws a SyntaxError.
  follower.coreOf('index').registerExtension('heard', { encoding: 'json', onmessage: () => {} })
  const attack = await Attacker.open(bootstrap).dial(network.publicKey)
  if (!attack) throw new Error('not let in')
  const mouth = await attack.on(author.key)
  mouth.wireExtension.send({ name: 'heard', message: Buffer.from('{') })
  await until(() => attack.isCut)
  expect(author.connections()).toBeGreaterThan(0)
})

test('what a Hyperbee asks its peers for is not looked up', async () => {
  const { bootstrap, author, follower, network } = await followed()
  for (let n = 0; n < 10; n++) await author.put(`/${n}.txt`, 'x')
  await until(() => follower.version === author.core.length)
  await follower.pull(AbortSignal.timeout(10_000))
  const attack = await Attacker.open(bootstrap).dial(network.publicKey)
  if (!attack) throw new Error('not let in')
  const answers: unknown[] = []
  const core = await attack.core(author.key)
  core.registerExtension('hyperbee', {
    encoding: 'binary',
    onmessage: (message) => void answers.push(message)
  })
  const { wireExtension } = await attack.on(author.key)
  wireExtension.send({ name: 'hyperbee', message: Buffer.from(LOOK_UP, 'hex') })
  // The answers to these are read from the same core, one after the other.
  for (let index = 0; index < author.core.length; index++) await core.get(index, { timeout: 10_000 })
  expect(answers).toEqual([])
})

test(
  'who says little at a time, and nothing new, is slowed down and then cut off',
  { timeout: 180_000 },
  async () => {
    const { bootstrap, author, network } = await followed()
    const attack = await Attacker.open(bootstrap).dial(network.publicKey)
    if (!attack) throw new Error('not let in')
    const { wireNoData } = await attack.on(author.key)
    for (let request = 1; !attack.isCut && request < 200_000; request++) {
      if (!wireNoData.send({ request, reason: 1 })) await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => attack.isCut, 30_000)
  }
)

test('a peer that does not read what it asks for is not remembered without end', async () => {
  const { bootstrap, author, follower, network } = await followed()
  await author.put('/large.bin', randomBytes(4_000_000))
  await until(() => follower.version === author.core.length)
  await follower.pull(AbortSignal.timeout(10_000))
  const attack = await Attacker.open(bootstrap).dial(network.publicKey)
  if (!attack) throw new Error('not let in')
  const mouth = await attack.on(author.blobs)
  attack.socket.pause()
  many(attack, 9_000, (id) => mouth.wireRequest.send({ ...REQUEST, id, block: { index: 1, nodes: 0 } }))
  await until(() => network.connections() === 1)
})

test(
  'what many peers claim to have takes no more memory than there is for it',
  { timeout: 180_000 },
  async () => {
    const { bootstrap, author, follower, network } = await followed()
    const attack = await Attacker.open(bootstrap).dial(network.publicKey)
    if (!attack) throw new Error('not let in')
    // Each claim alone may be true.
    for (const key of [author.key, author.blobs]) {
      const mouth = await attack.on(key)
      mouth.wireSync.send({ ...SYNC, length: MAX_BLOCKS })
      mouth.wireRange.send({ drop: false, start: 1, length: MAX_BLOCKS + 2 ** 21 - 1 })
    }
    await until(() => attack.isCut, 30_000)
    await author.put('/after.txt', 'after')
    await until(async () => (await follower.pull(AbortSignal.timeout(5_000))).version === author.core.length)
  }
)

test(
  'a vanilla peer with a large and sparse core is never cut off',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const bootstrap = await localDht()
    const author = await openAuthor(bootstrap)

    await author.append(20_000)
    const sparse = await openReader(bootstrap, author.key)
    let cut = 0
    sparse.network.onEnd(() => cut++)
    const core = sparse.drive.coreOf('index')

    await until(() => core.length === author.core.length)
    // Holes everywhere: its bitfield goes to the next one in pieces.
    const wanted = Array.from({ length: 400 }, (_, n) => n * 50)

    await Promise.all(wanted.map((index) => core.get(index, { timeout: 60_000 })))
    const second = await openReader(bootstrap, author.key)
    second.network.onEnd(() => cut++)
    const other = second.drive.coreOf('index')

    await until(() => other.length === author.core.length && other.peers.length === 2)
    await other.download({ start: 0, end: other.length }).done()

    expect(other.contiguousLength).toBe(other.length)
    expect(cut).toBe(0)
  }
)

/** @returns the lies after which the connection goes on */
async function heardOut(
  lies: Lie[],
  bootstrap: Address[],
  publicKey: Uint8Array,
  key: string
): Promise<string[]> {
  const unheard: string[] = []
  for (const [what, tell] of lies) {
    // Each by somebody else: who is cut off three times is not let in.
    const attack = await Attacker.open(bootstrap).dial(publicKey)
    if (!attack) throw new Error(`not let in for ${what}`)
    tell(await attack.on(key), attack)
    await until(() => attack.isCut, 5_000).catch(() => unheard.push(what))
    attack.socket.destroy()
  }
  return unheard
}

/** Somebody's drive, written and shared by plain Hyperdrive and Hyperswarm. */
async function openAuthor(bootstrap: Address[]) {
  const store = new Corestore(tempDir())
  const drive = new Hyperdrive(store) as Hyperdrive & {
    put(path: string, bytes: Uint8Array | string): Promise<void>
  }
  await drive.ready()
  await drive.put('/index.html', 'honest')
  const blobs = (await drive.getBlobs()).core
  const swarm = new Hyperswarm({ bootstrap })
  swarm.on('connection', (connection) => {
    connection.on('error', () => {})
    store.replicate(connection)
  })
  await swarm.join(discoveryKey(drive.key), { server: true, client: true }).flushed()
  onTestFinished(async () => {
    await swarm.destroy({ force: true })
    await store.close()
  })
  return {
    key: encodeKey(drive.key),
    blobs: encodeKey(blobs.key),
    core: drive.core,
    put: (path: string, bytes: Uint8Array | string) => drive.put(path, bytes),
    append: (count: number) => drive.core.append(Array.from({ length: count }, () => Buffer.from('x'))),
    connections: () => swarm.connections.size
  }
}

async function openReader(bootstrap: Address[], key: string) {
  const identity = keyPair(randomBytes(32))
  const drive = await openFollower(tempDir(), key)
  const network = Network.open({ bootstrap, keyPair: identity })
  network.serve(drive)
  onTestFinished(async () => {
    await network.close()
    await drive.close()
  })
  await network.join(key, { announce: true, find: true })
  const { swarm } = network as unknown as { swarm: Hyperswarm }
  return {
    drive,
    network: {
      publicKey: identity.publicKey,
      connections: () => network.connections,
      onEnd: (listener: () => void) =>
        swarm.on('connection', (connection: Hyperswarm.Connection) => {
          connection.on('close', listener)
        })
    }
  }
}

/** A drive of somebody, and a follower that has all of it. */
async function followed() {
  const bootstrap = await localDht()
  const author = await openAuthor(bootstrap)
  const { drive, network } = await openReader(bootstrap, author.key)
  const follower: FollowedDrive = drive
  await until(() => follower.version === author.core.length)
  await follower.pull(AbortSignal.timeout(10_000))
  return { bootstrap, author, follower, network }
}

function many({ muxer }: Attack, count: number, send: (n: number) => void): void {
  // As few frames, or the sender takes longer than they do.
  muxer.cork()
  for (let n = 1; n <= count; n++) send(n)
  muxer.uncork()
}

/** A frame of Protomux that is a batch with a batch in it, and so on. */
function nested(depth: number): Buffer {
  const open = Buffer.from([0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x7f]).subarray(1)
  return Buffer.concat([Buffer.from([0]), ...Array<Buffer>(depth).fill(open)])
}

function openChannel(attack: Attack, protocol: string, id: Buffer | null = null): void {
  attack.muxer.createChannel({ protocol, ...(id && { id }), messages: [] } as never)?.open()
}

/** A string as compact-encoding writes it. */
function text(said: string): Buffer {
  const bytes = Buffer.from(said)
  const length = Buffer.alloc(5, 0xfe)
  length.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([length, bytes])
}

const AS_IT_IS = {
  preencode: (state: { end: number }, bytes: Buffer) => void (state.end += bytes.length),
  encode: (state: { buffer: Buffer; start: number }, bytes: Buffer) => {
    state.buffer.set(bytes, state.start)
    state.start += bytes.length
  },
  decode: () => null
}

/** @param place of the message among those of the channel */
function rawChannel(attack: Attack, protocol: string, place = 0) {
  const messages = Array.from({ length: place + 1 }, () => ({ encoding: AS_IT_IS }))
  const channel = attack.muxer.createChannel({ protocol, messages })
  channel?.open()
  const message = channel?.messages[place]
  if (!message) throw new Error('no channel')
  return message
}
