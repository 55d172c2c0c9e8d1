import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import {
  connect,
  type ClientHttp2Session,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type Settings
} from 'node:http2'
import { buffer, text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { sendText } from '../../src/mirror/own-page.js'
import {
  listen,
  openSiteServer,
  type SiteServer,
  type SiteServerOptions
} from '../../src/mirror/site-server.js'
import { issue } from '../support/certificate.js'
import { tempDir } from '../support/folders.js'
import { later } from '../support/later.js'
import { memorySite, type MemorySite } from '../support/memory-site.js'
import { until } from '../support/until.js'

const KEY = 'y'.repeat(52)
const OTHER = `${'y'.repeat(51)}o`
const HOST = `${KEY}.localhost`
const LARGE = Buffer.alloc(3_000_000, 'large ')

let tls: ReturnType<typeof issue>
beforeAll(() => {
  tls = issue(tempDir(), 'x')
})

async function serve(
  options: Partial<SiteServerOptions> = {}
): Promise<{ server: SiteServer; site: MemorySite }> {
  const site = memorySite({
    '/index.html': `<h1>home</h1>${' words'.repeat(500)}`,
    '/404.html': 'none here',
    '/large.bin': LARGE,
    '/large.txt': LARGE,
    '/_redirects': '/old /new?a=1\n'
  })
  const sites = new Map([
    [KEY, site],
    [OTHER, memorySite({ '/index.html': 'other' })]
  ])
  const server = await openSiteServer({ sites, tls, ...options })
  later(() => server.close())
  return { server, site }
}

function session(port: number): ClientHttp2Session {
  const made = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  made.on('error', () => {}) // cut by the server
  later(() => made.destroy())
  return made
}

interface Got {
  status: number
  headers: IncomingHttpHeaders
  bytes: Buffer
}

async function get(from: ClientHttp2Session, path: string, headers: OutgoingHttpHeaders = {}): Promise<Got> {
  const stream = from.request({ ':path': path, ':authority': HOST, ...headers })
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders]
  return { status: Number(answer[':status']), headers: answer, bytes: await buffer(stream) }
}

describe('over HTTP/2 a site', () => {
  test('is the same as over HTTP/1.1: pages, ranges, HEAD, 304, redirects, missing pages, other methods', async () => {
    const warned = vi.spyOn(process, 'emitWarning')
    const { server } = await serve()
    const two = session(server.port)
    const page = await get(two, '/')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect((await get(two, '/', { 'accept-encoding': 'br' })).headers['content-encoding']).toBe('br')
    const packed = await get(two, '/large.txt', { 'accept-encoding': 'gzip' })
    expect(gunzipSync(packed.bytes).equals(LARGE)).toBe(true)
    for (const [path, headers] of [
      ['/', {}],
      ['/', { 'if-none-match': page.headers.etag }],
      ['/large.bin', {}],
      ['/large.bin', { range: 'bytes=100-199' }],
      ['/large.bin', { range: 'bytes=4000000-' }],
      ['/old?b=2', {}],
      ['/none', {}],
      ['/', { ':method': 'HEAD' }],
      ['/none', { ':method': 'HEAD' }],
      ['/large.bin', { ':method': 'HEAD' }],
      ['/', { ':method': 'POST' }],
      ['/%E0%A4%A', {}]
    ] as [string, Record<string, string>][]) {
      const here = await get(two, path, headers)
      const there = await getByHttp1(server.port, path, headers)
      const { date: _, connection: _c, 'keep-alive': _k, ...same } = there.headers
      expect({ path, status: here.status, ...here.headers }).toMatchObject({
        path,
        status: there.status,
        ...same
      })
      expect(here.bytes.equals(there.bytes)).toBe(true)
    }
    expect(warned).not.toHaveBeenCalled()
    two.close()
  })

  test('is named by :authority, by Host where there is none, and never by two names', async () => {
    const { server } = await serve()
    const two = session(server.port)
    const ask = async (headers: OutgoingHttpHeaders) => {
      const { status, bytes } = await get(two, '/', headers)
      return [status, bytes.toString().slice(0, 13)]
    }
    expect(await ask({})).toEqual([200, '<h1>home</h1>'])
    expect(await ask({ ':authority': `${OTHER}.localhost:${server.port}` })).toEqual([200, 'other'])
    expect(await ask({ ':authority': undefined, host: HOST })).toEqual([200, '<h1>home</h1>'])
    expect(await ask({ host: HOST })).toEqual([200, '<h1>home</h1>'])
    expect((await ask({ host: `${OTHER}.localhost` }))[0]).toBe(400)
    expect((await ask({ ':authority': 'x'.repeat(300) }))[0]).toBe(400)
    expect((await ask({ ':authority': 'example.org' }))[0]).toBe(404)
    await expect(get(two, `https://${OTHER}.localhost/`)).rejects.toThrow('PROTOCOL_ERROR')
  })

  test('is sent to clients of HTTP/1.1 at the same port, also to those that name no protocol', async () => {
    const { server } = await serve()
    const protocols = [['h2', 'http/1.1'], ['http/1.1'], undefined]
    const chosen = await Promise.all(
      protocols.map(async (ALPNProtocols) => {
        const socket = connectTls({
          port: server.port,
          rejectUnauthorized: false,
          ...(ALPNProtocols && { ALPNProtocols })
        })
        await once(socket, 'secureConnect')
        const { alpnProtocol } = socket
        if (alpnProtocol === 'h2') return socket.destroy() && alpnProtocol
        socket.end(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`)
        return [alpnProtocol, (await text(socket)).slice(0, 15)]
      })
    )
    expect(chosen).toEqual(['h2', ['http/1.1', 'HTTP/1.1 200 OK'], [false, 'HTTP/1.1 200 OK']])
  })

  test('is told of in other letters than ASCII without a body, when only the head is asked for', async () => {
    const errors: Error[] = []
    const { port, close } = await listen(
      (_req, res) => {
        const { stream } = res as unknown as Http2ServerResponse
        stream.on('error', (error: Error) => errors.push(error))
        sendText(res, 200, 'für')
      },
      { tls }
    )
    later(close)
    const two = session(port)
    expect((await get(two, '/')).bytes.toString()).toBe('für\n')
    const head = await get(two, '/', { ':method': 'HEAD' })
    expect([head.headers['content-length'], head.bytes.length]).toEqual(['5', 0])
    two.close()
    await once(two, 'close')
    expect(errors).toEqual([])
  })

  test('holds nothing for requests that were given up', async () => {
    const { server, site } = await serve()
    const two = session(server.port)
    for (let n = 0; n < 20; n++) {
      const stream = two.request({ ':path': '/large.bin', ':authority': HOST })
      stream.on('error', () => {})
      await once(stream, 'response')
      stream.close(8)
    }
    await until('every state is released', () => site.counts.held === 0)
    expect((await get(two, '/')).status).toBe(200)
  })
})

describe('sessions of HTTP/2', () => {
  test('without a request are closed, and one with a download is not', async () => {
    const { server } = await serve({ idleMs: 200 })
    const idle = session(server.port)
    const busy = session(server.port)
    const stream = busy.request({ ':path': '/large.bin', ':authority': HOST })
    await once(stream, 'response')
    await once(idle, 'close')
    expect(busy.closed).toBe(false)
    expect((await buffer(stream)).equals(LARGE)).toBe(true)
    await once(busy, 'close')
  })

  test('are not kept open by a body that never ends', async () => {
    const { server } = await serve({ idleMs: 200 })
    const busy = session(server.port)
    const stream = busy.request({ ':method': 'POST', ':path': '/', ':authority': HOST }, { endStream: false })
    stream.on('error', () => {})
    stream.write('the beginning of a body')
    const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    expect(answer[':status']).toBe(405)
    await once(busy, 'close')
  })

  test('make room for others when there are too many, but for those that are answered', async () => {
    const { server } = await serve({ maxConnections: 4 })
    const busy = session(server.port)
    const stream = busy.request({ ':path': '/large.bin', ':authority': HOST })
    await once(stream, 'response')
    await get(busy, '/') // answered beside it
    for (let n = 0; n < 8; n++) expect((await get(session(server.port), '/')).status).toBe(200)
    expect((await buffer(stream)).equals(LARGE)).toBe(true)
  })

  test('say how many requests they take at a time, and how long the head of one may be', async () => {
    const { server } = await serve()
    const [settings] = (await once(session(server.port), 'remoteSettings')) as [Settings]
    expect(settings).toMatchObject({ maxConcurrentStreams: 100, maxHeaderListSize: 16_384 })
  })

  test(
    'are cut when neither side has sent anything for a minute',
    { tags: 'long', timeout: 300_000 },
    async () => {
      const { server, site } = await serve()
      const stuck = session(server.port)
      const stream = stuck.request({ ':path': '/large.bin', ':authority': HOST })
      stream.on('error', () => {})
      await once(stream, 'response')
      await once(stuck, 'close')
      await until('its state is released', () => site.counts.held === 0)
    }
  )

  test('without a request end at once with the server', { timeout: 30_000 }, async () => {
    const { server } = await serve({ idleMs: 600_000 })
    const idle = session(server.port)
    await get(idle, '/')
    // The time after which a server that was closed cuts what is open does not come.
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    await server.close()
    vi.useRealTimers()
    await until('it is cut', () => idle.destroyed)
    expect(idle.destroyed).toBe(true)
  })

  test('end with the server, also while a client reads nothing', async () => {
    const { server, site } = await serve()
    const stuck = session(server.port)
    const stream = stuck.request({ ':path': '/large.bin', ':authority': HOST })
    stream.on('error', () => {})
    await once(stream, 'response')
    await server.close()
    await until('it is cut', () => stuck.destroyed)
    await until('its state is released', () => site.counts.held === 0)
  })
})

function getByHttp1(port: number, path: string, headers: Record<string, string>): Promise<Got> {
  const { ':method': method = 'GET', ...own } = headers
  return new Promise((resolve, reject) => {
    const asked = { host: '127.0.0.1', port, path, method, headers: { host: HOST, ...own } }
    httpsRequest({ ...asked, agent: false, rejectUnauthorized: false }, (answer) => {
      buffer(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes }),
        reject
      )
    })
      .on('error', reject)
      .end()
  })
}
