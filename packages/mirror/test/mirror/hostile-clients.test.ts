import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { BlobPointer } from '@sitedrive/core/drive'
import { describe, expect, test } from 'vitest'
import { openSiteServer, type SiteServerOptions } from '../../src/mirror/site-server.js'
import { issue } from '../support/certificate.js'
import { tempDir } from '../support/folders.js'
import { later } from '../support/later.js'
import { memorySite, type MemoryFiles, type MemorySite } from '../support/memory-site.js'
import { raw, request } from '../support/request.js'
import { until } from '../support/until.js'

const KEY = 'y'.repeat(52)
const HOST = `${KEY}.localhost`
/** Longer than any client may take to say what it wants. */
const DEADLINE_MS = 25_000

async function serve(files: MemoryFiles, options: Partial<SiteServerOptions> = {}) {
  const site = memorySite(files)
  const { port } = await openSiteServer({ sites: new Map([[KEY, site]]), ...options }).then((server) => {
    later(() => server.close())
    return server
  })
  return { site, port }
}

/** A visitor with a connection of their own. */
async function visit(port: number): Promise<number> {
  const answer = await request(port, HOST, '/')
  expect(answer).toMatchObject({ status: 200, text: 'home' })
  return answer.status
}

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}).resume()
  later(() => socket.destroy())
  return socket
}

/** Visitors come as long as there are open sockets. @returns the last status that a visitor got */
async function visitUntilClosed(port: number, sockets: Socket[]): Promise<number> {
  let status = 0
  await until(
    'the closing of every socket',
    async () => {
      status = await visit(port)
      return sockets.every(({ destroyed }) => destroyed)
    },
    DEADLINE_MS
  )
  return status
}

// They wait for the server's patience to end, all at the same time.
describe.concurrent('clients that say next to nothing', { timeout: 2 * DEADLINE_MS }, () => {
  test(
    'by a header of which a byte comes now and then keep no visitor out, and are closed',
    { tags: 'long' },
    async () => {
      const { port } = await serve({ '/index.html': 'home' })
      const slow = Array.from({ length: 500 }, () => open(port))
      const dribble = setInterval(() => {
        for (const socket of slow) socket.write('x')
      }, 200)
      later(() => clearInterval(dribble))
      for (const socket of slow) socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Slow: `)
      expect(await visitUntilClosed(port, slow)).toBe(200)
      clearInterval(dribble)
    }
  )

  test('by a body that is announced and comes in drops keep no visitor out, and are closed', async () => {
    const { port } = await serve({ '/index.html': 'home' })
    const slow = Array.from({ length: 200 }, () => open(port))
    for (const socket of slow)
      socket.write(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1000000\r\n\r\n`)
    const dribble = setInterval(() => {
      for (const socket of slow) socket.write('x')
    }, 200)
    later(() => clearInterval(dribble))
    expect(await visitUntilClosed(port, slow)).toBe(200)
    clearInterval(dribble)
  })

  test('by half a TLS handshake are closed', async () => {
    const tls = issue(tempDir(), 'x')
    const { port } = await serve({ '/index.html': 'home' }, { tls })
    const slow = Array.from({ length: 200 }, () => open(port))
    // The first bytes of a ClientHello that says it has 512.
    for (const socket of slow) socket.write(Buffer.from('16030102000100', 'hex'))
    await until('the closing', () => slow.every(({ destroyed }) => destroyed), DEADLINE_MS)
  })

  test('at all, ten thousand of them, keep no visitor out, and are closed', { tags: 'long' }, async () => {
    const { port } = await serve({ '/index.html': 'home' })
    // Node.js has raised its own limit as far as it may, and children inherit it. Both sides need a file for each socket.
    const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
    const files = limit === 'unlimited' ? Infinity : Number(limit)
    const many = Math.min(10_000, files - 300)
    expect(many, `sockets that a limit of ${limit} open files leaves room for`).toBeGreaterThanOrEqual(500)

    const crowd = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      CROWD,
      String(port),
      String(many)
    ])
    const ended = once(crowd, 'close')
    later(() => crowd.kill('SIGKILL'))
    let said = ''
    crowd.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    crowd.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    const count = (what: string) => Number(said.match(new RegExp(`.*${what} (\\d+)`, 's'))?.[1] ?? 0)
    await until(
      'the whole crowd',
      async () => {
        await visit(port)
        return count('opened') === many
      },
      DEADLINE_MS
    )
    await until(
      'the closing of all of it',
      async () => {
        await visit(port)
        return count('closed') === many
      },
      DEADLINE_MS
    )
    await ended
    expect(said).not.toContain('failed')
  })
})

const CROWD = `
  import { connect } from 'node:net'
  const [port, many] = process.argv.slice(1).map(Number)
  const counts = { opened: 0, closed: 0, failed: 0 }
  const tell = () => console.log(Object.entries(counts).filter(([, n]) => n > 0).map((each) => each.join(' ')).join(' '))
  setInterval(tell, 100).unref()
  process.on('exit', tell)
  async function opening() {
    for (let n = 0; n < many / 50; n++) {
      await new Promise((resolve) => {
        let isOpen = false
        const socket = connect(port, '127.0.0.1')
        socket.on('connect', () => { isOpen = true; counts.opened++; resolve() })
        socket.on('error', () => {})
        socket.on('close', () => { counts[isOpen ? 'closed' : 'failed']++; resolve() })
        socket.resume()
      })
    }
  }
  await Promise.all(Array.from({ length: 50 }, opening))
`

describe('clients that ask for much at once', () => {
  test('get a hundred pipelined answers, in order, and are cut off when they send thousands ahead', async () => {
    const names = Array.from({ length: 100 }, (_, n) => `page ${n}.`)
    const files = Object.fromEntries(names.map((name, n) => [`/${n}.txt`, name]))
    const { port, site } = await serve({ '/index.html': 'home', ...files })
    const asked = names.map((_, n) => `GET /${n}.txt HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)
    const last = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`
    const answer = await raw(port, asked.join('') + last)
    expect(answer.match(/page \d+\.|home/g)).toEqual([...names, 'home'])

    const cut = await raw(port, asked.join('').repeat(50) + last)
    expect(cut.match(/page \d+\./g)?.length ?? 0).toBeLessThan(5_000)
    await until('the end of every answer', () => site.counts.held === 0)
    await visit(port)
  })

  test('and take nothing keep no visitor out, and are not answered into memory', async () => {
    const { port, site } = await serve({ '/index.html': 'home', '/large.bin': Buffer.alloc(15_000_000, 'x') })
    let taken = 0
    inBlocks(site, (bytes) => (taken += bytes))
    await visit(port)
    const greedy = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    later(() => greedy.forEach((socket) => socket.destroy()))
    for (const socket of greedy) {
      socket.pause()
      socket.write(`GET /large.bin HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`.repeat(100))
    }
    await until('the first answers', () => taken > 0)
    for (let n = 0; n < 50; n++) await visit(port)
    // What the system takes off our hands for each connection, and little more. All answers together have 30 GB.
    expect(taken / greedy.length).toBeLessThan(8_000_000)
    for (const socket of greedy) socket.destroy()
    await until('the end of every answer', () => site.counts.held === 0)
    await visit(port)
  })
})

/** Lets large files come as drives read them, block by block. @param onBlock told of the bytes of each that is read */
function inBlocks(site: MemorySite, onBlock: (bytes: number) => void): void {
  function* blocks(byteLength: number) {
    for (let rest = byteLength; rest > 0; rest -= 65_536) {
      const block = Buffer.alloc(Math.min(65_536, rest))
      onBlock(block.length)
      yield block
    }
  }
  const hold = site.hold.bind(site)
  site.hold = () => {
    const held = hold()
    if (!held) return null
    const { entry, stream } = held.drive
    const streamed = (blob: BlobPointer, range?: object) =>
      blob.byteLength > 65_536 ? Readable.from(blocks(blob.byteLength)) : stream(blob, range)
    return { ...held, drive: { entry, stream: streamed } }
  }
}
