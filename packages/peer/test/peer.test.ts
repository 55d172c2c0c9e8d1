import { once } from 'node:events'
import { connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { text } from 'node:stream/consumers'
import { encodeKey } from '@sitedrive/core/drive'
import { describe, expect, test, vi } from 'vitest'
import { Author } from './support/author.js'
import { issue } from '../../mirror/test/support/certificate.js'
import { tempDir } from '../../mirror/test/support/folders.js'
import { later } from '../../mirror/test/support/later.js'
import { PinningClient } from './support/pinning-client.js'
import { request } from '../../mirror/test/support/request.js'
import { ask, runPeer, siteOf, trusting } from './support/running-peer.js'
import { until } from '../../mirror/test/support/until.js'

describe('a site that a trusted publisher pins', () => {
  test('is on the web when the publish is confirmed, and stays there without its publisher', async () => {
    const author = await Author.open()
    const peer = await runPeer(trusting(author))
    author.pinAt(peer.key)
    const outcome = await author.publish({ 'index.html': 'one', 'about.html': 'about' })
    expect(outcome.seeds).toMatchObject([{ key: peer.key, confirmed: true }])
    await until('the release', () => siteOf(peer, author.key)?.release === 1)
    expect(await ask(peer, author.key)).toMatchObject({ status: 200, text: 'one' })
    expect(await ask(peer, author.key, '/about')).toMatchObject({ status: 200, text: 'about' })

    await author.publish({ 'index.html': 'two' })
    await until('the second', () => siteOf(peer, author.key)?.release === 2)
    expect(await ask(peer, author.key)).toMatchObject({ status: 200, text: 'two' })
  })

  test('is there again after a restart, without any network', async () => {
    const dir = tempDir()
    const author = await Author.open()
    const first = await runPeer({ dir, ...trusting(author) })
    author.pinAt(first.key)
    await author.publish({ 'index.html': 'one' })
    await until('the release', () => siteOf(first, author.key)?.release === 1)
    const { key } = first
    await first.close()

    const second = await runPeer({ dir })
    expect(second.key).toBe(key)
    expect(siteOf(second, author.key)).toMatchObject({ release: 1, state: 'complete' })
    expect(await ask(second, author.key)).toMatchObject({ status: 200, text: 'one' })
  })
})

// Its record is read as soon as it is shown, then its rules, then its title, each of which takes some turns.
test.each([1, 4, 7, 10])(
  'a peer that is closed %s turns after a new release is shown ends well',
  async (turns) => {
    const author = await Author.open()
    const peer = await runPeer(trusting(author))
    author.pinAt(peer.key)
    await author.publish({ 'index.html': 'one' })
    const site = peer.site(author.key)
    await until('a complete state', () => site?.state !== null)
    const { version } = site!.state!
    const published = author.publish({ 'index.html': 'two' })
    while (site!.state!.version === version) await new Promise(setImmediate)
    for (let turn = 1; turn < turns; turn++) await new Promise(setImmediate)
    await site!.close()
    await published.catch(() => {}) // the peer may be gone before it confirms
    await peer.close()
  }
)

test('lines of _redirects and _headers that cannot be used are told of on the status page', async () => {
  const author = await Author.open()
  const peer = await runPeer(trusting(author))
  author.pinAt(peer.key)
  await author.publish({
    'index.html': 'one',
    _redirects: '/a /\n/b\n/c / 302 Language=de\n',
    _headers: '/*\n  X-A: 1\n  X-Content-Type-Options: nosniff\n  Set-Cookie: a=1\n'
  })
  await until('the problems', () => siteOf(peer, author.key)?.problems.length === 2)
  expect(siteOf(peer, author.key)?.problems[0]).toContain(
    '2 lines of `_redirects` cannot be used (lines 2, 3)'
  )
  expect(siteOf(peer, author.key)?.problems[1]).toContain('1 line of `_headers` cannot be used (line 4)')
  expect((await request(peer.port, 'localhost', '/')).text).toContain('2 lines of')
  expect((await ask(peer, author.key, '/a')).headers.location).toBe('/')
  await author.publish({ 'index.html': 'one', _redirects: '/a /\n' })
  await until('the all-clear', () => siteOf(peer, author.key)?.problems.length === 0)
})

describe('a site that was never complete here', () => {
  test('is shown all the same while its publisher is online, block by block', async () => {
    const client = await PinningClient.open()
    const peer = await runPeer({ ...trusting(client), stallMs: 500 })
    const drive = await client.drive()
    const key = encodeKey(drive.key)
    await drive.put('/index.html', 'early')
    const missing = { blockOffset: 1_000, blockLength: 1, byteOffset: 1e6, byteLength: 5 }
    await drive.putEntry('/late.bin', { blob: missing })
    await client.connect(peer.key)
    client.pinSite(drive)
    await until('the page', async () => (await ask(peer, key)).status === 200)
    const start = performance.now()
    expect(await ask(peer, key)).toMatchObject({ status: 200, text: 'early' })
    expect(performance.now() - start).toBeLessThan(500)
    expect(siteOf(peer, key)).toMatchObject({ state: 'waiting', release: null })
    expect((await ask(peer, key, '/late.bin')).status).toBeGreaterThanOrEqual(502)
    expect(await ask(peer, key)).toMatchObject({ status: 200, text: 'early' })
  })
})

test('an old release has a host name of its own', async () => {
  const author = await Author.open()
  const peer = await runPeer(trusting(author))
  author.pinAt(peer.key)
  for (const text of ['one', 'two', 'three']) await author.publish({ 'index.html': text })
  await until('the release', () => siteOf(peer, author.key)?.release === 3)
  for (const [number, text] of [
    [1, 'one'],
    [2, 'two'],
    [3, 'three']
  ] as const)
    expect(await ask(peer, `r${number}-${author.key}`)).toMatchObject({ status: 200, text })
  expect(await ask(peer, `r4-${author.key}`)).toMatchObject({ status: 404 })
})

describe('HTTP', () => {
  test('shows a site by a name and by a host name that the operator gave it', async () => {
    const author = await Author.open()
    const names = new Map([
      ['blog', author.key],
      ['example.org', author.key]
    ])
    const peer = await runPeer({ ...trusting(author), names })
    author.pinAt(peer.key)
    await author.publish({ 'index.html': 'one' })
    await until('the release', () => siteOf(peer, author.key)?.release === 1)
    for (const host of ['blog.localhost', 'example.org', 'EXAMPLE.org:80'])
      expect(await request(peer.port, host, '/')).toMatchObject({ status: 200, text: 'one' })
    expect(siteOf(peer, author.key)?.names).toEqual(['blog', 'example.org'])
  })

  test('never shows the own pages at a host of a site, nor at a name that anybody could point here', async () => {
    const peer = await runPeer()
    for (const host of ['rebound.example', `${peer.key}.localhost`])
      expect(await request(peer.port, host, '/status.json')).toMatchObject({ status: 404 })
    for (const host of ['localhost', '127.0.0.1', '10.1.2.3', '[::1]', ''])
      expect(await request(peer.port, host, '/health')).toMatchObject({ status: 200 })
    expect(await request(peer.port, 'localhost', '/health', { method: 'POST' })).toMatchObject({
      status: 405
    })
  })
})

test('with a host of their own the own pages are at no other through a proxy', async () => {
  const peer = await runPeer({ ownHosts: ['status.example'] })
  const get = async (host: string, headers = {}) =>
    (await request(peer.port, host, '/status.json', { headers })).status
  const proxied = { 'x-forwarded-for': '203.0.113.5' }
  expect(await get('Status.example', proxied)).toBe(200)
  for (const host of ['localhost', '127.0.0.1', '10.1.2.3', '']) {
    expect([host, await get(host)]).toEqual([host, 200])
    for (const name of ['x-forwarded-for', 'forwarded', 'via'])
      expect([host, await get(host, { [name]: '203.0.113.5' })]).toEqual([host, 404])
  }
  expect(await get('x'.repeat(262), proxied)).toBe(400)
})

test('the status is a page, JSON, metrics and a health check', async () => {
  const author = await Author.open()
  const peer = await runPeer(trusting([author, 5e6]))
  author.pinAt(peer.key)
  await author.publish({ 'index.html': '<title>\u001b[31m<b>red</b></title>' })
  await until('the release', () => siteOf(peer, author.key)?.release === 1)
  const page = await request(peer.port, 'localhost', '/')
  expect(page).toMatchObject({ status: 200 })
  expect(page.headers['content-type']).toContain('text/html')
  expect(page.text).toContain(`hyper://${author.key}/`)
  expect(page.text).not.toContain('\u001b')
  expect(page.text).not.toContain('<b>red')
  const json = await request(peer.port, '127.0.0.1', '/status.json')
  expect(JSON.parse(json.text)).toMatchObject({
    key: peer.key,
    sites: [{ key: author.key, release: 1, files: 1 }]
  })
  const metrics = await request(peer.port, 'localhost', '/metrics')
  expect(metrics.text).toContain(`sitedrive_site_release{site="${author.key}"} 1\n`)
  expect(await request(peer.port, 'localhost', '/health')).toMatchObject({ status: 200, text: 'ok\n' })
})

test('a peer with a certificate shows its own pages over HTTP/2, and a site beside them', async () => {
  const author = await Author.open()
  const peer = await runPeer({ ...trusting(author), tls: issue(tempDir(), 'x') })
  author.pinAt(peer.key)
  await author.publish({ 'index.html': 'one' })
  await until('the release', () => siteOf(peer, author.key)?.release === 1)
  // Node.js warns of headers that HTTP/2 has no use for.
  const warned = vi.spyOn(process, 'emitWarning')
  const session = connect(`https://127.0.0.1:${peer.port}`, { rejectUnauthorized: false })
  later(() => session.destroy())
  const get = async (path: string, headers: OutgoingHttpHeaders = {}) => {
    const stream = session.request({ ':path': path, ':authority': `localhost:${peer.port}`, ...headers })
    const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    return { status: answer[':status'], headers: answer, text: await text(stream) }
  }
  const page = await get('/')
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
  expect(page.text).toContain(`hyper://${author.key}/`)
  const json = await get('/status.json')
  expect(json).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
  expect(JSON.parse(json.text)).toMatchObject({ key: peer.key, sites: [{ key: author.key, release: 1 }] })
  const metrics = await get('/metrics')
  expect(metrics.text).toContain(`sitedrive_site_release{site="${author.key}"} 1\n`)
  expect(await get('/health')).toMatchObject({ status: 200, text: 'ok\n' })
  expect(await get('/', { ':method': 'HEAD' })).toMatchObject({
    status: 200,
    headers: { 'content-length': page.headers['content-length'] },
    text: ''
  })
  expect(await get('/none')).toMatchObject({ status: 404 })
  // It ends no other answer of the connection.
  expect(await get('/', { ':method': 'POST' })).toMatchObject({
    status: 405,
    headers: { allow: 'GET, HEAD' }
  })
  expect(warned).not.toHaveBeenCalled()
  expect(await get('/', { ':authority': `${author.key}.localhost` })).toMatchObject({ text: 'one' })
  expect(await get('/metrics', { ':authority': `${author.key}.localhost` })).toMatchObject({ status: 404 })
})

test('a peer whose usual port is taken takes another port, also when two begin at once; one that is told its port says that it is taken', async () => {
  const first = await runPeer({})
  const usual = { usualPort: first.port }
  const others = await Promise.all([runPeer(usual), runPeer(usual)])
  expect(new Set([first.port, ...others.map(({ port }) => port)]).size).toBe(3)
  await expect(runPeer({ port: first.port, ...usual })).rejects.toMatchObject({ code: 'NETWORK_FAILED' })
})

test('the status page calls a site by its title, whatever that says, and names who pinned it', async () => {
  const author = await Author.open()
  const peer = await runPeer(trusting(author))
  author.pinAt(peer.key)
  const titled = (title: string) => ({
    'index.html': `<!doctype html><html lang="en"><head><title>${title}</title></head><body><p>text</p></body></html>`
  })
  await author.publish(titled('Sails &amp; <b>boats</b> &#x202e;'))
  await until('the title', () => siteOf(peer, author.key)?.title === 'Sails & <b>boats</b> \u202e')
  expect(siteOf(peer, author.key)?.pinnedBy).toEqual([author.publisherKey])
  const { text } = await request(peer.port, 'localhost', '/')
  expect(text).toContain('>Sails &#38; &#60;b&#62;boats&#60;/b&#62;</a>')
  expect(text).toContain(`<code title="${author.publisherKey}">`)
  await author.publish({ 'index.html': 'no title' })
  await until('none', () => siteOf(peer, author.key)?.title === null)
  expect((await request(peer.port, 'localhost', '/')).text).toContain(`>${author.key.slice(0, 8)}…`)
})
