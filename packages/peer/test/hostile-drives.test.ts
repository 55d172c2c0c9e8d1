import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { encodeKey } from '@sitedrive/core/drive'
import { expect, test } from 'vitest'
import { Author } from './support/author.js'
import { PinningClient, type OwnDrive } from './support/pinning-client.js'
import { raw } from '../../mirror/test/support/request.js'
import { ask, runPeer, siteOf, trusting } from './support/running-peer.js'
import { until } from '../../mirror/test/support/until.js'

const inHyperdrive = createRequire(createRequire(import.meta.url).resolve('hyperdrive'))
const SubEncoder = inHyperdrive('sub-encoder') as new (prefix: string, encoding: string) => object
const keyEncoding = new SubEncoder('files', 'utf-8')

/** Names an entry as Hyperdrive does, which first makes every name tidy; this one stays as it is. */
async function putAt(drive: OwnDrive, name: string, entry: object): Promise<void> {
  const { db } = drive as OwnDrive & {
    db: { put(name: string, entry: object, options: object): Promise<void> }
  }
  await db.put(name, entry, { keyEncoding })
}

const NAMES = [
  '/../../etc/passwd',
  '/a/../b.txt',
  '//x.txt',
  '/nul\0.txt',
  '..',
  '/..',
  '',
  'etc/passwd',
  '/..\\..\\etc\\passwd',
  '/.well-known/../../up.txt'
]

/** What a browser would never send. Host names are those of one site. */
const REQUESTS = [
  '/etc/passwd',
  '/../../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/..%2f..%2fetc/passwd',
  '/..%5c..%5cetc%5cpasswd',
  '/a/../b.txt',
  '/a/%2e%2e/b.txt',
  '/b.txt',
  '//x.txt',
  '/%2fx.txt',
  '/x.txt',
  '/nul%00.txt',
  '/nul',
  '/..',
  '/%2e%2e',
  '/.well-known/../../up.txt',
  '/up.txt'
]

test(
  'drives whose names lead out of them, or whose index is noise, harm neither the peer nor another site',
  { timeout: 180_000 },
  async () => {
    const author = await Author.open()
    const client = await PinningClient.open()
    const peer = await runPeer({ ...trusting(author, client), stallMs: 500 })
    author.pinAt(peer.key)
    await author.publish({ 'index.html': 'honest', 'b.txt': 'honest b', 'x.txt': 'honest x', 'up.txt': 'up' })
    const theirs = { '/': 'honest', '/b.txt': 'honest b', '/x.txt': 'honest x', '/up.txt': 'up' }

    await client.connect(peer.key)
    const escaping = await client.drive('escaping')
    await escaping.put('/index.html', 'hostile')
    const blob = { blockOffset: 0, blockLength: 1, byteOffset: 0, byteLength: 7 }
    for (const name of NAMES)
      await putAt(escaping, name, { executable: false, linkname: null, blob, metadata: null })
    const noise = await client.core('noise')
    await noise.append([randomBytes(200), randomBytes(10), Buffer.alloc(0), randomBytes(5_000)])
    // Decodes as the header of a drive, as one in fifty blocks of noise does, and names another protocol.
    const header = await client.core('header')
    await header.append([Buffer.from('\n\u0003xyz'), randomBytes(10)])
    const spoilt = await client.drive('spoilt')
    await spoilt.put('/index.html', 'before the noise')
    await spoilt.core.append([randomBytes(300), randomBytes(20)])
    for (const drive of [escaping, spoilt]) client.pinSite(drive)
    for (const core of [noise, header]) {
      client.introduce({ site: encodeKey(core.key), blobs: encodeKey(spoilt.blobs.core.key) })
      client.pin(core)
    }

    const hostile = encodeKey(escaping.key)
    await until('the escaping site', async () => (await ask(peer, hostile)).text === 'hostile')
    for (const path of REQUESTS) {
      const { status, text } = await ask(peer, hostile, path)
      // Of its own, at most; never of this machine or of the site beside it.
      expect([path, status === 200 ? text : status]).toEqual([
        path,
        expect.toBeOneOf(['hostile', 308, 400, 404])
      ])
      const answer = await raw(
        peer.port,
        `GET ${path} HTTP/1.1\r\nHost: ${hostile}.localhost\r\nConnection: close\r\n\r\n`
      )
      expect(answer).not.toMatch(/root:|honest/)
    }
    for (const key of [noise, header, spoilt].map((each) => encodeKey(each.key))) {
      await until('an answer', async () => (await ask(peer, key)).status >= 500)
      await until('the reason', () => /is no drive|cannot be read/.test(siteOf(peer, key)?.problem ?? ''))
    }
    // What was whole before the noise came stays.
    await escaping.core.append([randomBytes(300), randomBytes(20)])
    await until('the reason', () => siteOf(peer, hostile)?.problem?.includes('cannot be read') ?? false)
    expect(await ask(peer, hostile)).toMatchObject({ status: 200, text: 'hostile' })

    for (const [path, text] of Object.entries(theirs))
      expect(await ask(peer, author.key, path)).toMatchObject({ status: 200, text })
    expect(siteOf(peer, author.key)).toMatchObject({ release: 1, state: 'complete' })

    // It goes on: the next release comes as if nothing were.
    await author.publish({ 'index.html': 'honest still' })
    await until('the next', async () => (await ask(peer, author.key)).text === 'honest still')
  }
)
