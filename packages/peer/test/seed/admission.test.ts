import { randomBytes } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import path from 'node:path'
import BlindPeering from 'blind-peering'
import Corestore from 'corestore'
import { decodeKey, encodeKey } from '@sitedrive/core/drive'
import { describe, expect, test } from 'vitest'
import type { Peer } from '../../src/open-peer.js'
import { Author } from '../support/author.js'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { forgeCore } from '../support/forged-core.js'
import { later } from '../../../mirror/test/support/later.js'
import { heldBy, PinningClient, type Core } from '../support/pinning-client.js'
import { request } from '../../../mirror/test/support/request.js'
import { ask, runPeer, siteOf, trusting } from '../support/running-peer.js'
import { until } from '../../../mirror/test/support/until.js'

function pinBlindly(client: PinningClient, peer: Peer, cores: Core[]): void {
  const peering = new BlindPeering(client.dht, client.store, { keys: [decodeKey(peer.key)] })
  later(() => peering.close())
  for (const core of cores) peering.addCoreBackground(core, { announce: true })
}

const isWhole = (core: Core, peer: Peer) => () => heldBy(core, peer.key) >= core.length

describe('an unmodified blind-peering client', () => {
  test('can pin where strangers are let in: kept, and neither shown nor announced', async () => {
    const peer = await runPeer({ strangersBytes: 10e6 })
    const client = await PinningClient.open()
    const drive = await client.drive()
    await drive.put('/index.html', 'from a stranger')
    pinBlindly(client, peer, [drive.core, drive.blobs.core])
    await until('the index is kept', isWhole(drive.core, peer))
    await until('the blobs are kept', isWhole(drive.blobs.core, peer))
    expect(await ask(peer, encodeKey(drive.key))).toMatchObject({ status: 404 })
    expect(peer.status()).toMatchObject({ sites: [], pins: 2 })
  })

  test('is refused elsewhere, and nothing of it is fetched', async () => {
    const peer = await runPeer()
    const [client, known] = [await PinningClient.open(), await PinningClient.open()]
    const core = await client.core('x')
    await core.append(randomBytes(1_000))
    pinBlindly(client, peer, [core])
    // The answer that somebody else gets on the same road shows that the pins have been read.
    await known.connect(peer.key)
    known.pinSite(await known.drive())
    await until('an answer', () => known.lastAnswer?.state === 'refused')
    await until('a connection', () => peer.status().connections >= 2)
    expect(heldBy(core, peer.key)).toBe(0)
    expect(peer.status()).toMatchObject({ pins: 0, usedBytes: 0, sites: [] })
  })
})

describe('a quota', () => {
  test('is judged by the signed size, before anything is downloaded', async () => {
    const client = await PinningClient.open()
    const peer = await runPeer(trusting([client, 1_000_000]))
    const drive = await client.drive()
    await drive.put('/index.html', 'small')
    await client.connect(peer.key)
    client.pinSite(drive)
    await until('the first is kept', isWhole(drive.blobs.core, peer))
    await until('it is shown', () => siteOf(peer, encodeKey(drive.key))?.state === 'complete')
    const before = drive.blobs.core.length

    await drive.put('/large.bin', randomBytes(3_000_000))
    await until('over quota', () => client.lastAnswer?.state === 'over quota')
    expect(client.lastAnswer).toMatchObject({ quotaBytes: 1_000_000 })
    expect(client.lastAnswer?.usedBytes).toBeLessThan(300_000)
    expect(heldBy(drive.blobs.core, peer.key)).toBe(before)
    expect(siteOf(peer, encodeKey(drive.key))).toMatchObject({ state: 'over quota' })
    expect(await ask(peer, encodeKey(drive.key))).toMatchObject({ status: 200, text: 'small' })
  })

  test('that is raised later lets the rest in', async () => {
    const dir = tempDir()
    const author = await Author.open()
    const small = await runPeer({ dir, ...trusting([author, 500_000]) })
    author.pinAt(small.key)
    const files = { 'index.html': 'two', 'a.bin': randomBytes(1_000_000) }
    await author.publish({ 'index.html': 'one' })
    const refused = await author.publish(files, { seedTimeouts: { stallMs: 500 } })
    expect(refused.seeds).toMatchObject([{ confirmed: false }])
    expect(await ask(small, author.key)).toMatchObject({ text: 'one' })
    await small.close()

    const large = await runPeer({ dir, ...trusting([author, 5_000_000]) })
    await author.publish({ ...files, 'index.html': 'three' })
    await until('the release', () => siteOf(large, author.key)?.state === 'complete')
    await until('the page', async () => (await ask(large, author.key)).text === 'three')
  })

  test('is never outrun: what grows while it is fetched is not fetched beyond it', async () => {
    const client = await PinningClient.open()
    const quota = 1_000_000
    const peer = await runPeer(trusting([client, quota]))
    const drive = await client.drive()
    let sent = 0
    for (const core of [drive.core, drive.blobs.core] as (Core & EventEmitter)[])
      core.on('upload', (_index: number, bytes: number) => (sent += bytes))
    await drive.put('/0.bin', randomBytes(100_000))
    await client.connect(peer.key)
    client.pinSite(drive)
    // Not one after the other has arrived: the peer is in the middle of each when the next is signed.
    for (let n = 1; n < 30; n++) await drive.put(`/${n}.bin`, randomBytes(100_000))
    await until('over quota', () => client.lastAnswer?.state === 'over quota')
    await until('the limit', () => peer.status().usedBytes <= quota && sent > 0)
    await drive.put('/last.bin', randomBytes(100_000))
    await until('the size of all', () => (drive.core.peers[0]?.remoteLength ?? 0) >= drive.core.length)
    expect(sent).toBeLessThan(quota)
    expect(peer.status().usedBytes).toBeLessThanOrEqual(quota)
  })
})

describe('a blocked site', () => {
  test('can no longer be read from the peer over the network, until it is let in again', async () => {
    const dir = tempDir()
    const author = await Author.open()
    const first = await runPeer({ dir, ...trusting(author) })
    author.pinAt(first.key)
    await author.publish({ 'index.html': 'not for everybody' })
    await until('the release', () => siteOf(first, author.key)?.release === 1)
    const keys = [author.key, first.site(author.key)?.blobsKey ?? '']
    await first.close()

    const reader = await PinningClient.open()
    const cores = keys.map((key) => reader.store.get({ key: decodeKey(key) })) as Core[]
    const blocking = await runPeer({ dir, block: [author.key] })
    await reader.connect(blocking.key)
    await Promise.all(
      cores.map((core) => expect(core.get(0, { timeout: 500 })).rejects.toThrow(/REQUEST_TIMEOUT/))
    )
    expect(cores.map(({ length, peers }) => [length, peers.length])).toEqual([
      [0, 0],
      [0, 0]
    ])
    await blocking.close()

    const open = await runPeer({ dir, unblock: [author.key] })
    await reader.connect(open.key)
    const blocks = await Promise.all(cores.map((core) => core.get(0, { timeout: 60_000 })))
    expect(blocks).not.toContain(null)
    expect(await ask(open, author.key)).toMatchObject({ status: 200, text: 'not for everybody' })
  })
})

describe('a hostile publisher', () => {
  test('whose index names the files of somebody else gets a peer neither to open nor to show them', async () => {
    const [author, thief] = [await Author.open(), await PinningClient.open()]
    const peer = await runPeer(trusting(author, thief))
    author.pinAt(peer.key)
    await author.publish({ 'index.html': 'mine' })
    await until('the release', () => siteOf(peer, author.key)?.release === 1)
    const stolen = peer.site(author.key)?.blobsKey ?? ''

    const drive = await thief.stolenDrive(stolen)
    await thief.connect(peer.key)
    thief.introduce({ site: encodeKey(drive.key), blobs: stolen })
    thief.pin(drive.core)
    thief.pin({ key: decodeKey(stolen), length: 1 })
    await until('the refusal', () => siteOf(peer, encodeKey(drive.key))?.problem != null)
    expect(siteOf(peer, encodeKey(drive.key))?.problem).toContain(stolen)
    expect(await ask(peer, encodeKey(drive.key))).toMatchObject({ status: 503 })
    expect(await ask(peer, author.key)).toMatchObject({ status: 200, text: 'mine' })
  })

  test('who claims 10^12 blocks is over quota, and is sent no request for any', async () => {
    const dir = tempDir()
    const client = await PinningClient.open()
    const peer = await runPeer({ dir, ...trusting(client) })
    const core = await forgeCore(client, 2 ** 40, 1_000)
    expect(core.length).toBe(2 ** 40)
    const site = await client.drive()
    await client.connect(peer.key)
    client.introduce({ site: encodeKey(site.key), blobs: encodeKey(core.key) })
    client.pin(core)
    await until('over quota', () => client.lastAnswer?.state === 'over quota')
    expect(peer.status().usedBytes).toBeLessThan(200_000)
    expect(await request(peer.port, 'localhost', '/health')).toMatchObject({ status: 200 })

    // Opening such a core again would ask for memory for every block.
    await peer.close()
    const again = await runPeer({ dir })
    expect(await request(again.port, 'localhost', '/health')).toMatchObject({ status: 200 })
    expect(again.status()).toMatchObject({ pins: 0, problem: null })
  })

  test('who introduces the site of another one changes nothing for it, and gets none of its data', async () => {
    const [author, liar] = [await Author.open(), await PinningClient.open()]
    const peer = await runPeer(trusting(author, liar))
    author.pinAt(peer.key)
    await author.publish({ 'index.html': 'the real one' })
    await until('the release', () => siteOf(peer, author.key)?.release === 1)

    const own = await liar.drive()
    await own.put('/index.html', 'a lie')
    await liar.connect(peer.key)
    liar.introduce({ site: author.key, blobs: encodeKey(own.blobs.core.key) })
    liar.pin({ key: decodeKey(author.key), length: 1 })
    liar.pinSite(own, { blobs: encodeKey(randomBytes(32)) })
    await until('the answers', () => liar.answers.length >= 2)
    await until('the blobs', isWhole(own.blobs.core, peer))
    expect(await ask(peer, author.key)).toMatchObject({ status: 200, text: 'the real one' })
    await author.publish({ 'index.html': 'and the next' })
    await until('the next', async () => (await ask(peer, author.key)).text === 'and the next')
  })

  test.each([
    ['no protocol at all', (client: PinningClient) => void client.socket?.write(randomBytes(5_000))],
    [
      'introductions that are none',
      (client: PinningClient) => {
        const said = [null, 1, [], { site: 1 }, { site: 'x', blobs: 'y' }, { site: {}, blobs: [] }]
        for (const each of said) client.introduce(each as never)
      }
    ],
    [
      'messages that cannot be decoded',
      (client: PinningClient) => {
        for (const protocol of ['blind-peer', 'sitedrive/seed/1']) {
          const channel = client.openChannel(protocol)
          for (const length of [0, 1, 3, 50, 5_000]) channel?.messages[0]?.send(randomBytes(length))
        }
      }
    ],
    [
      'lengths that are none',
      (client: PinningClient) => client.pin({ key: randomBytes(32), length: 2 ** 52 })
    ],
    [
      'a site whose blobs are the site',
      (client: PinningClient) => {
        const key = randomBytes(32)
        client.introduce({ site: encodeKey(key), blobs: encodeKey(key) })
        client.pin({ key, length: 1 })
      }
    ],
    [
      'ten thousand introductions',
      (client: PinningClient) => {
        for (let i = 0; i < 10_000; i++)
          client.introduce({ site: encodeKey(randomBytes(32)), blobs: encodeKey(randomBytes(32)) })
      }
    ]
  ])('who sends %s harms nobody else', async (what, send) => {
    const [author, hostile] = [await Author.open(), await PinningClient.open()]
    const peer = await runPeer({ ...trusting(author, hostile) })
    author.pinAt(peer.key)
    await hostile.connect(peer.key, what.includes('decoded'))
    send(hostile)
    await author.publish({ 'index.html': 'one' })
    await until('the page', async () => (await ask(peer, author.key)).text === 'one')
    expect(await request(peer.port, 'localhost', '/')).toMatchObject({ status: 200 })
  })

  test('who opens the same channel many times harms nobody else', async () => {
    const [peer, hostile] = [await runPeer(), await PinningClient.open()]
    await hostile.connect(peer.key)
    for (const protocol of ['blind-peer', 'sitedrive/seed/1'])
      for (let i = 0; i < 100; i++) hostile.openChannel(protocol)
    await until('the answer', async () => (await request(peer.port, 'localhost', '/health')).status === 200)
  })

  test('who claims 10^12 blocks cannot name that core again after a restart', async () => {
    const dir = tempDir()
    const client = await PinningClient.open()
    const peer = await runPeer({ dir, ...trusting(client) })
    const core = await forgeCore(client, 2 ** 40, 1_000)
    const pin = async (at: Peer) => {
      client.answers = []
      await client.connect(at.key)
      client.introduce({ site: encodeKey(randomBytes(32)), blobs: encodeKey(core.key) })
      client.pin(core)
      await until('over quota', () => client.lastAnswer?.state === 'over quota')
    }
    await pin(peer)
    await peer.close()
    await pin(await runPeer({ dir }))
  })

  test('who claims 10^12 blocks leaves nothing in a peer that was killed before it could forget that core', async () => {
    const dir = tempDir()
    const store = path.join(dir, 'store')
    const killed = await PinningClient.open(store)
    const { discoveryKey } = await forgeCore(killed, 2 ** 40, 1_000)
    await killed.store.close()
    const peer = await runPeer({ dir })
    await peer.close()
    const left = new Corestore(store)
    later(() => left.close())
    await left.ready()
    expect(await left.storage.hasCore(discoveryKey)).toBe(false)
  })
})
