import { connect } from 'node:net'
import { within } from './attacker.mjs'

const ANSWER_MS = 5_000
/** Requests of one connection. */
const MOST = 40

/** @typedef {{ port: number, host: string, paths: string[] }} Target */

/**
 * What is sent, by name: the bytes of one request, or of several.
 *
 * @type {Record<string, (target: Target, random: import('../support/random.mjs').Random) => string | Uint8Array>}
 */
export const REQUESTS = {
  'a page': (target, random) => say('GET', random.pick(target.paths), target),
  'the head of a page': (target, random) => say('HEAD', random.pick(target.paths), target),
  'another method': (target, random) =>
    say(random.pick(['OPTIONS', 'TRACE', 'DELETE', 'PATCH', 'PROPFIND']), random.pick(target.paths), target),
  'a post': (target, random) => {
    const body = random.bytes(random.pick([0, 10, 20_000]))
    const head = say('POST', random.pick([...target.paths, '/api/publish', '/api/rollback']), target, {
      'content-type': random.pick(['application/json', 'text/plain']),
      'content-length': body.length
    })
    return Buffer.concat([Buffer.from(head), body])
  },
  'a range': (target, random) => say('GET', random.pick(target.paths), target, { range: range(random) }),
  'many ranges': (target, random) =>
    say('GET', random.pick(target.paths), target, {
      range: `bytes=${Array.from({ length: random.pick([2, 300]) }, (_, n) => `${n}-${n + 9}`).join(',')}`
    }),
  'a condition': (target, random) =>
    say('GET', random.pick(target.paths), target, {
      [random.pick(['if-none-match', 'if-match', 'if-range', 'if-modified-since', 'if-unmodified-since'])]:
        random.pick(['*', '"x"', 'W/"', 'x'.repeat(5_000), 'Thu, 99 Foo 99999', '"a","b",'.repeat(200)])
    }),
  'a path with a zero byte': (target, random) =>
    say('GET', random.pick(['/%00', '/index.html%00', '/a%00/../b', '/%00'.repeat(100)]), target),
  'a path that leads out': (target, random) =>
    say(
      'GET',
      random.pick([
        '/../',
        '/%2e%2e/%2e%2e/etc/passwd',
        '/..%2f..%2fetc/passwd',
        '/..%5c..%5c',
        '//etc/passwd',
        '..'
      ]),
      target
    ),
  'a broken path': (target, random) =>
    say(
      'GET',
      random.pick(['/%', '/%E0%A4%A', '/%zz', '/%ff%fe', '/\u00ff', '/?%', '/#', '*', 'x', '/a b']),
      target
    ),
  'a long path': (target, random) =>
    say(
      'GET',
      `/${random.pick(['x', '%2f', 'a/', '%E6%97'])}`.padEnd(random.pick([4_000, 15_000, 65_536]), '/y'),
      target
    ),
  'many headers': (target, random) =>
    say(
      'GET',
      '/',
      target,
      Object.fromEntries(Array.from({ length: random.pick([100, 1_990, 10_000]) }, (_, n) => [`x${n}`, '']))
    ),
  'another host': (target, random) =>
    say('GET', '/', {
      host: random.pick([
        '',
        'evil.example',
        '127.0.0.1',
        `${'y'.repeat(52)}.localhost`,
        '[::1]',
        'x'.repeat(5_000),
        'r9-x'
      ])
    }),
  'two hosts': (target) => `GET / HTTP/1.1\r\nHost: ${target.host}\r\nHost: evil.example\r\n\r\n`,
  'a body that does not come': (target) =>
    say('POST', '/', target, { 'content-length': 1_000_000 }) + 'x'.repeat(10),
  'half a head': (target) => `GET / HTTP/1.1\r\nHost: ${target.host}\r\nX-Slow: `,
  'many at once': (target, random) => say('GET', random.pick(target.paths), target).repeat(20),
  'an upgrade': (target, random) =>
    say('GET', '/', target, {
      connection: 'upgrade',
      upgrade: random.pick(['websocket', 'h2c', 'x'.repeat(1_000)]),
      'sec-websocket-key': 'x',
      'sec-websocket-version': random.between(0, 99)
    }),
  'a tunnel': (target) => say('CONNECT', 'example.org:443', target),
  noise: (target, random) => random.bytes(random.pick([1, 30, 3_000])),
  'two lengths': (target) =>
    `POST / HTTP/1.1\r\nHost: ${target.host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx`,
  'chunks of nonsense': (target, random) =>
    `POST / HTTP/1.1\r\nHost: ${target.host}\r\nTransfer-Encoding: chunked\r\n\r\n${random.pick(['zz\r\n', 'fffffffff\r\n', '1\r\nxx'])}`,
  'an old version': (target, random) =>
    random.pick(['GET /\r\n\r\n', 'GET / HTTP/0.9\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n']),
  'an encoding': (target, random) =>
    say('GET', random.pick(target.paths), target, {
      'accept-encoding': random.pick([
        'br',
        'gzip;q=0',
        '*;q=1e9',
        'x,'.repeat(2_000),
        'br;q=',
        'identity;q=0'
      ])
    }),
  'an expectation': (target, random) =>
    say('POST', '/', target, { expect: random.pick(['100-continue', '999', 'x']), 'content-length': 5 }),
  'a whole address': (target, random) =>
    say('GET', `http://${random.pick([target.host, 'evil.example'])}/`, target),
  'a page of its own': (target, random) =>
    say(
      'GET',
      random.pick([
        '/.well-known/sitedrive/events?since=9999999999.1',
        '/.well-known/sitedrive/page?at=//evil/%00',
        '/.well-known/sitedrive/page?at=%',
        '/.well-known/sitedrive.json',
        '/ask?domain=%00',
        '/metrics',
        '/api/review',
        '/api/diff?path=/../../etc/passwd',
        '/api/log?limit=1e9',
        '/api/events'
      ]),
      target,
      random.chance(0.5) ? { 'sitedrive-token': 'x'.repeat(32), origin: 'http://evil.example' } : {}
    )
}

/**
 * Sends requests to one server on one connection after another.
 *
 * @param {Target} target
 * @param {{ random: object, budget: { left: number }, sent: Map<string, number>, idle: import('node:net').Socket[] }} load
 *   `idle`: connections that are left as they are
 */
export async function attackServer(target, { random, budget, sent, idle }) {
  const names = Object.keys(REQUESTS)
  while (budget.left > 0) {
    const socket = connect(target.port, '127.0.0.1')
    let isClosed = false
    let heard = 0
    let wake = () => {}
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1').split('HTTP/1.1 ').length - 1
      wake()
    })
    const closed = new Promise((resolve) => {
      socket.on('close', () => {
        isClosed = true
        wake()
        resolve()
      })
    })
    let expected = 0
    for (let n = random.between(1, MOST); n > 0 && !isClosed && budget.left > 0; n--) {
      const name = random.pick(names)
      const bytes = REQUESTS[name](target, random)
      const count = name === 'many at once' ? 20 : 1
      budget.left -= count
      sent.set(name, (sent.get(name) ?? 0) + count)
      expected += count
      socket.write(bytes)
      if (random.chance(0.1)) break // leaves before the answer
      if (/does not come|half a head|chunks|two lengths|noise|expectation|tunnel|upgrade/.test(name)) break
      const endsAt = performance.now() + ANSWER_MS
      while (heard < expected && !isClosed && performance.now() < endsAt)
        await within(ANSWER_MS, new Promise((resolve) => (wake = resolve)))
    }
    if (random.chance(0.05) && idle.length < 200) idle.push(socket)
    else {
      if (random.chance(0.5)) socket.destroy()
      else socket.end()
      await within(200, closed)
      socket.destroy()
    }
  }
}

function say(method, path, { host }, headers = {}) {
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

function range(random) {
  return random.pick([
    'bytes=0-0',
    'bytes=0-',
    'bytes=-1',
    'bytes=9-1',
    'bytes=-99999999999999999999',
    'bytes=99999999999999999999-',
    'bytes=0-18446744073709551615',
    'bytes=',
    'bytes=a-b',
    'lines=1-2',
    'bytes=0-1,',
    `bytes=${'0-1,'.repeat(2_000)}0-1`
  ])
}
