import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { until } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { PublishedSite } from '../../../mirror/test/support/published-site.js'
import type { ErrorAnswer } from '@sitedrive/mirror/parts'
import type { NewsAnswer, NewSiteAnswer, OpenAnswer } from '../../src/library/api.js'
import { htmlPage, openLibrary } from '../support/open-library.js'

const CALLS = ['GET /api/library', 'GET /api/news', 'GET /api/events', 'POST /api/open', 'POST /api/resume']
const CHANGES = ['POST /api/interest', 'POST /api/forget', 'POST /api/new-site']

async function onlineSite(files = { 'index.html': htmlPage('The sea') }): Promise<PublishedSite> {
  const site = new PublishedSite()
  await site.publish(files)
  await site.goOnline()
  return site
}

describe('the library lets nobody in', () => {
  test('by another name, as a page of the web that gives its own name this address (DNS rebinding)', async () => {
    const library = await openLibrary()
    const key = await library.publishOwn('mine', { 'index.html': htmlPage('Mine') })
    for (const host of [
      'attacker.example',
      `attacker.example:${library.port}`,
      `localhost:${library.port}`,
      `127.0.0.1:${library.port}`,
      `${key}.localhost:${library.port}`,
      `x.library.localhost:${library.port}`,
      'library.localhost',
      'library.localhost:1',
      `library.localhost.:${library.port}`,
      `library.localhost.attacker.example:${library.port}`
    ]) {
      for (const call of [...CALLS, ...CHANGES, 'GET /page.js']) {
        const [method = '', target = ''] = call.split(' ')
        const headers = { host, ...(method === 'POST' && { origin: `http://${host}` }) }
        const { status, text } = await library.ask(
          method,
          target,
          headers,
          method === 'POST' ? '{}' : undefined
        )
        expect(status, `${host} ${call}`).toBeGreaterThanOrEqual(403)
        expect(text).not.toContain(key)
      }
    }
  })

  test('without the token, or with another one', async () => {
    const library = await openLibrary()
    for (const token of ['', 'x', `${library.token}x`, library.token.slice(1)]) {
      for (const call of [...CALLS, ...CHANGES]) {
        const [method = '', target = ''] = call.split(' ')
        const answer = await library.ask(
          method,
          target,
          { 'sitedrive-token': token },
          method === 'POST' ? '{}' : undefined
        )
        expect(answer.status, call).toBe(403)
      }
    }
  })

  test('from another origin, though it had the token; nor who sends what a form can send', async () => {
    const library = await openLibrary()
    const key = await library.publishOwn('mine', { 'index.html': htmlPage('Mine') })
    for (const origin of [
      'null',
      `http://${key}.localhost:${library.port}`,
      `http://localhost:${library.port}`
    ])
      for (const call of [...CALLS, ...CHANGES]) {
        const [method = '', target = ''] = call.split(' ')
        const answer = await library.ask(method, target, { origin }, method === 'POST' ? '{}' : undefined)
        expect(answer.status, `${origin} ${call}`).toBe(403)
      }
    for (const place of ['cross-site', 'same-site', 'none'])
      expect((await library.ask('GET', '/api/library', { 'sec-fetch-site': place })).status).toBe(403)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])
      expect((await library.ask('POST', '/api/resume', { 'content-type': type }, '{}')).status).toBe(415)
  })

  test('and says nothing to whoever asks whether they may (CORS), sets no cookie, and is framed by nobody', async () => {
    const library = await openLibrary()
    const asked = await library.ask('OPTIONS', '/api/open', {
      origin: 'http://attacker.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'sitedrive-token'
    })
    for (const answer of [asked, await library.ask('GET', '/'), await library.ask('GET', '/api/library')]) {
      const names = Object.keys(answer.headers)
      expect(names.filter((name) => /^access-control-|^set-cookie/.test(name))).toEqual([])
      expect(answer.headers['x-frame-options']).toBe('DENY')
      const policy = String(answer.headers['content-security-policy']).split('; ')
      expect(policy).toEqual(
        expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'", "img-src 'self'"])
      )
      expect(policy.join()).not.toMatch(/unsafe|frame-src|\*/)
    }
  })

  test('to what is no file of its page; a request without a host is refused', async () => {
    const library = await openLibrary()
    for (const target of ['/../library-page.js', '/..%2flibrary-page.js', '/page', '/__proto__', '//page.js'])
      expect((await library.ask('GET', target)).status, target).toBe(404)
    const socket = connect(library.port, '127.0.0.1')
    socket.end(`GET /api/library HTTP/1.0\r\nsitedrive-token: ${library.token}\r\n\r\n`)
    expect(await text(socket)).not.toContain('newSitesIn')
  })
})

test('localhost says where the library is, without its token', async () => {
  const library = await openLibrary()
  const { status, text: said } = await library.ask('GET', '/', { host: `localhost:${library.port}` })
  expect(status).toBe(404)
  expect(said).toContain('sitedrive library')
  expect(said).not.toContain(library.token)
  const page = await library.ask('GET', '/', { host: `localhost:${library.port}`, accept: 'text/html' })
  expect(page.text).not.toContain(library.token)
})

test('a site that is a fork says of which, also when it is not open', async () => {
  const home = tempDir()
  const library = await openLibrary({ home })
  const site = await onlineSite()
  expect((await library.post('/api/open', { link: site.key })).status).toBe(200)
  await library.untilWhole(site.key)
  expect((await library.siteRow(site.key))?.fork).toBeNull()

  const of = 'y'.repeat(52)
  const file = path.join(site.projectDir, 'sitedrive.json')
  const project = JSON.parse(readFileSync(file, 'utf8')) as object
  writeFileSync(file, JSON.stringify({ ...project, fork: { of, release: 12, version: 40 } }))
  await site.publish({ 'index.html': htmlPage('The lake') })
  await site.goOnline()
  const fork = { link: `hyper://${of}/`, release: 12 }
  await until(async () => (await library.siteRow(site.key))?.fork !== null, { timeoutMs: 60_000 })
  expect(await library.siteRow(site.key)).toMatchObject({ release: 2, fork })
  await library.close()
  const again = await openLibrary({ home })
  expect(await again.siteRow(site.key)).toMatchObject({ standing: { kind: 'closed' }, fork })
})

test('a link is opened, followed, kept and forgotten; each stands in the list as it is', async () => {
  const library = await openLibrary()
  const site = await onlineSite()
  await library.publishOwn('garden', { 'index.html': htmlPage('Garden') })
  const opened = await library.post<OpenAnswer>('/api/open', { link: `hyper://${site.key}/a%20page` })
  expect(opened).toMatchObject({
    status: 200,
    body: { key: site.key, url: `http://${site.key}.localhost:${library.port}/a%20page`, isShared: true }
  })
  await library.untilWhole(site.key)
  const answer = await library.answer()
  expect(answer.mine).toMatchObject([{ name: 'garden', release: 1, folders: [{ isThere: true }] }])
  expect(answer.sites).toMatchObject([
    {
      key: site.key,
      name: 'The sea',
      interest: 'read',
      release: 1,
      standing: { kind: 'open', isComplete: true }
    }
  ])
  const shown = await library.ask('GET', '/', { host: `${site.key}.localhost:${library.port}` })
  expect(shown.text).toContain('The sea')

  for (const interest of ['followed', 'kept', 'read']) {
    expect((await library.post('/api/interest', { key: site.key, interest, maxBytes: null })).status).toBe(
      200
    )
    expect(await library.siteRow(site.key)).toMatchObject({ interest })
  }
  const folder = path.join(library.home, 'read', site.key)
  expect(existsSync(folder)).toBe(true)
  expect((await library.post('/api/forget', { key: site.key })).status).toBe(200)
  expect(existsSync(folder)).toBe(false)
  expect((await library.answer()).sites).toEqual([])
  expect(
    (await library.ask('GET', '/', { host: `${site.key}.localhost:${library.port}` })).text
  ).not.toContain('The sea')
  expect((await library.post('/api/forget', { key: site.key })).status).toBe(404)
  // It can be opened again.
  await library.post('/api/open', { link: site.key })
  await library.untilWhole(site.key)
})

test('a release that comes is told in words, to a page that is open, and in the news of all sites', async () => {
  const library = await openLibrary()
  const [one, two] = [await onlineSite(), await onlineSite({ 'index.html': htmlPage('The hills') })]
  for (const { key } of [one, two]) {
    await library.post('/api/open', { link: key, interest: 'followed' })
    await library.untilWhole(key)
  }
  const events = library.events()
  await one.publish({ 'index.html': htmlPage('The sea'), 'tide/index.html': htmlPage('High tide') })
  await one.goOnline()
  await until(() => events.some(({ kind }) => kind === 'news'), { timeoutMs: 60_000 })
  await two.publish({ 'index.html': htmlPage('The hills, again') })
  await two.goOnline()
  await until(() => events.filter(({ kind }) => kind === 'news').length === 2, { timeoutMs: 60_000 })
  const { news } = JSON.parse((await library.ask('GET', '/api/news')).text) as NewsAnswer
  expect(news).toMatchObject([
    { key: two.key, site: 'The hills, again', release: 2 },
    { key: one.key, site: 'The sea', release: 2, words: expect.stringContaining('High tide') as string }
  ])
  expect(await library.siteRow(one.key)).toMatchObject({ release: 2, news: [{ release: 2 }] })
})

test('a site that is larger than its limit is not fetched as a whole until the limit is raised', async () => {
  const library = await openLibrary()
  const site = await onlineSite({ 'index.html': htmlPage('Large', 'x'.repeat(300_000)) })
  await library.post('/api/open', { link: site.key, interest: 'kept', maxBytes: 1_000 })
  const standing = await until(
    async () => {
      const row = await library.siteRow(site.key)
      return (
        row?.standing.kind === 'open' && row.standing.words.includes('pages are fetched when') && row.standing
      )
    },
    { timeoutMs: 60_000 }
  )
  expect(standing.isComplete).toBe(false)
  await library.post('/api/interest', { key: site.key, interest: 'kept', maxBytes: 1_000_000 })
  await library.untilWhole(site.key)
})

test('what leads to no site is told in words', async () => {
  const library = await openLibrary()
  for (const [link, code, words] of [
    ['dat://abc/', 'DAT_LINK', /Dat/i],
    ['hyper://abc/', 'BAD_KEY', /key/],
    ['https://example.org/', 'BAD_LINK', /has no key in it/],
    ['', 'BAD_KEY', /key/]
  ] as const) {
    const { status, body } = await library.post<ErrorAnswer>('/api/open', { link })
    expect(status, link).toBe(400)
    expect(body.error.code, link).toBe(code)
    expect(body.error.message).toMatch(words)
  }
  expect((await library.answer()).sites).toEqual([])
})

test('no folder but that of a site is removed, whatever key is sent', async () => {
  const library = await openLibrary()
  const outside = path.join(library.home, 'outside')
  mkdirSync(path.join(library.home, 'read'), { recursive: true })
  mkdirSync(outside)
  writeFileSync(path.join(outside, 'site.json'), '{}')
  for (const key of ['../outside', '..', '.', '', null, { x: 1 }, `${path.sep}tmp`]) {
    expect((await library.post('/api/forget', { key } as object)).status).toBe(400)
    expect(
      (await library.post('/api/interest', { key, interest: 'kept', maxBytes: null } as object)).status
    ).toBe(400)
  }
  expect(readdirSync(outside)).toEqual(['site.json'])
})

test('sites that are followed or kept are opened again, those that were read are not', async () => {
  const first = await openLibrary()
  const sites = [await onlineSite(), await onlineSite(), await onlineSite()]
  const [read, followed, kept] = sites.map(({ key }) => key)
  await first.post('/api/open', { link: read })
  await first.post('/api/open', { link: followed, interest: 'followed' })
  await first.post('/api/open', { link: kept, interest: 'kept' })
  for (const { key } of sites) await first.untilWhole(key)
  await first.close()
  const second = await openLibrary({ home: first.home })
  const { body } = await second.post<{ sites: { key: string }[] }>('/api/resume', {})
  expect(new Set(body.sites.map(({ key }) => key))).toEqual(new Set([followed, kept]))
  expect(await second.siteRow(String(read))).toMatchObject({ standing: { kind: 'closed' }, name: 'The sea' })
})

test(
  'a link that nobody answers: who was asked, for how long, and what one can do',
  { tags: 'long' },
  async () => {
    const library = await openLibrary()
    const key = 'ikikikikikikikikikikikikikikikikikikikikikikikikikiy'
    await library.post('/api/open', { link: key })
    expect(await library.siteRow(key)).toMatchObject({ standing: { kind: 'searching' } })
    const problem = await until(
      async () => {
        const row = await library.siteRow(key)
        return row?.standing.kind === 'problem' && row.standing.message
      },
      { timeoutMs: 60_000 }
    )
    expect(problem).toMatch(/answered in 15 s: the DHT was asked .* Try again later, or ask the author/)
    await library.post('/api/open', { link: key })
    expect(await library.siteRow(key)).toMatchObject({ standing: { kind: 'searching' } })
  }
)

test('a new website is made in the folder that was named, and nowhere else', async () => {
  const library = await openLibrary()
  const { status, body } = await library.post<NewSiteAnswer>('/api/new-site', {
    name: 'My Garden',
    dir: '',
    generator: 'eleventy'
  })
  expect(status).toBe(201)
  expect(body.dir).toBe(path.join(library.newSitesIn, 'my-garden'))
  expect(readdirSync(library.newSitesIn)).toEqual(['my-garden'])
  expect(body.commands).toEqual([`cd ${body.dir}`, 'npm install', 'npm run dev'])
  const again = await library.post<ErrorAnswer>('/api/new-site', {
    name: 'My Garden',
    dir: '',
    generator: 'vite'
  })
  expect(again).toMatchObject({ status: 400, body: { error: { code: 'DIR_INVALID' } } })
})
