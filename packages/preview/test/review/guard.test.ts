import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { request } from '../../../mirror/test/support/request.js'
import { reviewSite, type ReviewSite } from './support/review-site.js'

const SITE = { released: { 'a.html': '1' }, now: { 'a.html': '2' } }

/** Opens one whose build would leave a trace. */
async function guarded(): Promise<ReviewSite> {
  return reviewSite({ ...SITE, build: { command: 'echo built > trace' } })
}

const PUBLISH = JSON.stringify({ command: 'echo built > trace' })

describe('the review page lets nobody in', () => {
  test('by another name, as a page of the web that gives its own name this address (DNS rebinding)', async () => {
    const site = await guarded()
    for (const host of [
      'attacker.example',
      `attacker.example:${site.port}`,
      `localhost:${site.port}`,
      `x.review.localhost:${site.port}`,
      `review.localhost`,
      `review.localhost:1`,
      `review.localhost.attacker.example:${site.port}`
    ]) {
      for (const target of ['/', '/page.js', '/api/review', '/api/events']) {
        expect(await site.call.ask('GET', target, { host }), host).toMatchObject({ status: 403 })
      }
      const rebound = await site.call.ask('POST', '/api/publish', { host, origin: `http://${host}` }, PUBLISH)
      expect(rebound.status).toBe(403)
    }
    expect((await site.call.review()).counts.changed).toBe(1)
  })

  test('without a Host', async () => {
    const site = await guarded()
    const socket = connect(site.port, '127.0.0.1')
    socket.end(`GET /api/review HTTP/1.0\r\nsitedrive-token: ${site.token}\r\n\r\n`)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 403/)
  })

  test('without the token, or with another one', async () => {
    const site = await guarded()
    for (const token of ['', 'x', `${site.token}x`, site.token.slice(1), 'é'.repeat(site.token.length)]) {
      const headers = { 'sitedrive-token': Buffer.from(token).toString('latin1') }
      for (const target of ['/api/review', '/api/events', '/api/log', '/api/diff?path=/a.html'])
        expect(await site.call.ask('GET', target, headers), target).toMatchObject({ status: 403 })
      for (const target of ['/api/publish', '/api/publish/cancel', '/api/rollback'])
        expect(await site.call.ask('POST', target, headers, '{}'), target).toMatchObject({ status: 403 })
    }
  })

  test('from another origin, though it had the token', async () => {
    const site = await guarded()
    const here = `review.localhost:${site.port}`
    for (const origin of [
      'null',
      'http://localhost:4400',
      `http://localhost:${site.port}`,
      `https://${here}`,
      `http://127.0.0.1:${site.port}`,
      'http://attacker.example'
    ]) {
      expect(await site.call.ask('GET', '/api/review', { origin }), origin).toMatchObject({ status: 403 })
      expect(await site.call.ask('POST', '/api/publish', { origin }, PUBLISH)).toMatchObject({ status: 403 })
    }
    // Browsers name no origin where they ask for an image or a script; where it comes from they say.
    for (const place of ['cross-site', 'same-site', 'none']) {
      const headers = { 'sec-fetch-site': place }
      expect(await site.call.ask('GET', '/api/review', headers), place).toMatchObject({ status: 403 })
    }
    expect(await site.call.ask('POST', '/api/publish', { origin: '' }, PUBLISH)).toMatchObject({
      status: 403
    })
    expect(await site.call.ask('GET', '/api/review', { 'sec-fetch-site': 'same-origin' })).toMatchObject({
      status: 200
    })
  })

  test('who sends what a form can send', async () => {
    const site = await guarded()
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      '',
      'text/plain; application/json'
    ]) {
      const answer = await site.call.ask('POST', '/api/publish', { 'content-type': type }, PUBLISH)
      expect(answer.status, type).toBe(415)
    }
  })

  test('who would change something by GET, or by another method', async () => {
    const site = await guarded()
    for (const target of ['/api/publish', '/api/publish/cancel', '/api/rollback?release=1&newest=1'])
      expect(await site.call.ask('GET', target)).toMatchObject({ status: 404 })
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'])
      expect((await site.call.ask(method, '/api/publish')).status, method).toBeGreaterThanOrEqual(403)
    expect((await site.call.ask('POST', '/', {}, '{}')).status).toBe(405)
  })

  test('and says nothing to whoever asks whether they may (CORS)', async () => {
    const site = await guarded()
    const asked = await site.call.ask('OPTIONS', '/api/publish', {
      origin: 'http://localhost:4400',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'sitedrive-token'
    })
    for (const answer of [
      asked,
      await site.call.ask('GET', '/'),
      await site.call.ask('GET', '/api/review')
    ]) {
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })
})

describe('the review page', () => {
  test('is framed by nobody, and runs and loads nothing that is not its own', async () => {
    const site = await guarded()
    for (const target of ['/', '/page.js', '/page.css', '/nothing', '/api/review']) {
      const { headers } = await site.call.ask('GET', target)
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store'
      })
      const policy = String(headers['content-security-policy'])
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'"
      ])
        expect(policy.split('; ')).toContain(part)
      expect(policy).not.toContain('unsafe')
    }
  })

  test('tells its token to nobody', async () => {
    const site = await guarded()
    for (const target of ['/', '/page.js', '/page.css', '/api/review', '/api/log', '/nothing'])
      expect((await site.call.ask('GET', target)).text).not.toContain(site.token)
  })

  test('is at 127.0.0.1 as well, for browsers that do not know its name', async () => {
    const site = await guarded()
    const host = `127.0.0.1:${site.port}`
    expect((await site.call.ask('GET', '/', { host })).text).toContain('<div id="app">')
    expect(await site.call.ask('GET', '/api/review', { host })).toMatchObject({ status: 200 })
    expect(
      await site.call.ask('POST', '/api/publish', { host, origin: `http://${host}` }, PUBLISH)
    ).toMatchObject({
      status: 202
    })
    await site.call.ended()
  })

  test('serves its own files and no others', async () => {
    const site = await guarded()
    for (const target of [
      '/../review.js',
      '/..%2freview.js',
      '/index.html/',
      '/page',
      '/__proto__',
      '/constructor',
      '//page.js'
    ])
      expect((await site.call.ask('GET', target)).status, target).toBe(404)
  })

  test('takes no request that is no JSON object, or too long', async () => {
    const site = await guarded()
    for (const body of ['', 'x', '[', '1', 'null', JSON.stringify({ command: 'x'.repeat(20_000) })]) {
      const { status } = await site.call.ask('POST', '/api/rollback', {}, body)
      expect(status, body.slice(0, 20)).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
    }
  })
})

describe('the frames', () => {
  test('are on names that cannot be guessed, framed by the review page alone, and sandboxed wherever they are', async () => {
    const site = await guarded()
    const { now, last } = await site.call.review()
    for (const origin of [now?.frame, last?.frame]) {
      const { hostname, port, host } = new URL(origin ?? '')
      expect(hostname).toMatch(/^[0-9a-f]{32}\.localhost$/)
      expect(Number(port)).not.toBe(site.port)
      const { headers, status } = await frame(Number(port), host)
      expect(status).toBe(200)
      expect(headers['content-security-policy']).toBe(
        `frame-ancestors http://review.localhost:${site.port} http://127.0.0.1:${site.port}; sandbox allow-scripts`
      )
      for (const other of [
        `localhost:${port}`,
        `127.0.0.1:${port}`,
        `review.localhost:${port}`,
        `x.localhost:${port}`,
        hostname
      ])
        expect((await frame(Number(port), other)).status, other).toBe(404)
    }
    expect(now?.frame).not.toBe(last?.frame)
  })

  test('keep what a site says of its scripts, and not what would keep it from being shown', async () => {
    const site = await reviewSite({
      released: null,
      now: {
        'a.html': 'x',
        _headers:
          "/*\n  X-Frame-Options: DENY\n  Content-Security-Policy: script-src 'self'; frame-ancestors 'none'\n  Cross-Origin-Resource-Policy: same-origin\n"
      }
    })
    const { now } = await site.call.review()
    const { port, host } = new URL(now?.frame ?? '')
    const { headers } = await frame(Number(port), host, '/a.html')
    expect(headers['x-frame-options']).toBeUndefined()
    expect(headers['cross-origin-resource-policy']).toBeUndefined()
    expect(headers['content-security-policy']).toMatch(/^script-src 'self', frame-ancestors http:\/\/review/)
  })
})

function frame(port: number, host: string, target = '/a.html') {
  return request(port, host, target)
}
