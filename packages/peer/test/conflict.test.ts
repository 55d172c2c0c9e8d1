import { cp } from 'node:fs/promises'
import path from 'node:path'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import { decodeKey, encodeKey } from '@sitedrive/core/drive'
import { afterEach, expect, test, vi } from 'vitest'
import type { Peer } from '../src/open-peer.js'
import { tempDir } from '../../mirror/test/support/folders.js'
import { later } from '../../mirror/test/support/later.js'
import { PinningClient, type Core, type OwnDrive } from './support/pinning-client.js'
import { request } from '../../mirror/test/support/request.js'
import { ask, runPeer, siteOf } from './support/running-peer.js'
import { until } from '../../mirror/test/support/until.js'

/** hypercore as it comes prints a line. In the clients here it is, and they can write. */
const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
const printedByPeer = () => printed.mock.calls.filter(([text]) => String(text).includes('writable=false'))
afterEach(() => printed.mockClear())

type Truncating = Core & {
  truncate(length: number, options: { fork: number }): Promise<void>
  closed: boolean
}
interface PlainReader {
  core: { length: number; update(options: { wait: boolean }): Promise<boolean> }
  ready(): Promise<void>
  get(file: string, options: { timeout: number }): Promise<Buffer | null>
}
interface Client {
  client: PinningClient
  drive: OwnDrive
}

/** An author who works with plain Hyperdrive, in a store that is opened again and again. */
async function open(dir: string): Promise<Client> {
  const client = await PinningClient.open(dir)
  return { client, drive: await client.drive() }
}

async function shut({ client }: Client): Promise<void> {
  client.socket?.destroy()
  await client.store.close()
}

/** The same store in another place. */
async function copied(dir: string): Promise<string> {
  const to = tempDir()
  // Without the file that ties a store to its place.
  await cp(path.join(dir, 'db'), path.join(to, 'db'), { recursive: true })
  return to
}

async function pinned({ client, drive }: Client, peer: Peer): Promise<void> {
  await client.connect(peer.key)
  client.pinSite(drive)
}

/** Signs both cores at a fork that is higher than any before, as a publisher does that may not be alone. */
async function bump({ drive }: Client, fork: number): Promise<void> {
  for (const core of [drive.blobs.core, drive.core] as Truncating[])
    await core.truncate(core.length, { fork })
}

/** What somebody gets who reads with plain Hyperdrive, from the peer alone. */
async function readPlainly(peer: Peer, key: string, file: string): Promise<string | undefined> {
  const { dht } = await PinningClient.open()
  const store = new Corestore(tempDir())
  const socket = dht.connect(decodeKey(peer.key))
  socket.on('error', () => {})
  store.replicate(socket)
  later(() => store.close())
  const drive = new Hyperdrive(store.session(), decodeKey(key)) as unknown as PlainReader
  await drive.ready()
  await until('the head', async () => {
    await drive.core.update({ wait: true })
    return drive.core.length > 0
  })
  return (await drive.get(file, { timeout: 60_000 }))?.toString()
}

test('a site that was signed twice goes on being served, is told of, and follows the next good publish', async () => {
  const problems: string[] = []
  const peer = await runPeer({
    trust: new Map(),
    alsoTrusts: () => true,
    onSiteProblem: (_site, problem) => problems.push(problem)
  })
  const dirA = tempDir()
  let a = await open(dirA)
  const key = encodeKey(a.drive.key)
  await a.drive.put('/index.html', 'one')
  await pinned(a, peer)
  await until(
    'the first',
    async () => (await ask(peer, key)).text === 'one' && siteOf(peer, key)?.state === 'complete'
  )
  await shut(a)

  const copy = await copied(dirA)
  a = await open(dirA)
  await a.drive.put('/index.html', 'two, here')
  await pinned(a, peer)
  await until('the second', async () => (await ask(peer, key)).text === 'two, here')

  const b = await open(copy)
  expect(encodeKey(b.drive.key)).toBe(key)
  await b.drive.put('/index.html', 'two, there')
  await b.drive.put('/more.html', 'there')
  await pinned(b, peer)
  await until('the conflict', () => peer.status().conflicts > 0)
  await until('the other author to see it', () => (b.drive.core as Truncating).closed)

  // Served from what was here first, and told of, in words.
  expect(await ask(peer, key)).toMatchObject({ status: 200, text: 'two, here' })
  expect(await readPlainly(peer, key, '/index.html')).toBe('two, here')
  const page = await request(peer.port, 'localhost', '/')
  expect(page.text).toContain('Two different continuations of this site were signed with its key')
  const metrics = await request(peer.port, 'localhost', '/metrics')
  expect(metrics.text).toMatch(/^sitedrive_conflicts_total [1-9]/m)
  expect(problems).toEqual([expect.stringContaining('Two different continuations')])
  await until('the publisher to hear', () =>
    b.client.answers.some(({ problems: told }) => told !== undefined)
  )
  expect(printed).toHaveBeenCalled()
  expect(printedByPeer()).toEqual([])

  // Whoever signs at a higher fork next is followed, by the same process.
  await shut(b)
  const again = await open(copy)
  await bump(again, 2 ** 41)
  await again.drive.put('/index.html', 'three')
  await pinned(again, peer)
  await until('the third', async () => (await ask(peer, key)).text === 'three')
  expect(await ask(peer, key, '/more')).toMatchObject({ status: 200, text: 'there' })
  expect(await readPlainly(peer, key, '/index.html')).toBe('three')
  await until('the all-clear', () => siteOf(peer, key)?.problems.length === 0)
  expect(siteOf(peer, key)).toMatchObject({ state: 'complete' })
})
