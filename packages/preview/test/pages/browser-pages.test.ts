import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import path from 'node:path'
import type { AddressInfo } from 'node:net'
import { createPreview } from '@sitedrive/core/preview'
import {
  hasBrowser,
  LOOKS,
  makeTemporaryFolder,
  openBrowser,
  resolvedHere,
  screenshots,
  until,
  type BrowserContext,
  type Page
} from '@sitedrive/testing'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { siteDirectory, siteListener, type ServedSite } from '../../../mirror/src/mirror/site-server.js'
import { memorySite } from '../../../mirror/test/support/memory-site.js'
import { ownPages } from '../../../peer/src/seed/own-pages.js'
import type { PeerStatus, SiteStatus } from '../../../peer/src/seed/peer-status.js'
import { localFeed } from '../../src/feed/local-feed.js'
import { EventStreams } from '../../src/live/event-streams.js'
import { liveListener } from '../../src/live/live-listener.js'
import { Visitors } from '../../src/live/visitors.js'
import { contexts } from '../live/support/contexts.js'
import { html } from '../live/support/html.js'
import { liveSite } from '../live/support/live-site.js'
import { faults } from '../support/axe.js'

// Pages of ours that people look at, but for the review page. `SCREENSHOTS=<folder>` keeps what they look like.

const KEY = 'y'.repeat(52)
const BLOCKED = `${'y'.repeat(51)}o`
const EMPTY = `o${'y'.repeat(51)}`
/** The width of the smallest phones, and of a window of 1280 at 400 %. */
const SMALLEST = 320

const newContext = contexts()
let context: BrowserContext
beforeEach(async () => {
  if (hasBrowser) context = await newContext({ reducedMotion: 'reduce' })
})

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Looks at a page on a desk and on a phone, by day and by night, and at its narrowest. */
async function look(page: Page, name: string): Promise<void> {
  for (const { width, colorScheme } of LOOKS) {
    await page.setViewportSize({ width: width === 'wide' ? 1280 : 360, height: 800 })
    await page.emulateMedia({ colorScheme })
    expect(await faults(page), `${name}, ${width}, ${colorScheme}`).toEqual([])
  }
  await page.setViewportSize({ width: SMALLEST, height: 600 })
  expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(SMALLEST)
  await screenshots(page, name)
}

function site(over: Partial<SiteStatus> = {}): SiteStatus {
  return {
    key: KEY,
    title: 'Sails and boats',
    link: `hyper://${KEY}/`,
    url: `http://${KEY}.localhost:4480/`,
    names: [],
    state: 'complete',
    release: 12,
    publishedAt: '2026-02-28T17:05:00.000Z',
    updatedAt: '2026-02-28T17:05:01.000Z',
    files: 1_204,
    bytes: 18_300_000,
    words: '1 new page: “Why boats deserve another chance”; 3 changed',
    titles: [],
    heldBytes: 21_000_000,
    pinnedBy: [KEY],
    peers: 3,
    damagedCount: 0,
    damaged: [],
    problems: [],
    problem: null,
    ...over
  }
}

const STATUS: PeerStatus = {
  key: KEY,
  startedAt: '2026-02-28T17:00:00.000Z',
  connections: 4,
  usedBytes: 21_000_000,
  totalBytes: 5e8,
  sites: [
    site(),
    site({ title: 'A diary', state: 'fetching', pinnedBy: [KEY, BLOCKED], words: null }),
    site({
      title: null,
      state: 'damaged',
      damagedCount: 1,
      damaged: [{ path: '/index.html', release: 12, why: 'other bytes' }],
      problems: ['Release 12 is not shown: a file of it is not what was signed.']
    }),
    site({ title: 'x'.repeat(300), state: 'over quota' }),
    site({
      title: 'Not here yet',
      state: 'waiting',
      release: null,
      publishedAt: null,
      updatedAt: null,
      files: null,
      bytes: null
    })
  ],
  publishers: [
    { publisher: KEY, quotaBytes: 5e7, usedBytes: 21e6, isConnected: true },
    { publisher: BLOCKED, quotaBytes: null, usedBytes: 0, isConnected: false }
  ],
  strangers: { quotaBytes: 1e6, usedBytes: 0 },
  pins: 2,
  blocked: 0,
  conflicts: 0,
  isHealthy: true,
  problem: null
}

describe.skipIf(!hasBrowser)('the pages of a peer', { timeout: 180_000 }, () => {
  test(
    'that readers meet are in words, in either light and width, and axe finds nothing',
    { tags: 'long' },
    async () => {
      const known = memorySite({ '/index.html': html('<p>home</p>') })
      const sites = new Map<string, ServedSite>([
        [KEY, { ...known, isLost: (release: number) => release === 7 }],
        [EMPTY, { hold: () => null }]
      ])
      const directory = siteDirectory({ sites, blocked: new Set([BLOCKED]) })
      const port = await listen(siteListener({ sites, directory }))
      const page = await context.newPage()
      for (const [name, host, title] of [
        ['peer-missing-page', `${KEY}.localhost`, 'Page not found'],
        ['peer-not-here-yet', `${EMPTY}.localhost`, 'This site is on its way'],
        ['peer-blocked', `${BLOCKED}.localhost`, 'This site is not shown here'],
        ['peer-no-site', 'nonsense.localhost', 'No such site here'],
        ['peer-lost-release', `r7-${KEY}.localhost`, 'Release 7 is gone'],
        ['peer-sites', 'localhost', 'Sites on this peer']
      ] as const) {
        await page.goto(`http://${host}:${port}/${name === 'peer-missing-page' ? 'nowhere' : ''}`)
        expect(await page.title()).toBe(title)
        await look(page, name)
      }
      // The way on leads somewhere.
      await page.goto(`http://r7-${KEY}.localhost:${port}/`)
      await page.getByRole('link').click()
      await page.getByText('home').waitFor()
    }
  )

  test('show its status in either light and width, and axe finds nothing', { tags: 'long' }, async () => {
    const port = await listen(ownPages({ status: () => STATUS, responses: () => ({}) as never }))
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/`)
    await page.getByText('2 sites need a look.').waitFor()
    expect(await page.locator('h3 a').allInnerTexts()).toEqual([
      'x'.repeat(120),
      'yyyyyyyy…yyyy',
      'A diary',
      'Not here yet',
      'Sails and boats'
    ])
    await look(page, 'peer-status')
    await page.goto(`http://127.0.0.1:${port}/nowhere`)
    await look(page, 'peer-no-page')
  })

  test('show the status of 1,000 sites on the smallest phone', { tags: 'long' }, async () => {
    const sites = Array.from({ length: 1_000 }, (_, n) => site({ title: `Site ${n} ${'w'.repeat(n % 90)}` }))
    const port = await listen(
      ownPages({ status: () => ({ ...STATUS, sites }), responses: () => ({}) as never })
    )
    const page = await context.newPage()
    await page.setViewportSize({ width: SMALLEST, height: 600 })
    await page.goto(`http://127.0.0.1:${port}/`)
    expect(await page.locator('.sites > li').count()).toBe(1_000)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SMALLEST)
    await screenshots(page, 'peer-status-of-many')
  })
})

describe.skipIf(!hasBrowser)('the pages of a preview', { timeout: 180_000 }, () => {
  test(
    'over and beside the site are in words, in either light and width, and axe finds nothing',
    { tags: 'long' },
    async () => {
      // What is in a closed root is for axe as if it were not there.
      await context.addInitScript(
        "const attach = Element.prototype.attachShadow; Element.prototype.attachShadow = function (init) { return attach.call(this, { ...init, mode: 'open' }) }"
      )
      const shown = await liveSite({
        '/index.html': html(
          '<main><h1>The last good page</h1><p>Its text.</p></main>',
          '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        )
      })
      mkdirSync(path.join(shown.projectDir, 'posts'))
      writeFileSync(
        path.join(shown.projectDir, 'posts/first.njk'),
        '---\ntitle: The first\n---\n<article>\n  <h1>{{ title }}</h1>\n  <p>{{ excerpt | shout }}</p>\n  {{ content }}\n</article>\n'
      )
      const failure = { message: 'filter not found: shout', file: './posts/first.njk', line: 6, column: 19 }
      const page = await context.newPage()
      await page.goto(`${shown.url}/nowhere`)
      await page.getByRole('heading', { name: 'Page not found' }).waitFor()
      await look(page, 'preview-missing-page')

      await page.goto(`${shown.url}/`)
      await shown.failed(failure)
      await page.getByRole('alert').waitFor()
      expect(await page.getByRole('alert').innerText()).toContain('> 6 |   <p>{{ excerpt | shout }}</p>')
      await look(page, 'preview-overlay')
      await page.getByRole('button', { name: 'Close' }).click()
      await until(async () => (await page.getByRole('alert').count()) === 0)

      shown.author({ online: true, updatedAt: null })
      shown.building()
      await shown.failed({ ...failure, message: 'Another failure' })
      await page.getByText('Another failure').waitFor()
      await look(page, 'preview-banner')
      shown.author({ online: false, updatedAt: new Date(Date.now() - 3 * 60_000).toISOString() })
      await shown.update({
        '/index.html': html(
          '<main><h1>Home</h1></main>',
          '<meta name="viewport" content="width=device-width">'
        )
      })
      await page.getByText('Author offline').waitFor()
      await look(page, 'preview-author-offline')
    }
  )

  test(
    'that show nothing of the site are in words, in either light and width, and axe finds nothing',
    { tags: 'long' },
    async () => {
      const { dir: root, remove } = makeTemporaryFolder()
      const env = { SITEDRIVE_HOME: path.join(root, 'home') }
      const preview = await createPreview({ projectDir: root, env, bootstrap: null })
      const feed = localFeed(preview)
      onTestFinished(async () => {
        await feed.close()
        await preview.close()
        remove()
      })
      let isBroken = false
      const streams = new EventStreams(feed)
      onTestFinished(() => streams.close())
      const hold = () => {
        if (isBroken) throw new Error('the store cannot be read')
        return feed.hold()
      }
      const visitors = new Visitors(['preview.example'])
      const port = await listen(liveListener({ feed: { ...feed, hold }, streams, visitors }))
      const args = [resolvedHere('preview.example', 'other.example')]
      const page = await (await openBrowser({ args })).newPage()
      for (const [name, address, title] of [
        ['preview-other-name', `other.example:${port}/`, 'This preview is not at this name'],
        ['preview-no-token', `preview.example:${port}/`, 'This preview needs its whole address'],
        ['preview-waiting', `localhost:${port}/`, 'Waiting for the first build'],
        [
          'preview-nothing-of-its-own',
          `localhost:${port}/.well-known/sitedrive/no/such/page`,
          'Page not found'
        ],
        ['preview-in-trouble', `localhost:${port}/`, 'This preview cannot be read right now']
      ] as const) {
        isBroken = name === 'preview-in-trouble'
        await page.goto(`http://${address}`)
        await page.getByRole('heading', { name: title }).waitFor()
        expect(await page.title()).toBe(title)
        await look(page, name)
      }
    }
  )
})
