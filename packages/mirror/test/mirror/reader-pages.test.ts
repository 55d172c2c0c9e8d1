import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openSiteServer, siteDirectory, type SiteServerOptions } from '../../src/mirror/site-server.js'
import { later } from '../support/later.js'
import { memorySite } from '../support/memory-site.js'
import { request } from '../support/request.js'

const KEY = 'y'.repeat(52)
const BLOCKED = `${'y'.repeat(51)}o`
const EMPTY = `o${'y'.repeat(51)}`
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

async function serve(options: Partial<SiteServerOptions> = {}) {
  const site = memorySite({
    '/index.html': 'home',
    '/_redirects': '/went /x 410\n/legal /x 451\n',
    '/cut.html': 'cut',
    '/other.html': 'other'
  })
  const whole = site.hold()!
  const entry = async (path: string) => {
    const found = await whole.drive.entry(path)
    return path === '/cut.html' && found?.blob
      ? { ...found, blob: { ...found.blob, byteLength: 2 ** 60 } }
      : found
  }
  const held = { ...whole, drive: { ...whole.drive, entry }, damaged: new Set(['/other.html']) }
  const unreadable = memorySite({ '/index.html': 'home' }).hold()!
  const sites = new Map([
    [KEY, { ...site, hold: () => held, isLost: (release: number) => release === 7 }],
    [EMPTY, { hold: () => null }],
    [
      BLOCKED.replace(/^y/, 'b'),
      {
        hold: () => ({
          ...unreadable,
          drive: { ...unreadable.drive, entry: () => Promise.reject(new Error('cut off')) }
        })
      }
    ]
  ])
  const directory = siteDirectory({ sites, blocked: new Set([BLOCKED]) })
  const { port } = await openSiteServer({ sites, directory, ...options }).then((server) => {
    later(() => server.close())
    return server
  })
  return port
}

/** What readers meet, with the status, the title, and the way on. */
const OCCASIONS: [
  name: string,
  host: string,
  path: string,
  status: number,
  title: string,
  way: string | null
][] = [
  ['a missing page', `${KEY}.localhost`, '/nowhere', 404, 'Page not found', '/'],
  ['a removed page', `${KEY}.localhost`, '/went', 410, 'This page is gone', '/'],
  ['a withheld page', `${KEY}.localhost`, '/legal', 451, 'This page is not shown', '/'],
  ['bytes that cannot be read', `${KEY}.localhost`, '/cut', 502, 'This page cannot be read', ''],
  ['a damaged page', `${KEY}.localhost`, '/other', 502, 'This page is damaged here', '/'],
  ['a malformed address', `${KEY}.localhost`, '/%E0%A4%A', 400, 'This address is malformed', '/'],
  ['a site that is not here yet', `${EMPTY}.localhost`, '/', 503, 'This site is on its way', ''],
  [
    'a site that cannot be read',
    `${BLOCKED.replace(/^y/, 'b')}.localhost`,
    '/',
    503,
    'This site cannot be read right now',
    ''
  ],
  [
    'a blocked site',
    `${BLOCKED}.localhost`,
    '/',
    451,
    'This site is not shown here',
    'http://localhost:PORT/'
  ],
  [
    'an unknown site',
    `${'n'.repeat(51)}y.localhost`,
    '/',
    404,
    'No such site here',
    'http://localhost:PORT/'
  ],
  ['an unknown host name', 'blog.example', '/', 404, 'No such site here', 'http://localhost:PORT/'],
  ['an unknown release', `r99-${KEY}.localhost`, '/', 404, 'No such release', `//${KEY}.localhost:PORT/`],
  ['a lost release', `r7-${KEY}.localhost`, '/', 410, 'Release 7 is gone', `//${KEY}.localhost:PORT/`]
]

describe('what readers are told in the place of a page', () => {
  test.each(OCCASIONS)('%s is a page in a browser, and a line of text elsewhere', async (...occasion) => {
    const [, host, path, status, title, way] = occasion
    const port = await serve()
    const ask = (accept: string, method = 'GET') =>
      request(port, `${host}:${port}`, path, { method, headers: { accept } })
    const page = await ask(BROWSER)
    expect(page.status).toBe(status)
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      vary: 'accept',
      'x-content-type-options': 'nosniff'
    })
    expect(page.text).toContain('<html lang="en">')
    expect(page.text).toContain(`<title>${title}</title>`)
    expect(page.text).toContain(`<h1>${title}</h1>`)
    expect(page.text).toContain('<meta name="color-scheme" content="light dark">')
    expect(page.text).not.toMatch(/<script|style=|\son\w+=|src=/i)
    const ways = [...page.text.matchAll(/ href="([^"]*)"/g)].map(([, href]) => href)
    expect(ways).toEqual(way === null ? [] : [way.replace('PORT', String(port))])

    const [, style = ''] = /<style>([^]*)<\/style>/.exec(page.text) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    expect(page.headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
    )

    const head = await ask(BROWSER, 'HEAD')
    expect([head.status, head.text, head.headers['content-length']]).toEqual([
      status,
      '',
      String(page.bytes.length)
    ])
    for (const accept of ['*/*', 'image/avif,image/webp,*/*;q=0.8', 'text/html;q=0, */*']) {
      const line = await ask(accept)
      expect([accept, line.status, line.headers['content-type']]).toEqual([
        accept,
        status,
        'text/plain; charset=utf-8'
      ])
      expect(line.text).toMatch(/^[^<\n]+[./]\n$/)
      expect(line.headers['cache-control']).toBe('no-store')
    }
  })

  test('has the way on as a whole address also in text', async () => {
    const port = await serve()
    const answer = await request(port, `blog.example:${port}`, '/')
    expect(answer.text).toContain(`at blog.example. `)
    expect(answer.text).toMatch(new RegExp(`: http://localhost:${port}/\\n$`))
  })

  test('names no list of sites under a domain of the web, where readers cannot open it', async () => {
    const port = await serve({
      domain: 'sites.example',
      directory: siteDirectory({ domain: 'sites.example', sites: new Map() })
    })
    for (const host of ['nonsense.sites.example', 'blog.example']) {
      const { status, text } = await request(port, host, '/', { headers: { accept: BROWSER } })
      expect([status, text.includes('href=')]).toEqual([404, false])
    }
  })

  test('repeats no host name that is none', async () => {
    const port = await serve()
    for (const host of ['"><script>alert(1)</script>', '\u202eevil', 'x'.repeat(200)]) {
      const { text } = await request(port, Buffer.from(host).toString('latin1'), '/', {
        headers: { accept: BROWSER }
      })
      expect(text).not.toMatch(/alert|evil|xxx/)
    }
  })

  test('a missing page of a site without a start page leads nowhere', async () => {
    const site = memorySite({ '/a.txt': 'a' })
    const server = await openSiteServer({ sites: new Map([[KEY, site]]) })
    later(() => server.close())
    const { status, text } = await request(server.port, `${KEY}.localhost`, '/', {
      headers: { accept: BROWSER }
    })
    expect([status, text.includes('href=')]).toEqual([404, false])
  })
})
