import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import * as zlib from 'node:zlib'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { dnsLinks } from '../../src/mirror/dns-link.js'
import {
  openSiteServer,
  siteDirectory,
  type ServedSite,
  type SiteServerOptions
} from '../../src/mirror/site-server.js'
import { later } from '../support/later.js'
import { memorySite, type MemoryFiles, type MemorySite } from '../support/memory-site.js'
import { raw, request, type Answer } from '../support/request.js'
import { until } from '../support/until.js'

const KEY = 'y'.repeat(52)
const OTHER = `${'y'.repeat(51)}o`
/** With the Node.js versions that have it. */
const ZSTD: ['zstd', (bytes: Buffer) => Buffer][] =
  'zstdDecompressSync' in zlib ? [['zstd', zlib.zstdDecompressSync as (bytes: Buffer) => Buffer]] : []
const toZstd =
  'zstdCompressSync' in zlib ? (zlib.zstdCompressSync as (text: string) => Buffer) : () => Buffer.from('none')
const TEXT = 'a line that is there again and again\n'.repeat(200)
const BINARY = randomBytes(5_000)

async function serve(sites: Record<string, ServedSite>, options: Partial<SiteServerOptions> = {}) {
  const server = await openSiteServer({ sites: new Map(Object.entries(sites)), ...options })
  later(() => server.close())
  return server
}

type Get = (path: string, headers?: Record<string, string>, method?: string) => Promise<Answer>

async function served(
  files: MemoryFiles,
  options: Partial<SiteServerOptions> = {}
): Promise<{ get: Get; site: MemorySite; port: number }> {
  const site = memorySite(files)
  const { port } = await serve({ [KEY]: site }, options)
  const get: Get = (path, headers = {}, method = 'GET') =>
    request(port, `${KEY}.localhost`, path, { headers, method })
  return { get, site, port }
}

describe('_redirects', () => {
  const files = {
    '/index.html': 'home',
    '/there.html': 'there',
    '/old': 'old',
    '/forced': 'the file',
    '/dir/index.html': 'dir',
    '/gone.html': 'gone page',
    '/404.html': 'nothing',
    '/_redirects': [
      '/old /there',
      '/forced /there 302!',
      '/moved/* /there/:splat',
      '/shown /there 200',
      '/shown-dir /dir 200',
      '/loop-a /loop-b 200',
      '/loop-b /loop-a 200',
      '/went /gone.html 410',
      '/gone-too /nothing 410',
      '/legal /nothing 451',
      '/not /there.html 404',
      '/away https://example.org/x 307',
      '/.well-known/acme-challenge/* /there 200!'
    ].join('\n')
  }

  test.each([
    ['/old', 200, 'old', undefined],
    ['/forced', 302, '', '/there'],
    ['/forced?x=1', 302, '', '/there?x=1'],
    ['/moved/a/b?x=%20', 301, '', '/there/a/b?x=%20'],
    ['/shown', 200, 'there', undefined],
    ['/shown?x=1', 200, 'there', undefined],
    ['/shown-dir', 200, 'dir', undefined],
    ['/loop-a', 404, 'nothing', undefined],
    ['/went', 410, 'gone page', undefined],
    ['/gone-too', 410, 'This page is gone.\n', undefined],
    ['/legal', 451, 'This page is not shown for legal reasons.\n', undefined],
    ['/not', 404, 'there', undefined],
    ['/away', 307, '', 'https://example.org/x'],
    ['/else', 404, 'nothing', undefined],
    ['/_redirects', 404, 'nothing', undefined],
    ['/%5Fredirects', 404, 'nothing', undefined],
    ['/.well-known/acme-challenge/x', 404, 'There is no such page here.\n', undefined]
  ])('%s is answered with %s', async (path, status, text, location) => {
    const { get } = await served(files)
    const answer = await get(path)
    expect([answer.status, answer.text, answer.headers.location]).toEqual([status, text, location])
    expect((await get(path, {}, 'HEAD')).status).toBe(status)
  })

  test('with a line that is wrong does without that line', async () => {
    const { get } = await served({
      '/index.html': 'home',
      '/404.html': 'nothing',
      '/_redirects': '/a /b\n/c\n/d /index.html 200\n'
    })
    expect((await get('/a')).headers.location).toBe('/b')
    expect(await get('/c')).toMatchObject({ status: 404, text: 'nothing' })
    expect(await get('/d')).toMatchObject({ status: 200, text: 'home' })
  })

  test('of a million lines is not read', async () => {
    const { get, site } = await served({ '/404.html': 'nothing', '/_redirects': '/a /b\n'.repeat(1_000_000) })
    const { reads } = site.counts
    expect(await get('/a')).toMatchObject({ status: 404, text: 'nothing' })
    expect(site.counts.reads - reads).toBe(1) // the page
  })

  test('that cannot be read leaves missing paths unknown', async () => {
    const site = memorySite({ '/index.html': 'home', '/_redirects': '/a /b' })
    const state = site.hold()!
    const entry = async (path: string) => {
      const found = await state.drive.entry(path)
      return path === '/_redirects' && found?.blob
        ? { ...found, blob: { ...found.blob, byteLength: 5_000 } }
        : found
    }
    const { port } = await serve({ [KEY]: { hold: () => ({ ...state, drive: { ...state.drive, entry } }) } })
    expect((await request(port, `${KEY}.localhost`, '/')).status).toBe(200)
    const answer = await request(port, `${KEY}.localhost`, '/a')
    expect([answer.status, answer.headers['cache-control']]).toEqual([502, 'no-store'])
  })

  test('has rules for single host names of the site', async () => {
    const site = memorySite({
      '/index.html': 'home',
      '/_redirects': 'https://old.example/* https://new.example/:splat 301!\n/a /b\n'
    })
    const directory = siteDirectory({ sites: new Set([KEY]), names: new Map([['old.example', KEY]]) })
    const { port } = await serve({ [KEY]: site }, { directory })
    for (let i = 0; i < 2; i++) {
      expect((await request(port, 'old.example', '/')).headers.location).toBe('https://new.example/')
      expect((await request(port, 'old.example:80', '/a')).headers.location).toBe('https://new.example/a')
      expect((await request(port, `${KEY}.localhost`, '/')).text).toBe('home')
      expect((await request(port, `${KEY}.localhost`, '/a')).headers.location).toBe('/b')
    }
  })

  test('changes with the release, and is read once for each', async () => {
    const { get, site } = await served({ '/_redirects': '/a /b' })
    for (let i = 0; i < 5; i++) await get(`/a?${i}`)
    expect((await get('/a')).headers.location).toBe('/b')
    expect(site.counts.reads).toBe(1)
    site.show({ '/_redirects': '/a /c' })
    expect((await get('/a')).headers.location).toBe('/c')
    expect(site.counts.reads).toBe(2)
    expect(site.counts.held).toBe(0)
  })
})

describe('_headers', () => {
  const files = {
    '/index.html': 'home',
    '/about.html': 'about',
    '/data': '{}',
    '/404.html': 'nothing',
    '/_headers':
      "/*\n  Content-Security-Policy: default-src 'self'\n  Set-Cookie: a=b\n/about\n  X-Page: about\n  ! Referrer-Policy\n" +
      '/data\n  Content-Type: application/json\n  Cache-Control: max-age=5\n  X-Robots-Tag: none\n'
  }

  test('says what goes with a file, by the path that is asked for', async () => {
    const { get } = await served(files)
    const csp = { 'content-security-policy': "default-src 'self'" }
    const about = await get('/about')
    expect(about.headers).toMatchObject({ ...csp, 'x-page': 'about', 'x-content-type-options': 'nosniff' })
    expect(about.headers['referrer-policy']).toBeUndefined()
    expect(about.headers['set-cookie']).toBeUndefined()
    expect((await get('/about.html')).headers['x-page']).toBeUndefined()
    expect((await get('/data')).headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'max-age=5'
    })
    expect(await get('/none')).toMatchObject({ status: 404, headers: csp })
    expect((await get('/about', { 'if-none-match': about.headers.etag ?? '' })).headers).toMatchObject(csp)
    expect((await get('/_headers')).status).toBe(404)
  })

  test.each([
    ['UTF-8 with a byte order mark', 'utf8'],
    ['UTF-16', 'utf16le']
  ] as const)('counts from its first line in %s', async (_name, encoding) => {
    const { get } = await served({
      '/index.html': 'home',
      '/_headers': Buffer.from("\uFEFF/*\r\n  Content-Security-Policy: default-src 'self'\r\n", encoding),
      '/_redirects': Buffer.from('\uFEFF/old / 301\r\n', encoding)
    })
    expect((await get('/')).headers['content-security-policy']).toBe("default-src 'self'")
    expect((await get('/old')).status).toBe(301)
  })

  test('that cannot be read shows no page without them', async () => {
    const site = memorySite(files)
    const state = site.hold()!
    const drive = {
      ...state.drive,
      entry: async (path: string) => {
        const entry = await state.drive.entry(path)
        return path === '/_headers' && entry?.blob
          ? { ...entry, blob: { ...entry.blob, byteLength: 5_000 } }
          : entry
      }
    }
    const { port } = await serve({ [KEY]: { hold: () => ({ ...state, drive }) }, [OTHER]: memorySite(files) })
    expect((await request(port, `${KEY}.localhost`, '/')).status).toBe(502)
    expect((await request(port, `${OTHER}.localhost`, '/')).status).toBe(200)
  })
})

test('a page without an extension is one', async () => {
  const { get } = await served({
    '/wiki/Page': '\ufeff<!-- saved --> <!DOCTYPE html><title>x</title>',
    '/old': '<HTML lang="en">',
    '/LICENSE': 'MIT <html>',
    '/data.d/blob': BINARY
  })
  const type = async (path: string) => (await get(path)).headers['content-type']
  for (const path of ['/wiki/Page', '/old']) expect(await type(path)).toBe('text/html; charset=utf-8')
  for (const path of ['/LICENSE', '/data.d/blob']) expect(await type(path)).toBe('application/octet-stream')
})

test('a name is found in either Unicode form', async () => {
  const [composed, decomposed] = ['/caf\u00e9', '/cafe\u0301']
  for (const [file, asked] of [
    [composed, decomposed],
    [decomposed, composed]
  ] as const) {
    const { get } = await served({ [`${file}.html`]: 'page', [`${file}/x/index.html`]: 'x' })
    for (const path of [file, asked]) expect((await get(encodeURI(path))).text).toBe('page')
    expect((await get(encodeURI(`${asked}/x/`))).text).toBe('x')
  }
})

describe('caching', () => {
  test('is for ever for fingerprinted files alone', async () => {
    const { get } = await served({ '/app-BK3f9xQz.js': 'x', '/app.js': 'x', '/x-3f2a9c1b.html': 'x' })
    const kept = async (path: string) => (await get(path)).headers['cache-control']
    expect(await kept('/app-BK3f9xQz.js')).toBe('public, max-age=31536000, immutable')
    for (const path of ['/app.js', '/x-3f2a9c1b.html', '/x-3f2a9c1b'])
      expect([path, await kept(path)]).toEqual([path, 'public, max-age=0, must-revalidate'])
    expect(await kept('/missing-BK3f9xQz.js')).toBe('no-store')
  })

  test('is for ever where the generator said that a name was made of the content, but never for pages', async () => {
    const files = {
      '/assets/cat-potatoes.png': 'x',
      '/index.html': 'x',
      '/about.html': 'x',
      '/plain': '<!doctype html>'
    }
    const served = async (metadata: unknown) => {
      const { port } = await serve({ [KEY]: { hold: () => memorySite(files, 0, metadata).hold()! } })
      return async (path: string) =>
        /immutable/.test(String((await request(port, `${KEY}.localhost`, path)).headers['cache-control']))
    }
    const said = await served({ fingerprinted: true })
    expect(await said('/assets/cat-potatoes.png')).toBe(true)
    for (const path of ['/', '/index.html', '/about', '/about.html', '/plain'])
      expect([path, await said(path)]).toEqual([path, false])
    for (const metadata of [null, {}, { fingerprinted: 'true' }, 'fingerprinted'])
      expect(await (await served(metadata))('/assets/cat-potatoes.png')).toBe(false)
  })

  test('a large part of an earlier release is compared with what was signed', async () => {
    const site = memorySite({ '/index.html': 'home', '/old-BK3f9xQz.js': 'x'.repeat(2_000_000) })
    const held = site.hold()!
    const entry = (await held.drive.entry('/old-BK3f9xQz.js'))!
    site.show({ '/index.html': 'home' })
    const get = async (hash: string) => {
      const earlier = async () => ({ ...entry, metadata: { hash } })
      const hold = () => ({ ...site.hold()!, damaged: new Set<string>(), earlier })
      const { port } = await serve({ [KEY]: { hold } })
      return request(port, `${KEY}.localhost`, '/old-BK3f9xQz.js')
    }
    expect((await get('voiJ07iJPBHSkLjc9oIWTDJqkOaZj2vdsl2aOgLa9mY')).status).toBe(200)
    expect((await get('a'.repeat(43))).status).toBe(502)
  })

  test.each([
    ['a rule', { '/_redirects': '/* /index.html 200' }, 200],
    ['spaFallback', {}, 200],
    ['a 404 page', { '/404.html': '<h1>none</h1>' }, 404]
  ])('and headers of what %s shows for a missing path are its own', async (by, more, status) => {
    const { get } = await served(
      {
        '/index.html': '<h1>home</h1>',
        '/_headers':
          '/assets/*\n  Cache-Control: public, max-age=31536000, immutable\n  Content-Type: text/javascript\n',
        ...more
      },
      { spaFallback: by === 'spaFallback' }
    )
    const answer = await get('/assets/app-BK3f9xQz.js')
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'public, max-age=0, must-revalidate'
    })
  })

  test('is never for ever for what stands in, whatever the site says', async () => {
    const { get } = await served({
      '/404.html': 'none',
      '/_headers': '/*\n  Cache-Control: public, max-age=31536000, immutable\n'
    })
    expect((await get('/x')).headers['cache-control']).toBe('public, max-age=0, must-revalidate')
  })

  test('headers let pages of other origins read', async () => {
    const { get } = await served({ '/index.html': 'home', '/404.html': 'nothing' })
    for (const path of ['/', '/none'])
      expect((await get(path)).headers).toMatchObject({
        'access-control-allow-origin': '*',
        'referrer-policy': 'strict-origin-when-cross-origin',
        'x-content-type-options': 'nosniff'
      })
  })

  test('memory is bounded, and with none at all every page is still right', async () => {
    for (const cacheBytes of [0, 50_000]) {
      const pages = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`/${n}.html`, `${n} ${TEXT}`]))
      const { get } = await served(pages, { cacheBytes })
      for (let n = 0; n < 80; n++) {
        const answer = await get(`/${n % 40}`, n % 2 ? { 'accept-encoding': 'br' } : {})
        const bytes = n % 2 ? brotliDecompressSync(answer.bytes) : answer.bytes
        expect(bytes.toString()).toBe(`${n % 40} ${TEXT}`)
      }
    }
  })

  test('a page in memory is read and looked up no more', async () => {
    const { get, site } = await served({ '/index.html': 'home' })
    await get('/')
    const { entries, reads } = { ...site.counts }
    for (let i = 0; i < 10; i++) expect((await get(`/?${i}`)).text).toBe('home')
    expect(site.counts).toEqual({ entries, reads, held: 0, streams: 0 })
  })

  test('pages that many ask for at once are read once', async () => {
    const { get, site } = await served({ '/index.html': TEXT })
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => get('/', { 'accept-encoding': 'gzip' }))
    )
    expect(answers.every(({ bytes }) => gunzipSync(bytes).toString() === TEXT)).toBe(true)
    expect(site.counts.reads).toBe(1)
  })

  test('two sites with the same blob pointers, and two forks of one, show their own bytes', async () => {
    const sites = [memorySite({ '/x.txt': 'aaaa' }), memorySite({ '/x.txt': 'bbbb' })]
    let shown: ServedSite = sites[0]!
    const moved = { hold: () => shown.hold() }
    const { port } = await serve({ [KEY]: moved, [OTHER]: sites[1]! })
    const get = async (key: string) => (await request(port, `${key}.localhost`, '/x.txt')).text
    expect([await get(KEY), await get(OTHER)]).toEqual(['aaaa', 'bbbb'])
    shown = memorySite({ '/x.txt': 'cccc' }, 7)
    expect([await get(KEY), await get(OTHER)]).toEqual(['cccc', 'bbbb'])
  })

  test('metadata is a claim that no cache believes', async () => {
    const metadata = { hash: 'the same', contentType: 'text/html' }
    const site = memorySite({ '/a.txt': 'one', '/b.txt': 'two' })
    const state = site.hold()!
    const drive = {
      ...state.drive,
      entry: async (path: string) => {
        const entry = await state.drive.entry(path)
        return entry && { ...entry, metadata }
      }
    }
    const { port } = await serve({ [KEY]: { hold: () => ({ ...state, drive }) } })
    const [a, b] = await Promise.all(
      ['/a.txt', '/b.txt'].map((path) => request(port, `${KEY}.localhost`, path))
    )
    expect([a?.text, b?.text]).toEqual(['one', 'two'])
    expect(a?.headers.etag).not.toBe(b?.headers.etag)
    expect(a?.headers['content-type']).toBe('text/plain; charset=utf-8')
  })
})

describe('conditions', () => {
  const mtime = Date.UTC(2024, 4, 6, 7, 8, 9, 500)
  const date = 'Mon, 06 May 2024 07:08:09 GMT'
  const later = 'Mon, 06 May 2024 07:08:10 GMT'
  const serveDated = async (at: unknown) => {
    const { port } = await serve({
      [KEY]: memorySite({ '/a.txt': TEXT, '/404.html': 'none' }, 0, { mtime: at })
    })
    return (path: string, headers: Record<string, string> = {}) =>
      request(port, `${KEY}.localhost`, path, { headers })
  }

  test('of time are those of the file', async () => {
    const get = await serveDated(mtime)
    expect((await get('/a.txt')).headers['last-modified']).toBe(date)
    const unchanged = await get('/a.txt', { 'if-modified-since': date })
    expect([unchanged.status, unchanged.headers['last-modified']]).toEqual([304, date])
    expect((await get('/a.txt', { 'if-modified-since': later })).status).toBe(200)
    expect((await get('/a.txt', { 'if-modified-since': date, 'if-none-match': '"x"' })).status).toBe(200)
    expect((await get('/a.txt', { 'if-unmodified-since': date })).status).toBe(200)
    expect((await get('/a.txt', { 'if-unmodified-since': 'Mon, 06 May 2024 07:08:08 GMT' })).status).toBe(412)
    expect((await get('/a.txt', { range: 'bytes=0-1', 'if-range': date })).status).toBe(206)
    expect((await get('/a.txt', { range: 'bytes=0-1', 'if-range': later })).status).toBe(200)
    expect((await get('/none')).headers['last-modified']).toBeUndefined()
  })

  test.each([null, 'x', 0, Date.UTC(1980, 0, 1), Date.UTC(2200, 0, 1), Infinity, NaN])(
    'of time are not there when a file says %s',
    async (at) => {
      const answer = await (await serveDated(at))('/a.txt')
      expect([answer.status, answer.headers['last-modified']]).toEqual([200, undefined])
    }
  )

  test('of a tag that no form of the file has fail', async () => {
    const get = await serveDated(mtime)
    const br = (await get('/a.txt', { 'accept-encoding': 'br' })).headers.etag ?? ''
    const plain = (await get('/a.txt')).headers.etag ?? ''
    for (const [tag, status] of [
      [plain, 200],
      [br, 200],
      [`"x", ${plain}`, 200],
      ['*', 200],
      ['"x"', 412],
      [`W/${plain}`, 412]
    ] as const)
      expect([tag, (await get('/a.txt', { 'if-match': tag })).status]).toEqual([tag, status])
    expect((await get('/a.txt', { 'if-match': '"x"', range: 'bytes=0-1' })).status).toBe(412)
    expect((await get('/none', { 'if-match': '"x"' })).status).toBe(404)
  })
})

describe('compression', () => {
  test('is what the client asks for, and changes neither the bytes nor another form’s tag', async () => {
    const { get } = await served({ '/page.html': TEXT })
    const [plain, br, gzip] = [
      await get('/page'),
      await get('/page', { 'accept-encoding': 'gzip, deflate, br, zstd' }),
      await get('/page', { 'accept-encoding': 'gzip' })
    ]
    expect(plain.text).toBe(TEXT)
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect([br.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual(['br', 'gzip'])
    expect(brotliDecompressSync(br.bytes).toString()).toBe(TEXT)
    expect(gunzipSync(gzip.bytes).toString()).toBe(TEXT)
    for (const [coding, decode] of ZSTD) {
      const packed = await get('/page', { 'accept-encoding': coding })
      expect([packed.headers['content-encoding'], decode(packed.bytes).toString()]).toEqual([coding, TEXT])
    }
    for (const answer of [plain, br, gzip]) {
      expect(answer.headers.vary).toBe('accept-encoding')
      expect(answer.headers['content-length']).toBe(String(answer.bytes.length))
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    }
    expect(new Set([plain, br, gzip].map(({ headers }) => headers.etag)).size).toBe(3)
    const again = { 'accept-encoding': 'br', 'if-none-match': br.headers.etag ?? '' }
    expect(await get('/page', again)).toMatchObject({ status: 304, headers: { vary: 'accept-encoding' } })
    expect((await get('/page', { 'if-none-match': br.headers.etag ?? '' })).status).toBe(200)
    const head = await get('/page', { 'accept-encoding': 'br' }, 'HEAD')
    expect({ ...head.headers, date: '' }).toEqual({ ...br.headers, date: '' })
  })

  test('of a large file happens while it is sent', async () => {
    const large = 'a line of a large file\n'.repeat(200_000)
    const { get, site } = await served({ '/data.json': large })
    const plain = await get('/data.json')
    for (const [coding, decode] of [['br', brotliDecompressSync], ['gzip', gunzipSync], ...ZSTD] as const) {
      const packed = await get('/data.json', { 'accept-encoding': coding })
      expect(packed.headers).toMatchObject({ 'content-encoding': coding, vary: 'accept-encoding' })
      expect(packed.headers['content-length']).toBeUndefined()
      expect(packed.headers['accept-ranges']).toBeUndefined()
      expect(packed.bytes.length).toBeLessThan(large.length / 20)
      expect(decode(packed.bytes).toString()).toBe(large)
      expect(packed.headers.etag).not.toBe(plain.headers.etag)
      const known = { 'accept-encoding': coding, 'if-none-match': packed.headers.etag ?? '' }
      expect((await get('/data.json', known)).status).toBe(304)
      const head = await get('/data.json', { 'accept-encoding': coding }, 'HEAD')
      expect([head.status, head.headers.etag, head.text]).toEqual([200, packed.headers.etag, ''])
    }
    const part = await get('/data.json', { 'accept-encoding': 'br', range: 'bytes=0-9' })
    expect([part.status, part.text]).toEqual([206, large.slice(0, 10)])
    await until('every state is released', () => site.counts.held + site.counts.streams === 0)
  })

  test('of a file above 64 MiB is left out: a download can be resumed', async () => {
    const site = memorySite({})
    const entry = async (path: string) => {
      const byteLength = { '/at-most.json': 64 * 2 ** 20, '/more.json': 64 * 2 ** 20 + 1 }[path]
      const blob = { blockOffset: 0, blockLength: 5, byteOffset: 0 }
      return byteLength ? { path, seq: 1, blob: { ...blob, byteLength }, metadata: null } : null
    }
    const hold = () => ({ ...site.hold()!, blobsLength: 5, drive: { ...site.hold()!.drive, entry } })
    const { port } = await serve({ [KEY]: { hold } })
    const headersOf = async (path: string) => {
      const options = { method: 'HEAD', headers: { 'accept-encoding': 'br' } }
      return (await request(port, `${KEY}.localhost`, path, options)).headers
    }
    expect(await headersOf('/at-most.json')).toMatchObject({ 'content-encoding': 'br' })
    const larger = await headersOf('/more.json')
    expect(larger).toMatchObject({ 'content-length': '67108865', 'accept-ranges': 'bytes' })
    expect(larger['content-encoding']).toBeUndefined()
  })

  test('of a large file keeps a window of 256 kB, since each that is sent has one', async () => {
    const { get } = await served({ '/data.json': 'a line of a large file\n'.repeat(200_000) })
    const [first = 0] = (await get('/data.json', { 'accept-encoding': 'br' })).bytes
    expect(first & 15).toBe(0b0011) // RFC 7932, 9.1: 18 bits
  })

  test('of a large file is whole each time on one connection, in the same second', async () => {
    const text = 'a line of a large file\n'.repeat(60_000)
    const { port } = await served({ '/data.json': text })
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    for (let n = 0; n < 3; n++) {
      const headers = { host: `${KEY}.localhost`, 'accept-encoding': 'gzip' }
      const sent = httpRequest({ host: '127.0.0.1', port, path: '/data.json', headers, agent }).end()
      const [answer] = (await once(sent, 'response')) as [IncomingMessage]
      expect(gunzipSync(await buffer(answer)).toString()).toBe(text)
    }
  })

  test('of a large file that is not what was signed ends before it is whole, and the file is named', async () => {
    const damaged: string[] = []
    const metadata = { hash: 'a'.repeat(43) }
    const site = memorySite({ '/data.json': 'a line of a large file\n'.repeat(60_000) }, 0, metadata)
    const hold = () => ({ ...site.hold()!, onDamaged: (path: string) => void damaged.push(path) })
    const { port } = await serve({ [KEY]: { hold } })
    const get = () =>
      request(port, `${KEY}.localhost`, '/data.json', { headers: { 'accept-encoding': 'gzip' } })
    expect((await get()).status).toBe(502)
    expect((await get()).status).toBe(502)
    expect(damaged).toEqual(['/data.json'])
  })

  test('of large files is for eight at a time; what is given up makes room', async () => {
    const { get, port, site } = await served({ '/data.json': randomBytes(8_000_000).toString('hex') })
    const codings = { 'accept-encoding': 'gzip' }
    const coding = async () => (await get('/data.json', codings)).headers['content-encoding']
    const stuck = Array.from({ length: 8 }, () => connect(port, '127.0.0.1'))
    for (const socket of stuck)
      socket
        .pause()
        .write(`GET /data.json HTTP/1.1\r\nHost: ${KEY}.localhost\r\nAccept-Encoding: gzip\r\n\r\n`)
    await until('eight are sent', () => site.counts.held === 8)
    expect(await coding()).toBeUndefined()
    for (const socket of stuck) socket.destroy()
    await until('every state is released', () => site.counts.held + site.counts.streams === 0)
    expect(await coding()).toBe('gzip')
  })

  test('is left out where it gains nothing', async () => {
    const { get } = await served({ '/photo.png': TEXT, '/short.html': 'short', '/random.txt': BINARY })
    for (const path of ['/photo.png', '/short', '/random.txt']) {
      const answer = await get(path, { 'accept-encoding': 'br, gzip' })
      expect([path, answer.headers['content-encoding']]).toEqual([path, undefined])
    }
    expect((await get('/photo.png')).headers.vary).toBeUndefined()
    expect((await get('/short')).headers.vary).toBe('accept-encoding')
  })

  test('that the site brings along is used, and reachable by itself', async () => {
    const [br, gz] = [brotliCompressSync(TEXT), gzipSync(TEXT, { level: 9 })]
    const { get } = await served({
      '/a.js': TEXT,
      '/a.js.br': br,
      '/a.js.gz': gz,
      '/b.js': TEXT,
      '/b.js.gz': gz
    })
    const answer = await get('/a.js', { 'accept-encoding': 'gzip, br' })
    expect([answer.headers['content-encoding'], answer.bytes.equals(br)]).toEqual(['br', true])
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect((await get('/b.js', { 'accept-encoding': 'gzip, br' })).bytes.equals(gz)).toBe(true)
    for (const [coding, decode] of ZSTD) {
      const packed = toZstd(TEXT)
      const { get } = await served({
        '/a.js': TEXT,
        '/a.js.zst': packed,
        '/b.js': TEXT,
        '/b.js.zst': toZstd('b')
      })
      const answer = await get('/a.js', { 'accept-encoding': coding })
      expect([answer.headers['content-encoding'], answer.bytes.equals(packed)]).toEqual([coding, true])
      const other = await get('/b.js', { 'accept-encoding': coding })
      expect(decode(other.bytes).toString()).toBe(TEXT)
      expect((await get('/a.js.zst')).bytes.equals(packed)).toBe(true)
    }
    const itself = await get('/a.js.gz', { 'accept-encoding': 'gzip' })
    expect(itself.headers['content-encoding']).toBeUndefined()
    expect(itself.headers['content-type']).toBe('application/gzip')
  })

  test('that the site brings along counts only when it decodes to the file', async () => {
    const stale = TEXT.replaceAll('again', 'never')
    const { get, site } = await served({
      '/a.js': TEXT,
      '/a.js.br': brotliCompressSync(stale),
      '/a.js.gz': gzipSync(TEXT, { level: 9 }),
      '/b.js': TEXT,
      '/b.js.br': Buffer.from('no brotli'),
      '/bomb.js': TEXT,
      '/bomb.js.gz': gzipSync(Buffer.alloc(4_000_000))
    })
    const encodings = { 'accept-encoding': 'gzip, br' }
    const answer = await get('/a.js', encodings)
    expect([answer.headers['content-encoding'], gunzipSync(answer.bytes).toString()]).toEqual(['gzip', TEXT])
    expect(brotliDecompressSync((await get('/b.js', encodings)).bytes).toString()).toBe(TEXT)
    expect(brotliDecompressSync((await get('/bomb.js', encodings)).bytes).toString()).toBe(TEXT)
    const { reads } = site.counts
    for (let i = 0; i < 3; i++) await get('/a.js', encodings)
    expect(site.counts.reads).toBe(reads)
  })
})

describe('ranges', () => {
  const large = randomBytes(1_500_000)
  const files = { '/small.bin': BINARY, '/large.bin': large, '/text.txt': TEXT, '/404.html': 'nothing' }

  test.each([
    ['/small.bin', BINARY],
    ['/large.bin', large]
  ])('of %s are sent, from memory or from the drive', async (path, content) => {
    const { get } = await served(files)
    const whole = await get(path)
    expect(whole.headers['accept-ranges']).toBe('bytes')
    for (const [range, start, end] of [
      ['bytes=10-19', 10, 20],
      ['bytes=4990-', 4_990, content.length],
      ['bytes=-7', content.length - 7, content.length]
    ] as const) {
      const part = await get(path, { range })
      expect([range, part.status, part.bytes.equals(content.subarray(start, end))]).toEqual([
        range,
        206,
        true
      ])
      expect(part.headers['content-range']).toBe(`bytes ${start}-${end - 1}/${content.length}`)
      expect(part.headers['content-length']).toBe(String(end - start))
      expect(part.headers.etag).toBe(whole.headers.etag)
    }
  })

  test('beyond the end are refused, and what is no single range is passed over', async () => {
    const { get } = await served(files)
    const beyond = await get('/small.bin', { range: 'bytes=5000-' })
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */5000'])
    for (const range of ['bytes=0-1,3-4', 'bytes=5-2', 'nonsense', `bytes=0-1${',0-1'.repeat(2_000)}`])
      expect([range, (await get('/small.bin', { range })).status]).toEqual([range, 200])
    expect((await get('/none', { range: 'bytes=0-1' })).status).toBe(404)
    expect((await get('/small.bin', { range: 'bytes=0-1' }, 'HEAD')).status).toBe(200)
  })

  test('are of the file as it is, though the client takes it compressed', async () => {
    const { get } = await served(files)
    const part = await get('/text.txt', { range: 'bytes=0-9', 'accept-encoding': 'br' })
    expect([part.status, part.text, part.headers['content-encoding']]).toEqual([
      206,
      TEXT.slice(0, 10),
      undefined
    ])
  })

  test('go on only with the very bytes that they began with', async () => {
    const { get } = await served(files)
    const etag = (await get('/small.bin')).headers.etag ?? ''
    const range = 'bytes=0-1'
    for (const [condition, status] of [
      [etag, 206],
      ['"other"', 200],
      [`W/${etag}`, 200],
      ['Mon, 23 Nov 2026 00:00:00 GMT', 200]
    ] as const)
      expect([condition, (await get('/small.bin', { range, 'if-range': condition })).status]).toEqual([
        condition,
        status
      ])
    expect((await get('/small.bin', { range, 'if-none-match': etag })).status).toBe(304)
  })
})

describe('hosts', () => {
  const sites = () => ({
    [KEY]: memorySite({ '/index.html': 'one' }),
    [OTHER]: memorySite({ '/index.html': 'two' })
  })

  test('blocked sites are answered for with 451', async () => {
    const mirrored = sites()
    const blocked = new Set<string>()
    const directory = siteDirectory({ sites: new Map(Object.entries(mirrored)), blocked })
    const { port } = await serve(mirrored, { directory })
    const status = async (host: string) => (await request(port, host, '/')).status
    expect(await status(`${KEY}.localhost`)).toBe(200)
    blocked.add(KEY)
    expect(await status(`${KEY}.localhost`)).toBe(451)
    expect(await status(`r1-${KEY}.localhost`)).toBe(451)
    expect(await status(`${OTHER}.localhost`)).toBe(200)
  })

  test('old releases have an origin of their own, which search engines leave out', async () => {
    const { site, port } = await served({
      '/index.html': 'first',
      '/a-3f2a9c1b.css': 'x',
      '/404.html': 'none'
    })
    site.show({ '/index.html': 'second', '/_headers': '/*\n  X-Robots-Tag: all' })
    const get = (release: string, path: string) => request(port, `r${release}-${KEY}.localhost`, path)
    const old = await get('1', '/')
    expect(old.text).toBe('first')
    expect(old.headers).toMatchObject({
      'x-robots-tag': 'noindex',
      'cache-control': 'public, max-age=0, must-revalidate',
      'hyper-link': `hyper://${KEY}+2/index.html`
    })
    expect((await get('2', '/')).headers['x-robots-tag']).toBe('noindex')
    expect((await get('1', '/none')).headers['x-robots-tag']).toBe('noindex')
    expect((await get('1', '/a-3f2a9c1b.css')).headers['cache-control']).toMatch(/immutable/)
    expect((await get('3', '/')).status).toBe(404)
    const now = await request(port, `${KEY}.localhost`, '/')
    expect([now.text, now.headers['x-robots-tag']]).toEqual(['second', 'all'])
    expect(site.counts.held).toBe(0)
  })

  test('a site without older releases, and one whose history is broken, say so', async () => {
    const site = memorySite({ '/index.html': 'one' })
    const hold = () => site.hold()
    const failing = { hold, holdRelease: () => Promise.reject(new Error('broken')) }
    const stalling = { hold, holdRelease: () => new Promise<null>(() => {}) }
    const status = async (each: ServedSite) => {
      const { port } = await serve({ [KEY]: each }, { stallMs: 50 })
      return (await request(port, `r1-${KEY}.localhost`, '/')).status
    }
    expect([await status({ hold }), await status(failing), await status(stalling)]).toEqual([404, 503, 503])
  })

  test('a DNS record leads to a mirrored site, and a name server’s failure to none', async () => {
    const mirrored = sites()
    const records = new Map([['_dnslink.a.example', `dnslink=/hyper/${KEY}`]])
    const resolveTxt = async (name: string) => {
      const found = records.get(name)
      if (!found) throw new Error('out of order')
      return [[found]]
    }
    const directory = siteDirectory({
      sites: new Map(Object.entries(mirrored)),
      dnsLinks: dnsLinks({ resolveTxt })
    })
    const { port } = await serve(mirrored, { directory })
    expect((await request(port, 'a.example', '/')).text).toBe('one')
    expect((await request(port, 'b.example', '/')).status).toBe(404)
  })

  test('certificates are asked for with the names of mirrored sites only', async () => {
    const mirrored = sites()
    const names = new Map([
      ['blog', KEY],
      ['example.org', KEY],
      ['strange', 'o'.repeat(52)]
    ])
    const directory = siteDirectory({ sites: new Map(Object.entries(mirrored)), names })
    const { port } = await serve(mirrored, { directory, own: (_, res) => res.end('own page') })
    const ask = async (domain: string) =>
      (await request(port, 'localhost', `/ask?domain=${encodeURIComponent(domain)}`)).status
    for (const [domain, status] of [
      [`${KEY}.localhost`, 200],
      [`r1-${KEY}.localhost`, 200],
      [`r2-${KEY}.localhost`, 404],
      [`${'y'.repeat(51)}b.localhost`, 404],
      ['blog.localhost', 200],
      ['Example.org', 200],
      ['strange.localhost', 404],
      ['other.example', 404],
      ['localhost', 404],
      ['', 404]
    ] as const)
      expect([domain, await ask(domain)]).toEqual([domain, status])
    expect((await request(port, 'localhost', '/ask')).status).toBe(404)
    expect((await request(port, 'localhost', '/asked')).text).toBe('own page')
    expect((await request(port, `${KEY}.localhost`, '/ask?domain=example.org')).status).toBe(404)
  })

  test('no drive answers for the operator to a certificate authority', async () => {
    const { get } = await served(
      {
        '/index.html': 'home',
        '/404.html': 'theirs',
        '/.well-known/acme-challenge/x': 'theirs',
        '/.well-known/pki-validation/x.txt': 'theirs',
        '/.well-known/security.txt': 'theirs'
      },
      { spaFallback: true }
    )
    for (const path of [
      '/.well-known/acme-challenge/x',
      '/.well-known/acme-challenge/',
      '/.well-known/acme-challenge',
      '/.well-known/%61cme-challenge/x',
      '/.well-known%2Facme-challenge/x',
      '/.well-known/pki-validation/x.txt'
    ]) {
      const answer = await get(path)
      expect([path, answer.status, answer.text]).toEqual([path, 404, 'There is no such page here.\n'])
    }
    expect((await get('/.well-known//acme-challenge/x')).headers.location).toBe(
      '/.well-known/acme-challenge/x'
    )
    expect((await get('/.well-known/security.txt')).text).toBe('theirs')
  })

  test('a single page answers for all that is missing, where the operator says so', async () => {
    const files = { '/index.html': 'app', '/404.html': 'none', '/real.html': 'real' }
    const { get } = await served(files, { spaFallback: (key) => key === KEY })
    expect(await get('/some/route?x')).toMatchObject({ status: 200, text: 'app' })
    expect((await get('/real')).text).toBe('real')
    expect((await (await served(files)).get('/some/route')).status).toBe(404)
  })
})

describe('clients that mean harm', () => {
  test('cannot keep visitors out with idle connections', async () => {
    const { get, port } = await served({ '/index.html': 'home' }, { maxConnections: 100 })
    const idle: Socket[] = []
    for (let i = 0; i < 500; i++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {}).resume()
      idle.push(socket)
      if (i % 50 === 0) await once(socket, 'connect')
    }
    later(() => idle.forEach((socket) => socket.destroy()))
    for (let i = 0; i < 20; i++) expect((await get('/')).text).toBe('home')
    await until('the closing of the oldest', () => idle.filter(({ destroyed }) => destroyed).length >= 400)
  })

  test('are not closed in the middle of an answer to make room', async () => {
    const { port } = await served({ '/large.bin': randomBytes(15_000_000) }, { maxConnections: 16 })
    const reader = connect(port, '127.0.0.1')
    later(() => reader.destroy())
    reader.write(`GET /large.bin HTTP/1.1\r\nHost: ${KEY}.localhost\r\n\r\n`)
    await once(reader, 'readable')
    const others = Array.from({ length: 60 }, () =>
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .resume()
    )
    later(() => others.forEach((socket) => socket.destroy()))
    await until('the closing of others', () => others.filter(({ destroyed }) => destroyed).length > 20)
    let bytes = 0
    reader.on('data', (chunk: Buffer) => (bytes += chunk.length)).resume()
    await until('the whole answer', () => bytes > 15_000_000)
    expect(bytes).toBeGreaterThan(15_000_000)
  })

  test('get their pipelined answers in order', async () => {
    const { port } = await served({ '/a.txt': 'aaa', '/b.txt': 'bbb', '/large.bin': Buffer.alloc(2_000_000) })
    const host = `Host: ${KEY}.localhost\r\n`
    const asked = ['/b.txt', '/a.txt', '/none', '/b.txt'].map((path) => `GET ${path} HTTP/1.1\r\n${host}\r\n`)
    const answer = await raw(
      port,
      `${asked.join('')}GET /large.bin HTTP/1.1\r\n${host}\r\nGET /a.txt HTTP/1.1\r\n${host}Connection: close\r\n\r\n`
    )
    const order = [...answer.matchAll(/aaa|bbb|There is no such page/g)].map(([found]) => found)
    expect(order).toEqual(['bbb', 'aaa', 'There is no such page', 'bbb', 'aaa'])
  })

  test('learn nothing by two Range or Host headers', async () => {
    const { port } = await served({ '/small.bin': BINARY })
    const head = `GET /small.bin HTTP/1.1\r\nHost: ${KEY}.localhost\r\nConnection: close\r\n`
    expect(await raw(port, `${head}Range: bytes=0-1\r\nRange: bytes=3-4\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 /)
    expect(await raw(port, `${head}Host: ${OTHER}.localhost\r\n\r\n`)).toMatch(/^HTTP\/1.1 (200|400) /)
    expect(await raw(port, `${head}Range: bytes=0-${'9'.repeat(9_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 /)
  })

  test('that spell one path in a thousand ways fill no memory', async () => {
    const { get, site } = await served(
      { '/index.html': 'home', '/404.html': 'none' },
      { cacheBytes: 200_000 }
    )
    for (let i = 0; i < 300; i++) expect((await get(`/${i}${'x'.repeat(1_500)}`)).status).toBe(404)
    expect((await get('/')).text).toBe('home')
    expect(site.counts.held).toBe(0)
  })
})
