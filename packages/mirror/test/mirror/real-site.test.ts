import { randomBytes } from 'node:crypto'
import { brotliDecompressSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { request } from '../support/request.js'
import { servePublished, type Mirror } from '../support/serve-published.js'

const TEXT = 'a line of text\n'.repeat(500)
const FILES = {
  'index.html': '<h1>second</h1>',
  'docs/index.html': TEXT,
  'docs/404.html': 'no such chapter',
  'small.bin': randomBytes(150_000),
  'large.bin': randomBytes(3_000_000),
  _redirects: '/manual/* /docs/:splat\n/app/* /index.html 200\n',
  _headers: '/docs/*\n  X-Part: docs\n'
}

let mirror: Mirror
const get = (path: string, headers: Record<string, string> = {}, prefix = '') =>
  request(mirror.port, `${prefix}${mirror.key}.localhost`, path, { headers })

beforeAll(async () => {
  mirror = await servePublished({ 'index.html': '<h1>first</h1>', 'old.html': 'old' }, FILES)
}, 20_000)

test('a published site is served with its redirects, headers, compression and ranges', async () => {
  expect((await get('/')).text).toBe('<h1>second</h1>')
  expect((await get('/manual/a?x=1')).headers.location).toBe('/docs/a?x=1')
  expect((await get('/app/some/route')).text).toBe('<h1>second</h1>')
  expect(await get('/docs/none')).toMatchObject({
    status: 404,
    text: 'no such chapter',
    headers: { 'x-part': 'docs' }
  })
  const docs = await get('/docs/', { 'accept-encoding': 'br' })
  expect(docs.headers).toMatchObject({ 'x-part': 'docs', 'content-encoding': 'br' })
  expect(brotliDecompressSync(docs.bytes).toString()).toBe(TEXT)
  for (const name of ['small.bin', 'large.bin'] as const) {
    expect((await get(`/${name}`)).bytes.equals(FILES[name])).toBe(true)
    for (const [start, end] of [
      [0, 0],
      [65_530, 65_550],
      [100_000, 149_999]
    ] as const) {
      const part = await get(`/${name}`, { range: `bytes=${start}-${end}` })
      expect([name, start, part.status, part.bytes.equals(FILES[name].subarray(start, end + 1))]).toEqual([
        name,
        start,
        206,
        true
      ])
    }
  }
})

test('its old releases are at host names of their own', async () => {
  expect(await get('/', {}, 'r1-')).toMatchObject({ status: 200, text: '<h1>first</h1>' })
  expect((await get('/old', {}, 'r1-')).headers['x-robots-tag']).toBe('noindex')
  expect((await get('/old')).status).toBe(404)
  expect((await get('/old', {}, 'r2-')).status).toBe(404)
  expect((await get('/', {}, 'r3-')).text).toMatch(/^There is no release 3/)
})
