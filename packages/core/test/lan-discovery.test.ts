import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import Corestore from 'corestore'
import { keyPair } from 'hypercore-crypto'
import { until } from '../../testing/src/until.js'
import { decode, encode } from 'dns-packet'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FoundPeers } from '../src/holepunch/found-peers.js'
import {
  encodeAnswers,
  encodeQuestions,
  LanTopic,
  newLanName,
  readLanPacket
} from '../src/holepunch/lan-message.js'
import { lanInterfaces } from '../src/holepunch/lan-socket.js'
import { isLanWanted } from '../src/holepunch/lan-swarm.js'
import { Network } from '../src/holepunch/network.js'
import type { WireConnection } from '../src/holepunch/wire-guard.js'
import { SeedHost, type Admission } from '../src/holepunch/seed-host.js'
import { SeedDialler } from '../src/holepunch/seed-link.js'
import { encodeKey } from '../src/holepunch/site-key.js'
import { joined, lanProcess, LOOPBACK, someKey, Stranger } from './support/lan.js'
import { tempDir } from './support/workshop.js'

const ANNOUNCES = { announce: true, find: false }
const FINDS = { announce: false, find: true }
const BOTH = { announce: true, find: true }

const topicOf = (key: string) => new LanTopic(Buffer.from(key, 'hex'))

/** Which of the strangers got an answer. */
const answered = (...strangers: Stranger[]) => strangers.filter(({ heard }) => heard.length > 0)

/** What a process asks for, and from where, as heard in the group. */
async function questionOf(key: string, mode = FINDS) {
  const listener = await Stranger.inGroup()
  const process = joined(mode, key)
  const { asker, from } = await until(() =>
    listener.questions.find(({ tag, asker: name }) => tag === topicOf(key).tagFor(name))
  )
  return { process, asker, from, listener }
}

/** An answer of a program that knows a site's key. */
function answerOf(
  key: string,
  { asker, host, port = 40_001, publicKey = randomBytes(32) }: AnswerParts
): Buffer {
  const topic = topicOf(key)
  const sealed = topic.seal(asker, host, { port, publicKey })
  return encodeAnswers(0, [{ tag: topic.tagFor(asker), asker, sealed }])
}

interface AnswerParts {
  asker: string
  host: string
  port?: number
  publicKey?: Buffer
}

describe('in a local network', () => {
  test('who looks for a site finds who has it, whoever came first', async () => {
    const key = someKey()
    const author = joined(ANNOUNCES, key, someKey())
    const later = joined(FINDS, someKey(), key)
    await until(() => later.peers.length > 0)
    expect(later.peers[0]).toEqual({
      key,
      publicKey: author.publicKey,
      address: { host: '127.0.0.1', port: 40_000 }
    })

    const other = someKey()
    const earlier = joined(FINDS, other)
    const another = joined(BOTH, other)
    await until(() => earlier.peers.length > 0)
    expect(earlier.peers[0]?.publicKey).toEqual(another.publicKey)
    expect(author.peers).toEqual([])
    expect(another.peers).toEqual([])
  })

  test('what is sent names a random process and hashes that only who knows a key can make', async () => {
    const key = someKey()
    const { asker, listener } = await questionOf(key)
    const another = joined(FINDS, key)
    await until(() => new Set(listener.questions.map((question) => question.asker)).size > 1)
    expect(another.peers).toEqual([])
    expect(new Set(listener.questions.map(({ tag }) => tag)).size).toBe(2) // two hashes of one site
    const sent = listener.heard.map(({ packet }) => packet)
    for (const packet of sent) {
      const questions = (decode(packet).questions ?? []).map(({ name }) => name)
      // Nothing is in a packet but these names.
      expect(encode({ type: 'query', questions: questions.map((name) => ({ type: 'TXT', name })) })).toEqual(
        packet
      )
      for (const name of questions)
        expect(name).toMatch(/^[0-9a-f]{16}\.[0-9a-f]{32}\._sitedrive\._udp\.local$/)
    }
    const bytes = Buffer.concat(sent).toString('latin1').toLowerCase()
    const telling = [
      key,
      key.slice(0, 16),
      encodeKey(Buffer.from(key, 'hex')),
      os.hostname(),
      os.userInfo().username
    ]
    for (const word of telling) if (word.length > 3) expect(bytes).not.toContain(word.toLowerCase())
    expect(asker).toHaveLength(32)
  })

  test('nobody is answered but who knows the key of a site that was joined', async () => {
    const key = someKey()
    joined(ANNOUNCES, key)
    const [other, guessing, reader] = await Promise.all([1, 2, 3].map(() => Stranger.at('127.0.0.1')))
    const name = newLanName()
    await until(async () => {
      await other?.send(encodeQuestions(name, [topicOf(someKey()).tagFor(name)]))
      await guessing?.send(encodeQuestions(name, [topicOf(key).tagFor(newLanName()), '0'.repeat(16)]))
      await reader?.send(encodeQuestions(name, [topicOf(key).tagFor(name)]))
      return reader!.heard.length > 0
    })
    expect(answered(other!, guessing!, reader!)).toEqual([reader])
    // Another program reads it as an answer to its question, with the one record.
    const answer = decode(reader!.heard[0]!.packet)
    expect(answer.questions).toMatchObject([{ type: 'TXT' }])
    expect(answer).toMatchObject({ type: 'response', answers: [{ type: 'TXT', ttl: 10 }] })
    expect(answer.answers?.[0]?.name).toBe(answer.questions?.[0]?.name)
  })

  test('a process does not answer itself', async () => {
    const { process, listener } = await questionOf(someKey(), BOTH)
    await until(() => listener.heard.length > 1)
    expect(process.answers).toBe(0)
  })

  test('a process that goes from one network to another has a new name there', { tags: 'long' }, async () => {
    let interfaces = LOOPBACK()
    const key = someKey()
    const listener = await Stranger.inGroup()
    const moving = lanProcess(40_000, () => interfaces)
    moving.discovery.join(key, FINDS)
    const names = () =>
      new Set(
        listener.questions
          .filter(({ tag, asker }) => tag === topicOf(key).tagFor(asker))
          .map((each) => each.asker)
      )
    await until(() => names().size === 1)
    interfaces = []
    await until(() => moving.discovery.interfaceCount === 0)
    interfaces = LOOPBACK()
    const author = joined(ANNOUNCES, key)
    await until(() => moving.peers.length > 0)
    expect(moving.peers[0]?.publicKey).toEqual(author.publicKey)
    expect(names().size).toBe(2)
  })

  test('an interface that cannot be used is no failure, and the others are', async () => {
    const key = someKey()
    const gone = { address: '192.0.2.1', cidr: '192.0.2.1/24' }
    const finding = lanProcess(40_000, () => [gone, ...LOOPBACK()])
    finding.discovery.join(key, FINDS)
    joined(ANNOUNCES, key)
    await until(() => finding.peers.length > 0)
  })

  test('keeps no process alive', () => {
    const module = fileURLToPath(new URL('../dist/holepunch/lan-discovery.js', import.meta.url))
    const script = `import { LanDiscovery } from ${JSON.stringify(module)}
      const lan = new LanDiscovery({ publicKey: Buffer.alloc(32), port: () => 40000, onPeer() {} })
      lan.join('${someKey()}', { announce: true, find: true })
      process.once('beforeExit', () => console.log('done'))`
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 60_000
    })
    expect({ stdout, stderr, status }).toEqual({ stdout: 'done\n', stderr: '', status: 0 })
  })
})

// Elsewhere loopback has one address only.
describe.skipIf(process.platform !== 'linux')('a hostile machine in the local network', () => {
  test('is not heard from outside of it', async () => {
    const key = someKey()
    const narrow = lanProcess(40_000, () => [{ address: '127.0.0.1', cidr: '127.0.0.1/32' }])
    narrow.discovery.join(key, ANNOUNCES)
    const [far, near] = [await Stranger.at('127.0.0.2'), await Stranger.at('127.0.0.1')]
    const name = newLanName()
    await until(async () => {
      for (const stranger of [far, near])
        await stranger.send(encodeQuestions(name, [topicOf(key).tagFor(name)]))
      return near.heard.length > 0
    })
    expect(answered(far, near)).toEqual([near])
  })

  test('leads nobody to other addresses, to services, or to what has not the site', async () => {
    const key = someKey()
    const { process, asker, from } = await questionOf(key)
    const [hostile, honest] = [await Stranger.at('127.0.0.2'), await Stranger.at('127.0.0.3')]
    const publicKey = randomBytes(32)
    // Sealed for other addresses, as in a packet that is sent on, or by who has the key and means another machine.
    for (const host of ['127.0.0.3', '192.0.2.7', '93.184.216.34'])
      await hostile.send(answerOf(key, { asker, host }), from)
    for (const port of [0, 22, 80, 1_023])
      await hostile.send(answerOf(key, { asker, host: '127.0.0.2', port }), from)
    // Without the key, for another process, and of the process itself.
    const tag = topicOf(key).tagFor(asker)
    const unknown = topicOf(someKey()).seal(asker, '127.0.0.2', { port: 40_001, publicKey })
    for (const sealed of [unknown, randomBytes(62), randomBytes(7), Buffer.alloc(0)])
      await hostile.send(encodeAnswers(0, [{ tag, asker, sealed }]), from)
    await hostile.send(answerOf(key, { asker: newLanName(), host: '127.0.0.2' }), from)
    await hostile.send(answerOf(key, { asker, host: '127.0.0.2', publicKey: process.publicKey }), from)

    await honest.send(answerOf(key, { asker, host: '127.0.0.3', publicKey }), from)
    await until(() => process.peers.some(({ address }) => address.host === '127.0.0.3'))
    expect(process.peers).toEqual([{ key, publicKey, address: { host: '127.0.0.3', port: 40_001 } }])
  })

  test('that claims to be many peers is a few, and does not shut out another one', async () => {
    const key = someKey()
    const { process, asker, from } = await questionOf(key)
    const [hostile, honest] = [await Stranger.at('127.0.0.2'), await Stranger.at('127.0.0.3')]
    for (let peer = 0; peer < 40; peer++)
      await hostile.send(answerOf(key, { asker, host: '127.0.0.2' }), from)
    await honest.send(answerOf(key, { asker, host: '127.0.0.3' }), from)
    await until(() => process.peers.some(({ address }) => address.host === '127.0.0.3'))
    expect(process.peers.map(({ address }) => address.host)).toEqual([
      ...Array.from({ length: 4 }, () => '127.0.0.2'),
      '127.0.0.3'
    ])
  })

  test('that asks without end is answered now and then, and others as before', async () => {
    const key = someKey()
    joined(ANNOUNCES, key)
    const [hostile, honest] = [await Stranger.at('127.0.0.2'), await Stranger.at('127.0.0.3')]
    const ask = (stranger: Stranger) => {
      const name = newLanName()
      return stranger.send(encodeQuestions(name, [topicOf(key).tagFor(name)]))
    }
    const startedAt = performance.now()
    for (let packet = 0; packet < 600; packet++) await ask(hostile)
    await until(async () => {
      await ask(honest)
      return honest.heard.length > 0
    })
    const seconds = (performance.now() - startedAt) / 1_000
    expect(hostile.heard.length).toBeGreaterThan(0)
    expect(hostile.heard.length).toBeLessThanOrEqual(64 + Math.ceil(32 * seconds))
  })

  test('that has many addresses costs little time', async () => {
    const keys = Array.from({ length: 1_000 }, someKey)
    // What there is in a second counts from the beginning, also before somebody asks.
    const startedAt = performance.now()
    joined(ANNOUNCES, ...keys)
    const strangers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => Stranger.at(`127.0.0.${at + 2}`))
    )
    for (let packet = 0; packet < 60; packet++) {
      const name = newLanName()
      const tag = topicOf(keys[0]!).tagFor(name)
      for (const stranger of strangers) await stranger.send(encodeQuestions(name, [tag]))
    }
    // A packet costs 4.5 ms of the 200 ms that there are at once, and of 100 ms that there are in a second.
    await until(() => answered(...strangers).length > 0)
    const seconds = (performance.now() - startedAt) / 1_000
    const answers = strangers.reduce((sum, { heard }) => sum + heard.length, 0)
    expect(answers).toBeLessThanOrEqual(45 + Math.ceil(23 * seconds))
  })
})

test('a long packet is not read, nor one with many records', () => {
  const name = newLanName()
  const tag = '0'.repeat(16)
  const question = encodeQuestions(name, [tag])
  expect(readLanPacket(question)).toEqual({ kind: 'questions', id: 0, asker: name, tags: [tag] })
  expect(readLanPacket(Buffer.concat([question, Buffer.alloc(1_400)]))).toBeNull()
  // Each of these names is a pointer to the first one.
  const pointer = Buffer.from([0xc0, 12, 0, 16, 0, 1])
  const many = Buffer.concat([question, ...Array.from({ length: 200 }, () => pointer)])
  many.writeUInt16BE(201, 4)
  expect(decode(many).questions).toHaveLength(201)
  expect(readLanPacket(many)).toBeNull()
  for (const at of [4, 6, 8, 10]) {
    const boasting = Buffer.from(question)
    boasting.writeUInt16BE(65_535, at)
    expect(readLanPacket(boasting)).toBeNull()
  }
})

test('no packet throws', () => {
  const question = encodeQuestions(newLanName(), ['0'.repeat(16)])
  for (let round = 0; round < 2_000; round++) {
    const packet = Buffer.from(question.subarray(0, 1 + Math.floor(Math.random() * question.length)))
    for (let change = 0; change < 3; change++)
      packet[Math.floor(Math.random() * packet.length)] = Math.floor(Math.random() * 256)
    expect(() => readLanPacket(packet)).not.toThrow()
  }
})

describe('what was heard of peers', () => {
  const someHost = (at: number) => `10.0.${at >> 8}.${at & 255}`

  test('leads to 16 attempts at once, and to 4 in a second after', () => {
    let now = 0
    const found = new FoundPeers(() => now)
    const attempts = (sites: number) =>
      Array.from({ length: sites }, (_, at) =>
        found.admits(`${now} ${at}`, randomBytes(32), someHost(at))
      ).filter(Boolean).length
    expect(attempts(100)).toBe(16)
    now += 1_000
    expect(attempts(100)).toBe(4)
    now += 60_000
    expect(attempts(100)).toBe(16)
  })

  test('is 16 peers of a site, 4 at an address, 256 in all, and forgotten after five minutes', () => {
    let now = 0
    const found = new FoundPeers(() => now)
    const admitted = (site: string, host: string) => {
      now += 1_000
      return found.admits(site, randomBytes(32), host)
    }
    expect(Array.from({ length: 6 }, () => admitted('one', '10.1.0.1')).filter(Boolean)).toHaveLength(4)
    expect(Array.from({ length: 20 }, (_, at) => admitted('one', someHost(at))).filter(Boolean)).toHaveLength(
      12
    )
    now += 300_000
    // In less than five minutes, so that nothing is forgotten.
    const hosts = Array.from({ length: 280 }, (_, at) => admitted(`site ${at}`, someHost(at)))
    expect(hosts.filter(Boolean)).toHaveLength(256)
    now += 300_000
    expect(admitted('one', '10.1.0.1')).toBe(true)
  })

  test('is tried anew after five seconds', () => {
    let now = 0
    const found = new FoundPeers(() => now)
    const publicKey = randomBytes(32)
    const tried = [0, 4_999, 1, 1].map((passed) => {
      now += passed
      return found.admits('one', publicKey, '10.0.0.1')
    })
    expect(tried).toEqual([true, false, true, false])
  })
})

test('interfaces with private addresses are used, and loopback where there are none', () => {
  const of = (address: string, internal = false) =>
    ({
      address,
      cidr: `${address}/24`,
      internal,
      family: address.includes(':') ? 'IPv6' : 'IPv4'
    }) as os.NetworkInterfaceInfo
  const lo = [of('127.0.0.1', true), of('::1', true)]
  const addresses = (all: Parameters<typeof lanInterfaces>[0]) =>
    lanInterfaces(all).map(({ address }) => address)
  expect(addresses({ lo, eth0: [of('192.168.1.20'), of('fe80::1')], eth1: [of('203.0.113.9')] })).toEqual([
    '192.168.1.20'
  ])
  expect(addresses({ lo, eth0: [of('203.0.113.9')] })).toEqual(['127.0.0.1'])
  expect(addresses({ lo, a: [of('169.254.3.4')], b: [of('10.1.1.1')] })).toEqual(['169.254.3.4', '10.1.1.1'])
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`veth${at}`, [of(`10.0.${at}.1`)]]))
  expect(addresses(many)).toHaveLength(16)
  expect(addresses({})).toEqual([])
})

test('the local network is asked, unless the DHT is on this machine, and as SITEDRIVE_LAN says', () => {
  const local = [{ host: '127.0.0.1', port: 49_737 }]
  const elsewhere = [...local, { host: '192.168.1.2', port: 49_737 }]
  const wanted = (value?: string) =>
    [undefined, [], elsewhere, local].map((bootstrap) =>
      isLanWanted(bootstrap, value === undefined ? {} : { SITEDRIVE_LAN: value })
    )
  expect(wanted()).toEqual([true, true, true, false])
  expect(wanted('0')).toEqual([false, false, false, false])
  expect(wanted('1')).toEqual([true, true, true, true])
})

/** Admits nobody's pins. */
const NOBODY: Admission = {
  introduced: () => {},
  admits: () => false,
  isSite: () => false,
  allows: () => true,
  withheld: () => [],
  changed: () => {}
}

describe('two networks without a DHT', () => {
  /** Nobody listens there. */
  const bootstrap = [{ host: '127.0.0.1', port: 1 }]

  function open(lan: boolean | typeof LOOPBACK) {
    const network = Network.open({ bootstrap, lan })
    const connections: WireConnection[] = []
    network.serve({
      replicate(connection: WireConnection) {
        connections.push(connection)
        connection.on('error', () => {})
      }
    })
    onTestFinished(() => network.close())
    return { network, connections }
  }

  test('have one connection, which is guarded and served as any other', async () => {
    const key = someKey()
    const listener = await Stranger.inGroup()
    const [one, other] = [open(LOOPBACK), open(LOOPBACK)]
    for (const { network } of [one, other]) void network.join(key, BOTH)
    await until(() => one.network.connections === 1 && other.network.connections === 1)
    // Both ask again, and are answered.
    const asked = listener.heard.length
    await until(() => listener.heard.length >= asked + 4)
    expect([one.network.connections, other.network.connections]).toEqual([1, 1])
    expect(one.connections.at(-1)?.userData).toBeTruthy() // the guard of its messages
    one.network.drop(one.connections.at(-1)!.remotePublicKey)
    await until(() => other.connections.length > 1 && other.network.connections === 1)
  })

  test('give a seed what it keeps', async () => {
    const store = new Corestore(tempDir())
    const core = store.get({ keyPair: keyPair() })
    await core.append([Buffer.from('One'), Buffer.from('Two')])
    const key = encodeKey(core.key)
    const seed = await SeedHost.open({
      dir: tempDir(),
      secret: randomBytes(32),
      bootstrap,
      lan: LOOPBACK,
      admission: NOBODY
    })
    onTestFinished(() => seed.close())
    await seed.keep(key)
    seed.announce(key)
    const author = Network.open({ bootstrap, lan: LOOPBACK })
    onTestFinished(async () => {
      await author.close()
      await store.close()
    })
    author.serve(store)
    void author.join(key, BOTH)
    await until(() => seed.sizeOf(key)?.contiguousLength === 2)
  })

  test('are not needed by a publisher that dials its seed', { timeout: 120_000 }, async () => {
    const seed = await SeedHost.open({
      dir: tempDir(),
      secret: randomBytes(32),
      bootstrap,
      lan: LOOPBACK,
      admission: NOBODY
    })
    const dialler = new SeedDialler(keyPair(), bootstrap, LOOPBACK)
    onTestFinished(async () => {
      await dialler.close()
      await seed.close()
    })
    // Others that are in the same group do not pass for the seed.
    lanProcess().discovery.join(seed.key, { announce: true, find: false })
    const link = await dialler.dial(seed.key, 60_000)
    expect(link.isClosed).toBe(false)
    link.close()
    const alone = new SeedDialler(keyPair(), bootstrap, false)
    onTestFinished(() => alone.close())
    await expect(alone.dial(seed.key, 1_000)).rejects.toMatchObject({ code: 'SEED_UNREACHABLE' })
  })

  test('do not meet where the local network is turned off', async () => {
    const key = someKey()
    const listener = await Stranger.inGroup()
    const [one, other, quiet] = [open(LOOPBACK), open(LOOPBACK), open(false)]
    for (const { network } of [quiet, one, other]) void network.join(key, BOTH)
    await until(() => one.network.connections > 0)
    expect(quiet.network.connections).toBe(0)
    expect(new Set(listener.questions.map(({ asker }) => asker)).size).toBe(2)
  })
})
