import Hyperdrive from 'hyperdrive'
import { Node, YoloIndex } from 'hyperbee/lib/messages.js'
import SubEncoder from 'sub-encoder'

const files = new SubEncoder('files', 'utf-8')
const RECORD = '/.well-known/sitedrive.json'
const FAR = 2 ** 50
const GROUP = 4_000

/**
 * Kinds of drives, by name. Each fills a new drive.
 *
 * @type {Record<string, (drive: Hyperdrive, random: import('../support/random.mjs').Random) => Promise<void>>}
 */
export const DRIVES = {
  'a page of 100,000 blocks of one byte': async (drive) => {
    const { core } = drive.blobs
    for (let n = 0; n < 100_000; n += GROUP) await core.append(Array(GROUP).fill(Buffer.from('x')))
    await putRaw(drive, '/index.html', file({ blockLength: core.length, byteLength: core.byteLength }))
  },
  'a page of four blocks of 15 MB': async (drive, random) => {
    const block = Buffer.alloc(15_000_000, random.bytes(1_000))
    for (let n = 0; n < 4; n++) await drive.blobs.core.append(block)
    await putRaw(drive, '/index.html', file({ blockLength: 4, byteLength: 60_000_000 }))
  },
  'sizes that are none': async (drive) => {
    await drive.blobs.core.append(Buffer.from('some bytes'))
    const sizes = [-1, 0.5, 1e300, FAR, '7', null, [], {}, true]
    for (const [n, size] of sizes.entries()) {
      await putRaw(drive, `/length-${n}.html`, file({ byteLength: size }))
      await putRaw(drive, `/blocks-${n}.html`, file({ blockLength: size }))
      await putRaw(drive, `/from-${n}.html`, file({ blockOffset: size, byteOffset: size }))
    }
    await putRaw(drive, '/index.html', file({ blockLength: FAR, byteLength: FAR }))
  },
  'files beyond the end': async (drive) => {
    await drive.blobs.core.append(Buffer.from('x'))
    await putRaw(drive, '/index.html', file({ blockOffset: 1_000_000, byteOffset: 1_000_000, byteLength: 9 }))
    await putRaw(drive, '/far.html', file({ blockOffset: FAR, byteOffset: FAR, byteLength: FAR }))
  },
  'entries of other shapes': async (drive) => {
    const entries = [
      null,
      7,
      'x',
      [],
      {},
      { blob: 7 },
      { blob: [] },
      { blob: {}, linkname: 7, metadata: 'x' }
    ]
    for (const [n, entry] of entries.entries()) await putRaw(drive, `/${n}.html`, entry)
    await putRaw(drive, '/index.html', { executable: 'x', linkname: {}, blob: { byteLength: 'x' } })
  },
  'an index that points at itself': async (drive) => {
    const seq = drive.core.length
    await drive.core.append(node([{ keys: [seq], children: [seq, 0, seq, 0] }], '/index.html'))
  },
  'an index in a circle': async (drive) => {
    const seq = drive.core.length
    await drive.core.append([
      node([{ keys: [seq], children: [seq + 1, 0, seq + 1, 0] }], '/a.html'),
      node([{ keys: [seq + 1], children: [seq, 0, seq, 0] }], '/index.html')
    ])
  },
  'an index that points far beyond': async (drive) => {
    const keys = Array.from({ length: 9 }, (_, n) => FAR + n)
    await drive.core.append(node([{ keys, children: keys.flatMap((seq) => [seq, 99]) }], '/index.html'))
  },
  'an index of very many keys in a node': async (drive) => {
    const seq = drive.core.length
    const keys = Array(200_000).fill(seq)
    await drive.core.append(node([{ keys, children: keys.slice(0, 100_000) }], '/index.html'))
  },
  'very deep names': async (drive) => {
    for (let n = 0; n < 20; n++) await putRaw(drive, `/${'d/'.repeat(20_000)}${n}.html`, file())
    await putPage(drive)
  },
  'very long names': async (drive) => {
    for (let n = 0; n < 8; n++) await putRaw(drive, `/${n}${'n'.repeat(1_000_000)}.html`, file())
    await putPage(drive)
  },
  'much metadata': async (drive) => {
    await putPage(drive, { metadata: { hash: 'x'.repeat(5_000_000), mtime: 1e300 } })
    // No encoder goes so deep.
    const deep = `{"blob":null,"metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    await drive.db.put('/deep.html', Buffer.from(deep), { keyEncoding: files, valueEncoding: 'binary' })
    await putRaw(
      drive,
      '/wide.html',
      file({}, Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [n, n])))
    )
  },
  'another header': async (drive) => {
    await replaceHeader(drive, Buffer.from('\n\u0003xyz'))
  },
  'its own index as its files': async (drive) => {
    drive.db.metadata.contentFeed = drive.core.key
    await putRaw(drive, '/index.html', file())
  },
  'the files of another site': async (drive, random, { foreignBlobs }) => {
    drive.db.metadata.contentFeed = foreignBlobs
    await putRaw(drive, '/index.html', file())
  },
  'no drive at all': async (drive, random) => {
    for (let n = 0; n < 50; n++) await drive.core.append(random.bytes(random.between(0, 5_000)))
  },
  'release records that lie': async (drive) => {
    await putPage(drive)
    for (let release = 1; release < 9; release++)
      await putRecord(drive, {
        release: release === 8 ? 2 ** 53 - 1 : release,
        previous: drive.core.length + 9,
        skips: Array(52).fill(2 ** 52)
      })
  },
  'titles that are markup and control characters': async (drive) => {
    await putPage(drive)
    const title = '\u001b[2J\u202e<script>alert(1)</script><img src=x onerror=alert(1)>\r\nX: y\u0000'
    await putRecord(drive, {
      titles: Array(20).fill(title.repeat(20)),
      words: title.repeat(10_000),
      generator: { name: title, version: title },
      publishedAt: title
    })
  },
  'rules of megabytes': async (drive) => {
    await drive.put('/_headers', '/*\n  X-Y: z\n'.repeat(300_000))
    await drive.put('/_redirects', '/a/* /b/:splat 301\n'.repeat(200_000))
    await putPage(drive)
  },
  'rules that lead to themselves': async (drive) => {
    const stars = Array.from({ length: 200 }, (_, n) => `/${'*/'.repeat(30)}${n} /${n} 200`)
    await drive.put(
      '/_redirects',
      ['/* /:splat 200', '/a /b 200', '/b /a 200', '/c //evil.example 302', ...stars].join('\n')
    )
    await drive.put(
      '/_headers',
      '/*\n  Set-Cookie: a=b\n  X: \u0001\n  Content-Length: 7\n  Transfer-Encoding: chunked\n'
    )
    await putPage(drive)
  },
  'names that lead out': async (drive) => {
    for (const name of [
      '/../../etc/passwd',
      '/a/../b',
      '//x',
      '/nul\0.html',
      '..',
      '',
      '/..\\..\\x',
      '/%2e%2e/x'
    ])
      await putRaw(drive, name, file())
    await putPage(drive)
  },
  'links in a circle': async (drive) => {
    for (const [from, to] of [
      ['/index.html', '/b.html'],
      ['/b.html', '/index.html'],
      ['/c.html', '/../../../etc/passwd']
    ])
      await putRaw(drive, from, { executable: false, linkname: to, blob: null, metadata: null })
  },
  'hashes that lie': async (drive) => {
    await putPage(drive, { metadata: { hash: 'A'.repeat(43), mtime: 0 } })
  },
  'noise after a good page': async (drive, random) => {
    await putPage(drive)
    await drive.core.append([random.bytes(300), Buffer.alloc(0), random.bytes(20)])
  }
}

/** Opens a new drive, encrypted or not, and fills it. */
export async function makeDrive(store, name, random, { encryptionKey = null, foreignBlobs }) {
  const drive = new Hyperdrive(store.namespace(name), { encryptionKey })
  await drive.ready()
  await drive.getBlobs()
  await DRIVES[name](drive, random, { foreignBlobs })
  return drive
}

function file(pointer = {}, metadata = null) {
  const blob = { blockOffset: 0, blockLength: 1, byteOffset: 0, byteLength: 1, ...pointer }
  return { executable: false, linkname: null, blob, metadata }
}

/** Hyperdrive would make every name tidy. */
function putRaw({ db }, name, entry) {
  return db.put(name, entry, { keyEncoding: files })
}

async function putPage(drive, options) {
  await drive.put('/index.html', '<h1>hostile</h1>', options)
}

async function putRecord(drive, lies) {
  const metadata = {
    release: 1,
    publishedAt: new Date(0).toISOString(),
    generator: null,
    added: 1,
    changed: 0,
    removed: 0,
    files: 1,
    bytes: 1,
    titles: [],
    rollbackOf: null,
    previous: 0,
    skips: [],
    ...lies
  }
  await putRaw(drive, RECORD, { executable: false, linkname: null, blob: null, metadata })
}

/** A block of a Hyperbee with the index that it is told. */
function node(levels, name) {
  return Node.encode({
    key: files.encode(name),
    value: Buffer.from(JSON.stringify(file())),
    index: YoloIndex.encode({ levels })
  })
}

async function replaceHeader({ core }, header) {
  await core.truncate(0)
  await core.append([header, Buffer.from('x')])
}
