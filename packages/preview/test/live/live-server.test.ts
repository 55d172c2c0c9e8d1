import { mkdirSync, writeFileSync } from 'node:fs'
import { request, type IncomingHttpHeaders } from 'node:http'
import path from 'node:path'
import { localDht, temporaryFolder, until } from '@sitedrive/testing'
import { createPreview, parsePreviewLink } from '@sitedrive/core/preview'
import { describe, expect, onTestFinished, test } from 'vitest'
import { followPreview } from '../../src/feed/followed-feed.js'
import { openLiveServer } from '../../src/live/live-server.js'
import { localFeed } from '../../src/feed/local-feed.js'

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

function get(url: string, target: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url)
    const sent = request({ host: '127.0.0.1', port, path: target, headers }, (res) => {
      let text = ''
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** A project's preview, served on this machine. */
async function servedPreview(
  files: Record<string, string>,
  options: { lan?: boolean; bootstrap?: { host: string; port: number }[] } = {}
) {
  const root = temporaryFolder()
  const dir = path.join(root, 'project', '_site')
  const write = (written: Record<string, string>) => {
    for (const [name, text] of Object.entries(written)) {
      mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
      writeFileSync(path.join(dir, name), text)
    }
  }
  write(files)
  const preview = await createPreview({
    projectDir: path.join(root, 'project'),
    env: { SITEDRIVE_HOME: path.join(root, 'home') },
    bootstrap: options.bootstrap ?? null
  })
  const feed = localFeed(preview)
  const server = await openLiveServer({ feed, port: 0, lan: options.lan ?? false })
  onTestFinished(async () => {
    await feed.close()
    await server.close()
    await preview.close()
  })
  await preview.update(dir)
  return { root, dir, write, preview, server }
}

describe('a served preview', () => {
  test('is for no page of another site to read or to embed, whatever its author lets in', async () => {
    const { server } = await servedPreview({
      'index.html': '<p>not published yet',
      'data.json': '{}',
      _headers: '/*\n  Access-Control-Allow-Origin: *\n  X-Extra: kept\n'
    })
    for (const target of ['/', '/data.json', '/missing', '/.well-known/sitedrive/page?at=/']) {
      const { headers } = await get(server.url, target, { origin: 'https://elsewhere.example' })
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
    const { headers } = await get(server.url, '/data.json')
    expect(headers).toMatchObject({ 'cross-origin-resource-policy': 'same-origin', 'x-extra': 'kept' })
  })

  test('shows in the place of a picture that only a dev server makes what it is', async () => {
    const { server } = await servedPreview({ 'index.html': '1', '@fs/kept.svg': '<svg/>' })
    const target = '/.11ty/image/?src=a.png&width=10&format=webp'
    for (const headers of [{ 'sec-fetch-dest': 'image' }, { accept: 'image/avif,*/*;q=0.8' }] as const) {
      const picture = await get(server.url, target, headers)
      expect([picture.status, picture.headers['content-type']]).toEqual([404, 'image/svg+xml'])
      expect(picture.text).toContain('Eleventy makes this on request')
    }
    expect(await get(server.url, '/@fs/a.js', { 'sec-fetch-dest': 'script' })).toMatchObject({
      status: 404,
      text: 'Vite makes this on request. It is there in a published build.\n'
    })
    expect(await get(server.url, '/@fs/kept.svg', { 'sec-fetch-dest': 'image' })).toMatchObject({
      status: 200
    })
    const other = await get(server.url, '/other.png', { 'sec-fetch-dest': 'image' })
    expect(other.text).toContain('There is no such page')
  })

  test('answers what a page of another site asks for with nothing, and a link from there with the page', async () => {
    const { server } = await servedPreview({ 'index.html': '<p>not published yet', 'app.js': 'x' })
    for (const site of ['cross-site', 'same-site']) {
      const from = (mode: string) => ({ 'sec-fetch-site': site, 'sec-fetch-mode': mode })
      for (const target of ['/', '/app.js', '/.well-known/sitedrive/events'])
        expect((await get(server.url, target, from('no-cors'))).status).toBe(403)
      expect((await get(server.url, '/', from('navigate'))).status).toBe(200)
    }
  })

  test('answers under names of this machine alone', async () => {
    const { server } = await servedPreview({ 'index.html': '<p>one' })
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'project.localhost', 'LOCALHOST.'])
      expect((await get(server.url, '/', { host })).status).toBe(200)
    for (const host of [
      'review.localhost',
      'x.review.localhost',
      'elsewhere.example',
      'localhost.elsewhere.example',
      '192.0.2.1',
      '127.0.0.1.example'
    ])
      expect((await get(server.url, '/', { host })).status).toBe(403)
  })

  test('gives an SVG document byte for byte, and no other file than a page anything more', async () => {
    const svg =
      '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" xmlns:h="http://www.w3.org/1999/xhtml">' +
      '<metadata><h:head></h:head></metadata><foreignObject><h:body>ü</h:body></foreignObject></svg>\n'
    const markup = '<html><head></head><body>é</body></html>'
    const files = { 'x.svg': svg, 'feed.xml': markup, 'words.txt': markup, 'data.json': '"<head>"' }
    const { server } = await servedPreview({ 'index.html': markup, ...files })
    for (const [name, text] of Object.entries(files)) {
      // Also opened by itself, where a page would get its script.
      const answer = await get(server.url, `/${name}`, { 'sec-fetch-dest': 'document' })
      expect([name, answer.status, answer.text]).toEqual([name, 200, text])
      expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(text)))
    }
    expect((await get(server.url, '/x.svg')).headers['content-type']).toMatch(/^image\/svg\+xml/)
    expect((await get(server.url, '/')).text).toContain('/live.js')
  })

  test('lets nothing be kept by the browser without asking, whatever the file is named', async () => {
    const { server } = await servedPreview({ 'index.html': '<p>one', 'app.3f9a2b71.js': 'x' })
    const { headers } = await get(server.url, '/app.3f9a2b71.js')
    expect(headers['cache-control']).toBe('public, max-age=0, must-revalidate')
    expect((await get(server.url, '/')).headers['cache-control']).toBe('no-store')
  })

  test('shows a page that waits before the first build, and the site as soon as there is one', async () => {
    const root = temporaryFolder()
    const preview = await createPreview({
      projectDir: root,
      env: { SITEDRIVE_HOME: path.join(root, 'home') },
      bootstrap: null
    })
    const feed = localFeed(preview)
    const server = await openLiveServer({ feed, port: 0 })
    onTestFinished(async () => {
      await feed.close()
      await server.close()
      await preview.close()
    })
    const waiting = await get(server.url, '/')
    expect(waiting.status).toBe(503)
    expect(waiting.text).toContain('live.js')
    mkdirSync(path.join(root, 'out'))
    writeFileSync(path.join(root, 'out', 'index.html'), '<p>here')
    await preview.update(path.join(root, 'out'))
    expect((await get(server.url, '/')).text).toContain('<p>here')
  })

  test('of 20 MB is one page with one tag, byte for byte', async () => {
    const page = `<!doctype html><head></head>${'<p>words</p>\n'.repeat(1_600_000)}`
    const { server } = await servedPreview({ 'index.html': page })
    const { text, headers } = await get(server.url, '/')
    expect(text.replace(/<script async [^>]*><\/script>/, '')).toBe(page)
    expect(Number(headers['content-length'])).toBe(text.length)
  })
})

describe('a preview that is followed over the network', () => {
  test('shows updates, failures and builds, and goes on serving when its author is gone', async () => {
    const dht = await localDht()
    const author = await servedPreview({ 'index.html': '<p>one' }, { bootstrap: dht.bootstrap })
    const feed = await followPreview({
      link: parsePreviewLink(author.preview.link),
      dir: path.join(temporaryFolder(), 'followed'),
      bootstrap: dht.bootstrap
    })
    const server = await openLiveServer({ feed, port: 0 })
    onTestFinished(async () => {
      await server.close()
      await feed.close()
    })
    const shows = (text: string) => async () => (await get(server.url, '/')).text.includes(text)
    await until(shows('<p>one'))
    await until(() => feed.status.author.online)

    const before = feed.id ?? ''
    author.write({ 'index.html': '<p>two', 'more.html': 'more' })
    await author.preview.update(author.dir)
    await until(shows('<p>two'))
    expect(
      feed
        .changesSince(before)
        ?.map(({ op, path: name }) => `${op} ${name}`)
        .toSorted()
    ).toEqual(['add /more.html', 'change /index.html'])

    author.preview.building()
    await until(() => feed.status.state === 'building')
    await author.preview.failed({ message: 'no', file: 'a.md', line: 2 })
    await until(() => feed.status.state === 'failed')
    expect(feed.status.failure).toEqual({ message: 'no', file: 'a.md', line: 2, column: null })
    author.preview.building()
    await author.preview.update(author.dir)
    await until(() => feed.status.state === 'ready')

    await author.preview.close()
    await until(() => !feed.status.author.online)
    expect((await get(server.url, '/')).text).toContain('<p>two')
  })
})
