import { once } from 'node:events'
import { createServer, ServerResponse, type RequestListener, type ServerOptions } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { expect, test, vi } from 'vitest'
import { Head } from '../../src/mirror/response-head.js'

/** What a server answers to requests that are sent over one connection, without the dates. */
async function answersTo(
  listener: RequestListener,
  requests: string[],
  options: ServerOptions = {}
): Promise<string[]> {
  const server = createServer(options, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const answers: string[] = []
    for (const request of requests) {
      socket.write(request)
      const [bytes] = (await once(socket, 'data')) as [Buffer]
      answers.push(bytes.toString('latin1').replace(/^Date: .*\r\n/m, ''))
    }
    socket.destroy()
    return answers
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'
const HEAD = 'HEAD / HTTP/1.1\r\nhost: x\r\n\r\n'
const LAST_GET = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
const OLD_GET = 'GET / HTTP/1.0\r\nhost: x\r\nconnection: keep-alive\r\n\r\n'

const fields = ['content-type', 'text/plain', 'content-length', '5']

function plain(status: number, body: string): RequestListener {
  return (_req, res) => {
    res.writeHead(status, fields)
    res.end(body, 'latin1')
  }
}

test.each([
  ['again and again', [GET, GET, GET]],
  ['to HEAD without the body, and to GET with it', [GET, HEAD, GET, HEAD]],
  ['on a connection that the client ends', [GET, GET, LAST_GET]],
  ['to clients of HTTP 1.0', [GET, OLD_GET, GET]]
])('an answer is what Node.js would make of it, %s', async (_name, requests) => {
  const head = new Head(404, fields)
  const ours = await answersTo((_req, res) => head.end(res, 'gone\n'), requests)
  expect(ours).toEqual(await answersTo(plain(404, 'gone\n'), requests))
})

test('an answer without a body is what Node.js would make of it', async () => {
  const head = new Head(304, ['etag', '"a"'])
  const ours = await answersTo((_req, res) => head.end(res), [GET, GET, HEAD])
  const theirs = await answersTo(
    (_req, res) => void res.writeHead(304, ['etag', '"a"']).end(),
    [GET, GET, HEAD]
  )
  expect(ours).toEqual(theirs)
})

test('a head goes before bytes that are sent on their own', async () => {
  const head = new Head(200, fields)
  const listener: RequestListener = (_req, res) => {
    head.write(res)
    res.end(Buffer.from('bytes'))
  }
  const [first, second] = await answersTo(listener, [GET, GET])
  expect(first).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nbytes$/s)
  expect(second).toBe(first)
})

test('connections that are kept alive for another time are told so', async () => {
  const head = new Head(404, fields)
  const listener: RequestListener = (_req, res) => head.end(res, 'gone\n')
  const [short] = await answersTo(listener, [GET], { keepAliveTimeout: 2_000 })
  const [long] = await answersTo(listener, [GET], { keepAliveTimeout: 9_000 })
  expect(short).toContain('Keep-Alive: timeout=2\r\n')
  expect(long).toContain('Keep-Alive: timeout=9\r\n')
})

test('what somebody else does to a response is not lost', async () => {
  const head = new Head(404, fields)
  const seen: number[] = []
  const listener: RequestListener = (req, res) => {
    if (req.url === '/header') res.setHeader('x-mine', '1')
    if (req.url === '/wrapped') {
      const writeHead = res.writeHead.bind(res)
      res.writeHead = ((status: number, ...rest: []) => {
        seen.push(status)
        return writeHead(status, ...rest)
      }) as typeof res.writeHead
    }
    head.end(res, 'gone\n')
  }
  const requests = [GET, GET.replace('/', '/header'), GET.replace('/', '/wrapped'), GET]
  const [first, withHeader, wrapped, last] = await answersTo(listener, requests)
  expect(withHeader).toContain('x-mine: 1\r\n')
  expect(seen).toEqual([404])
  expect(wrapped).toBe(first)
  expect(last).toBe(first)
})

test('a head is made anew when the second is over, as it has the date in it', async () => {
  const make = vi.spyOn(ServerResponse.prototype, 'writeHead')
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2030-01-01T00:00:00Z') })
  try {
    const head = new Head(404, fields)
    const made: number[] = []
    const listener: RequestListener = (_req, res) => {
      head.end(res, 'gone\n')
      made.push(make.mock.calls.length)
      if (made.length === 2) vi.setSystemTime(new Date('2030-01-01T00:00:01Z'))
    }
    await answersTo(listener, [GET, GET, GET, GET])
    expect(made).toEqual([1, 1, 2, 2])
  } finally {
    vi.useRealTimers()
    make.mockRestore()
  }
})
