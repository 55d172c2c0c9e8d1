import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
import type { FollowedSite } from '../src/copy/follow.js'
import {
  openSiteServer,
  siteListener,
  type ServedSite,
  type SiteServer,
  type SiteServerOptions
} from '../src/mirror/site-server.js'
import { HandMadeDrive } from './support/hand-made-drive.js'
import { later } from './support/later.js'
import { follow } from './support/local-network.js'
import { PublishedSite } from './support/published-site.js'
import { connectTo, raw, request } from './support/request.js'
import { settled, until } from './support/until.js'

const FILES = {
  'index.html': '<h1>home</h1>',
  '404.html': '<h1>not here</h1>',
  'about.html': '<h1>about</h1>',
  plain: 'no extension',
  'empty.txt': '',
  both: 'the file',
  'both.html': '<h1>the page</h1>',
  'style.css': 'a { color: red }',
  'bytes.bin': randomBytes(200_000),
  'blog/index.html': '<h1>blog</h1>',
  'blog/404.html': '<h1>no such post</h1>',
  'blog/one/index.html': '<h1>one</h1>',
  'a b/ü ?#&.html': '<h1>names</h1>',
  '.well-known/security.txt': 'Contact: mailto:a@example.org'
}

async function serve(
  sites: Record<string, ServedSite>,
  options: Partial<SiteServerOptions> = {}
): Promise<SiteServer> {
  const server = await openSiteServer({ sites: new Map(Object.entries(sites)), ...options })
  later(() => server.close())
  return server
}

describe('a served site', () => {
  const published = new PublishedSite()
  let site: FollowedSite
  let server: SiteServer
  let host: string
  const get = (path: string, headers: Record<string, string> = {}) =>
    request(server.port, host, path, { headers })

  beforeAll(async () => {
    await published.publish(FILES)
    await published.goOnline()
    site = await follow(published.key)
    if (!(await site.ready(15_000))) throw new Error('the site did not arrive')
    await published.goOffline() // what follows needs no publisher
    server = await serve({ [site.key]: site })
    host = `${site.key}.localhost:${server.port}`
  }, 20_000)

  test('gives every file byte for byte', async () => {
    for (const [name, content] of Object.entries(FILES)) {
      const answer = await get(`/${encodeURIComponent(name).replaceAll('%2F', '/')}`)
      expect([name, answer.status]).toEqual([name, 200])
      expect([name, answer.bytes.equals(Buffer.from(content))]).toEqual([name, true])
      expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(content)))
    }
  })

  test('says of what type a file is, where to find it as a drive, and to ask again before a copy is used', async () => {
    const { headers } = await get('/style.css')
    expect(headers).toMatchObject({
      'content-type': 'text/css; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=0, must-revalidate',
      'hyper-link': `hyper://${site.key}+${site.state?.version}/style.css`
    })
    expect((await get('/')).headers['hyper-link']).toMatch(/\/index\.html$/)
    expect((await get('/a%20b/%C3%BC%20%3F%23%26.html')).headers['hyper-link']).toMatch(
      /\/a%20b\/%C3%BC%20%3F%23&\.html$/
    )
  })

  test('has folders at their index page, with the slash that relative links need', async () => {
    expect((await get('/')).text).toBe('<h1>home</h1>')
    expect((await get('/blog/')).text).toBe('<h1>blog</h1>')
    expect((await get('/blog/?x=1')).status).toBe(200)
    for (const [path, location] of [
      ['/blog', '/blog/'],
      ['/blog?x=1&y=%20z', '/blog/?x=1&y=%20z'],
      ['/blog/one', '/blog/one/']
    ]) {
      const answer = await get(path!)
      expect([path, answer.status, answer.headers.location]).toEqual([path, 308, location])
      expect(answer.bytes.length).toBe(0)
    }
  })

  test('has a page under its name without .html, unless a file has exactly that name', async () => {
    expect(await get('/about')).toMatchObject({ status: 200, text: '<h1>about</h1>' })
    expect((await get('/about')).headers['content-type']).toBe('text/html; charset=utf-8')
    expect((await get('/about.html')).text).toBe('<h1>about</h1>')
    expect((await get('/both')).text).toBe('the file')
    expect((await get('/blog/index')).text).toBe('<h1>blog</h1>')
    expect(await get('/about/?x=1')).toMatchObject({ status: 308, headers: { location: '/about?x=1' } })
  })

  test('answers what it has not with the nearest 404 page, which carries no tag', async () => {
    for (const [path, page] of [
      ['/nothing', '<h1>not here</h1>'],
      ['/nothing/at/all/', '<h1>not here</h1>'],
      ['/blog/nothing', '<h1>no such post</h1>'],
      ['/blog/one/nothing.css', '<h1>no such post</h1>'],
      ['/blogs/nothing', '<h1>not here</h1>']
    ]) {
      const answer = await get(path!, { 'if-none-match': '*' })
      expect([path, answer.status, answer.text]).toEqual([path, 404, page])
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
      expect(answer.headers.etag).toBeUndefined()
    }
    expect(await get(`/${'x/'.repeat(4_000)}`)).toMatchObject({ status: 404, text: '<h1>not here</h1>' })
  })

  test('shows the release record, and nothing else under the reserved names', async () => {
    const record = await get('/.well-known/sitedrive.json')
    expect(record.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(JSON.parse(record.text)).toMatchObject({ release: 1, files: Object.keys(FILES).length })
    expect((await get('/.well-known/sitedrive')).status).toBe(404)
    expect((await get('/.well-known/sitedrive-other.json')).status).toBe(404)
    expect((await get('/.well-known/security.txt')).status).toBe(200)
  })

  test('sends a file that the client has already only when it changed', async () => {
    const { headers } = await get('/about')
    const tag = headers.etag ?? ''
    expect(tag).toMatch(/^"[\w-]{20,}"$/)
    for (const match of [tag, `W/${tag}`, '*', `"other", W/${tag}`]) {
      const answer = await get('/about', { 'if-none-match': match })
      expect([match, answer.status, answer.bytes.length]).toEqual([match, 304, 0])
      expect(answer.headers.etag).toBe(tag)
      expect(answer.headers['cache-control']).toBe(headers['cache-control'])
    }
    expect((await get('/about', { 'if-none-match': '"other"' })).status).toBe(200)
    expect((await get('/style.css')).headers.etag).not.toBe(tag)
  })

  test('answers HEAD like GET, without a body', async () => {
    for (const path of ['/', '/bytes.bin', '/empty.txt', '/nothing', '/blog']) {
      const [head, whole] = [await request(server.port, host, path, { method: 'HEAD' }), await get(path)]
      expect(head.status).toBe(whole.status)
      expect(head.bytes.length).toBe(0)
      expect({ ...head.headers, date: '' }).toEqual({ ...whole.headers, date: '' })
    }
  })

  test('can only be read', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await request(server.port, host, '/', { method })
      expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, 'GET, HEAD'])
    }
  })

  test('is one site under all spellings of its host name', async () => {
    const alphabet = 'ybndrfg8ejkmcpqxot1uwisza345h769'
    // The last character carries one bit of the key; the other four are ignored.
    const last = alphabet.indexOf(site.key.at(-1)!) & 16
    const spellings = Array.from(alphabet.slice(last, last + 16), (end) => site.key.slice(0, -1) + end)
    expect(spellings).toContain(site.key)
    const hosts = [
      ...spellings.map((spelling) => `${spelling}.localhost`),
      `${site.key}.localhost.`,
      `${site.key}.localhost.:${server.port}`,
      `${site.key.toUpperCase()}.LocalHost:1`
    ]
    for (const name of hosts) {
      const answer = await request(server.port, name, '/about')
      expect([name, answer.text]).toEqual([name, '<h1>about</h1>'])
    }
  })

  test('is not reached by any other host name', async () => {
    const other = `${'y'.repeat(51)}o`
    const names = [
      'example.org',
      `${other}.localhost`,
      `${site.key}.example.org`,
      `${site.key}localhost`,
      `x.${site.key}.localhost`,
      `${site.key}.localhost.example.org`,
      site.key,
      'nonsense.localhost',
      '..localhost',
      '[::ffff:1]',
      '%00',
      '"><script>'
    ]
    for (const name of names) {
      const answer = await request(server.port, name, '/about')
      expect([name, answer.status]).toEqual([name, 404])
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
      expect(answer.text).toMatch(/^No such site here/)
    }
    expect(await raw(server.port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 404 /)
  })

  test('is listed by the server itself, which shows nothing else', async () => {
    for (const name of ['localhost', '127.0.0.1', `LOCALHOST:${server.port}`, '[::1]:80', 'localhost.']) {
      const answer = await request(server.port, name, '/')
      expect([name, answer.status]).toEqual([name, 200])
      expect(answer.text).toContain(`<a href="http://${site.key}.localhost:${server.port}/">`)
      expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/)
      expect((await request(server.port, name, '/about')).status).toBe(404)
    }
    expect(server.url).toBe(`http://localhost:${server.port}/`)
    expect(server.urlOf(site.key)).toBe(`http://${site.key}.localhost:${server.port}/`)
  })

  test('refuses paths that name no file', async () => {
    for (const path of [
      '/%E0%A4%A',
      '/%00',
      '/index.html%00.png',
      '/..',
      '/../etc/passwd',
      '/blog/../../index.html',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/.%2e/x',
      '/./index.html',
      '/%2e/index.html',
      '/..%2f..%2fetc/passwd',
      '/..%5c..%5cetc/passwd',
      '/blog\\index.html',
      '/blog%5Cindex.html',
      '*',
      'ftp://example.org/',
      'http://user@example.org/',
      'index.html'
    ]) {
      const answer = await get(path)
      expect([path, answer.status]).toEqual([path, 400])
    }
    expect(await raw(server.port, `GET /\0 HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /)
  })

  test('is asked for by one host', async () => {
    const ask = (lines: string) => raw(server.port, `GET ${lines}\r\nConnection: close\r\n\r\n`)
    expect(await ask(`/about HTTP/1.1\r\nHost: ${host}\r\nhost: localhost`)).toMatch(/^HTTP\/1.1 400 /)
    expect(await ask(`/ HTTP/1.1\r\nHost: ${'x'.repeat(262)}`)).toMatch(/^HTTP\/1.1 400 /)
    expect(await ask(`http://${host}/about?x HTTP/1.1\r\nHost: localhost`)).toContain('<h1>about</h1>')
    expect(await ask(`http://${host}?x HTTP/1.1\r\nHost: localhost`)).toContain('<h1>home</h1>')
    expect(await ask(`http://example.org/ HTTP/1.1\r\nHost: ${host}`)).toMatch(/^HTTP\/1.1 404 /)
    expect(await ask(`http://${'x'.repeat(262)}/ HTTP/1.1\r\nHost: ${host}`)).toMatch(/^HTTP\/1.1 400 /)
  })

  test('lets pages of other sites send conditions and ranges, and read what comes back', async () => {
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'GET' }
    const preflight = await request(server.port, host, '/style.css', { method: 'OPTIONS', headers })
    expect(preflight.status).toBe(204)
    expect(preflight.headers).toMatchObject({ 'access-control-allow-origin': '*' })
    expect(preflight.headers['access-control-allow-headers']).toContain('range')
    const answer = await get('/style.css')
    for (const name of ['content-range', 'etag', 'hyper-link'])
      expect(answer.headers['access-control-expose-headers']).toContain(name)
    const own = await request(server.port, 'localhost', '/', { method: 'OPTIONS', headers })
    expect(own.status).toBe(405)
  })

  test('does not send anybody to another host', async () => {
    for (const [path, location] of [
      ['//blog', '/blog'],
      ['//example.org/%2e.', null],
      ['//example.org/', '/example.org/'],
      ['/%2Fexample.org', '/example.org'],
      ['/blog//one', '/blog/one'],
      ['///blog/?a=//b', '/blog/?a=//b']
    ] as const) {
      const answer = await get(path)
      expect([path, answer.headers.location ?? null]).toEqual([path, location])
    }
    const odd = await raw(
      server.port,
      `GET /blog?\x80\xff HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    )
    expect(odd).toMatch(/^HTTP\/1.1 (308|400) /)
  })

  test('survives requests that are too long or no HTTP at all', async () => {
    const long = await raw(server.port, `GET /${'x'.repeat(30_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(long).toMatch(/^HTTP\/1.1 431 /)
    expect(await raw(server.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
    expect((await get(`/${'x'.repeat(12_000)}`)).status).toBe(404)
    expect((await get('/about')).status).toBe(200)
  })

  test('is served to many at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => get('/bytes.bin')))
    expect(answers.every(({ bytes }) => bytes.equals(FILES['bytes.bin']))).toBe(true)
  })
})

describe('releases', () => {
  test('the second replaces the first; what did not change keeps its tag', async () => {
    const published = new PublishedSite()
    await published.publish({ 'index.html': 'first', 'same.css': 'a{}', 'old.html': 'old' })
    await published.goOnline()
    const site = await follow(published.key)
    await site.ready(15_000)
    const server = await serve({ [site.key]: site })
    const get = (path: string, tag = '""') =>
      request(server.port, `${site.key}.localhost`, path, { headers: { 'if-none-match': tag } })
    const [page, style, old] = [await get('/'), await get('/same.css'), await get('/old')]
    expect([page.text, style.text, old.text]).toEqual(['first', 'a{}', 'old'])

    const second = await published.publish({ 'index.html': 'second', 'same.css': 'a{}' })
    await published.goOnline()
    await until('the second release', () => site.state?.version === second.version, 15_000)
    expect(await get('/', page.headers.etag)).toMatchObject({ status: 200, text: 'second' })
    expect((await get('/same.css', style.headers.etag)).status).toBe(304)
    expect((await get('/old')).status).toBe(404)
  })

  test(
    'a page that was opened before a release still finds its parts, as long as they are held',
    { tags: 'long' },
    async () => {
      const published = new PublishedSite()
      const first = {
        'index.html': 'page',
        'assets/lazy-BK3f9xQz.js': 'lazy',
        'gone-5e6f7a8b.css': 'a{}',
        'old-BK3f9xQz.html': 'old page'
      }
      await published.publish(first)
      await published.goOnline()
      const site = await follow(published.key)
      await site.ready(15_000)
      const second = await published.publish({
        'index.html': 'page',
        'next-5e6f7a8b.js': 'next',
        _redirects: '/gone-5e6f7a8b.css /index.html 410\n/* /index.html 200\n'
      })
      await published.goOnline()
      await until('the second release', () => site.state?.version === second.version, 15_000)
      const late = await follow(published.key)
      await late.ready(15_000)
      const server = await serve({ [site.key]: site })
      const lateServer = await serve({ [late.key]: late })
      const get = (path: string, { port } = server) => request(port, `${site.key}.localhost`, path)

      const lazy = await get('/assets/lazy-BK3f9xQz.js')
      expect([lazy.status, lazy.text]).toEqual([200, 'lazy'])
      expect(lazy.headers).toMatchObject({
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable'
      })
      expect((await get('/old-BK3f9xQz.html')).text).toBe('page')
      expect((await get('/gone-5e6f7a8b.css')).status).toBe(410)
      expect((await get('/assets/lazy-BK3f9xQz.js', lateServer)).text).toBe('page')

      const third = await published.publish({ 'index.html': 'page' })
      await published.goOnline()
      await until('the third release', () => site.state?.version === third.version, 15_000)
      for (const path of ['/assets/lazy-BK3f9xQz.js', '/gone-5e6f7a8b.css', '/next-5e6f7a8b.js'])
        expect([path, (await get(path)).status]).toEqual([path, 200])
      expect((await get('/never-5e6f7a8b.js')).status).toBe(404)

      const emptied = await published.publish({})
      await published.goOnline()
      await until('the empty release', () => site.state?.version === emptied.version, 15_000)
      expect((await get('/assets/lazy-BK3f9xQz.js')).status).toBe(404)
    }
  )

  test('an answer that began with one release ends with it', { tags: 'long' }, async () => {
    const drive = await HandMadeDrive.open()
    const content = randomBytes(20_000_000)
    await drive.point({ '/big.bin': await drive.store(content) })
    const site = await follow(drive.key)
    await site.ready(15_000)
    const server = await serve({ [site.key]: site })
    const answer = await begin(server, site.key, '/big.bin')

    const second = await drive.point({ '/big.bin': await drive.store(Buffer.from('small')) })
    await until('the second release', () => site.state?.version === second)
    expect((await request(server.port, `${site.key}.localhost`, '/big.bin')).text).toBe('small')
    expect((await buffer(answer)).equals(content)).toBe(true)
  })

  test('a site that is not here yet says so', async () => {
    const site = await follow('y'.repeat(52), { network: null })
    const server = await serve({ [site.key]: site })
    const answer = await request(server.port, `${site.key}.localhost`, '/')
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('2')
  })
})

describe('a drive that lies', () => {
  test('fails only the answers that it lied about', async () => {
    const drive = await HandMadeDrive.open()
    const good = await drive.store(Buffer.from('good'))
    // What Hyperblobs writes for a deduplicated file: version 0, one block, its index and its length.
    const list = await drive.store(Buffer.from([0, 1, 0, 4]))
    const last = await drive.store(Buffer.from('last'))
    await drive.point({
      '/good.txt': good,
      '/shorter.txt': { ...good, byteLength: 2 },
      '/longer.txt': { ...last, byteLength: 5_000 },
      '/endless.bin': { ...last, byteLength: Number.MAX_SAFE_INTEGER },
      '/negative.txt': { ...good, byteLength: -1 },
      '/before.txt': { ...good, blockOffset: -5, blockLength: 6 },
      '/half.txt': { ...good, blockOffset: 0.5 },
      '/text.txt': { ...good, byteLength: '4' },
      '/list.txt': { ...list, blockMap: true },
      '/empty.txt': {},
      '/none.txt': null,
      '/x.constructor': good
    })
    const site = await follow(drive.key)
    await site.ready(8_000)
    const server = await serve({ [site.key]: site }, { stallMs: 200 })
    const get = (path: string) => request(server.port, `${site.key}.localhost`, path)

    expect(await get('/shorter.txt')).toMatchObject({ status: 200, text: 'go' })
    expect((await get('/longer.txt')).status).toBe(502)
    expect((await get('/endless.bin')).status).toBe(502)
    for (const name of ['negative', 'before', 'half', 'text', 'list', 'empty']) {
      const answer = await get(`/${name}.txt`)
      expect([name, answer.status, answer.headers['cache-control']]).toEqual([name, 502, 'no-store'])
    }
    expect((await get('/none.txt')).status).toBe(404)
    expect((await get('/x.constructor')).headers['content-type']).toBe('application/octet-stream')
    expect(await get('/good.txt')).toMatchObject({ status: 200, text: 'good' })
  })

  test.each([
    ['ends early', () => Readable.from([Buffer.alloc(5)])],
    ['gives too much', () => Readable.from([Buffer.alloc(5), Buffer.alloc(LARGE)])],
    ['breaks', () => failing(Buffer.alloc(5))],
    ['stalls', () => stalling(Buffer.alloc(5))]
  ])('is cut off when a body %s half-way', async (_, open) => {
    const { site, released } = fake(open, undefined, LARGE)
    const server = await serve({ [KEY]: site }, { stallMs: 100 })
    await expect(request(server.port, `${KEY}.localhost`, '/x.txt')).rejects.toMatchObject({
      code: 'ECONNRESET'
    })
    await until('the release of the state', () => released() === 1)
  })

  test.each([
    ['gives nothing', () => Readable.from([])],
    ['gives too much at once', () => Readable.from([Buffer.alloc(11)])],
    ['fails', () => failing()],
    ['stalls', () => stalling()],
    [
      'cannot be opened',
      () => {
        throw new Error('names no blobs core')
      }
    ]
  ])('is answered for with 502 when a body %s from the start', async (_, open) => {
    const { site, released } = fake(open)
    const server = await serve({ [KEY]: site }, { stallMs: 100 })
    const answer = await request(server.port, `${KEY}.localhost`, '/x.txt')
    expect(answer.status).toBe(502)
    expect(answer.headers.etag).toBeUndefined()
    await until('the release of the state', () => released() === 1)
  })

  test('is answered for with 503 when its index fails or never answers', async () => {
    for (const entry of [() => Promise.reject(new Error('gone')), () => new Promise<never>(() => {})]) {
      const { site, released } = fake(() => Readable.from([]), entry)
      const server = await serve({ [KEY]: site }, { stallMs: 100 })
      expect((await request(server.port, `${KEY}.localhost`, '/')).status).toBe(503)
      await until('the release of the state', () => released() === 1)
    }
  })
})

describe('a client', () => {
  test('that goes away before it is answered disturbs nobody', async () => {
    let fail = () => {}
    const looking = new Promise<never>((_, reject) => {
      fail = () => reject(new Error('gone'))
    })
    const { site, released } = fake(
      () => Readable.from([]),
      () => looking
    )
    const answer = siteListener({ sites: new Map([[KEY, site]]) })
    let isGone = false
    const server = createServer((req, res) => {
      res.on('close', () => (isGone = true))
      answer(req, res)
      socket.resetAndDestroy()
    })
    server.listen(0, '127.0.0.1')
    later(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET / HTTP/1.1\r\nHost: ${KEY}.localhost\r\n\r\n`)
    await until('the end of the connection', () => isGone)
    fail()
    await until('the release of the state', () => released() === 1)
    expect((await request(port, 'localhost', '/')).status).toBe(200)
  })

  test('that goes away lets go of the drive', async () => {
    const stream = stalling(Buffer.alloc(5))
    const { site, released } = fake(() => stream, undefined, LARGE)
    const server = await serve({ [KEY]: site }, { stallMs: 60_000 })
    const answer = await begin(server, KEY, '/x.txt')
    answer.destroy()
    await until('the release of the state', () => released() === 1)
    expect(stream.destroyed).toBe(true)
  })

  test('that reads slowly holds no more than a few blocks in memory', { tags: 'long' }, async () => {
    let given = 0
    const stream = new Readable({
      highWaterMark: 1,
      read() {
        given++
        this.push(given <= 1_000 ? Buffer.alloc(65_536) : null)
      }
    })
    const { site } = fake(() => stream, undefined, 65_536_000)
    const server = await serve({ [KEY]: site }, { stallMs: 100 })
    const answer = await begin(server, KEY, '/x.bin')
    // Longer than a drive may stall: waiting for the client is not the drive's fault.
    const before = await settled(() => given, 250)
    expect(before).toBeLessThan(500)
    expect((await buffer(answer)).length).toBe(65_536_000)
  })
})

describe('a server', () => {
  test('listens on this machine only, unless told otherwise', async () => {
    const server = await serve({})
    expect(await connectTo(server.port, '127.0.0.1')).toBe('127.0.0.1')
    await expect(connectTo(server.port, '127.0.0.2')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('says so when its port is taken', async () => {
    const { port } = await serve({})
    await expect(openSiteServer({ sites: new Map(), port })).rejects.toMatchObject({ code: 'NETWORK_FAILED' })
  })

  test('lists no site when it has none', async () => {
    const { port } = await serve({})
    expect((await request(port, 'localhost', '/')).text).toContain('None yet.')
  })

  test('serves sites that come and go while it runs', async () => {
    const sites = new Map<string, ServedSite>()
    const server = await openSiteServer({ sites })
    later(() => server.close())
    const get = async () => (await request(server.port, `${KEY}.localhost`, '/x.txt')).status
    expect(await get()).toBe(404)
    sites.set(KEY, fake(() => Readable.from([Buffer.alloc(10)])).site)
    expect(await get()).toBe(200)
    sites.delete(KEY)
    expect(await get()).toBe(404)
  })

  test('shows sites under another domain when told to', async () => {
    const { site } = fake(() => Readable.from([Buffer.alloc(10)]))
    const server = await serve({ [KEY]: site }, { domain: 'sites.example' })
    expect((await request(server.port, `${KEY}.sites.example`, '/x.txt')).status).toBe(200)
    expect((await request(server.port, `${KEY}.localhost`, '/x.txt')).status).toBe(404)
  })

  test('closes twice, although a client keeps its connection and another reads on', async () => {
    const { site } = fake(() => stalling(Buffer.alloc(5)), undefined, LARGE)
    const server = await serve({ [KEY]: site }, { stallMs: 60_000 })
    const answer = await begin(server, KEY, '/x.txt')
    answer.on('error', () => {})
    await Promise.all([server.close(), server.close()])
    await expect(connectTo(server.port, '127.0.0.1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

const KEY = 'y'.repeat(52)

/** More than is taken into memory before it is sent. Bytes. */
const LARGE = 2_000_000

/** A site of one file that is nowhere: its drive does what it is told. */
function fake(
  open: () => Readable,
  entry?: () => Promise<never>,
  byteLength = 10
): { site: ServedSite; released: () => number } {
  let released = 0
  const blob = { blockOffset: 0, blockLength: 1_000, byteOffset: 0, byteLength }
  const drive = {
    entry:
      entry ??
      (async (path: string) => (path.startsWith('/x.') ? { path, seq: 1, blob, metadata: null } : null)),
    stream: open
  }
  const state = { version: 2, fork: 0, blobsLength: 1_000, blobsFork: 0, drive }
  const hold = () => ({
    ...state,
    release: () => {
      released++
    }
  })
  return { site: { hold }, released: () => released }
}

function failing(...first: Buffer[]): Readable {
  return Readable.from(
    (async function* () {
      yield* first
      throw new Error('a block is not available')
    })()
  )
}

function stalling(...first: Buffer[]): Readable {
  return new Readable({
    read() {
      for (const block of first.splice(0)) this.push(block)
    }
  })
}

/** Sends a request and returns the answer with its body still to be read. */
async function begin(server: SiteServer, key: string, path: string): Promise<IncomingMessage> {
  const sent = httpRequest({
    host: '127.0.0.1',
    port: server.port,
    path,
    headers: { host: `${key}.localhost` }
  })
  sent.end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return answer
}
