import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { showKey, sitePaths } from '@sitedrive/core'
import { projectFile } from '@sitedrive/core/internal'
import { hasBrowser, LOOKS, screenshots, until, type BrowserContext, type Page } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openLiveServer } from '../../src/live/live-server.js'
import { localFeed } from '../../src/feed/local-feed.js'
import type { ReviewAnswer } from '../../src/review/api.js'
import { contexts } from '../live/support/contexts.js'
import { localDht } from '../../../mirror/test/support/local-network.js'
import { runPeer, trusting } from '../../../peer/test/support/running-peer.js'
import { faults } from '../support/axe.js'
import { reviewSite, type ReviewSite } from './support/review-site.js'

const core = pathToFileURL(createRequire(import.meta.url).resolve('@sitedrive/core')).href
const COMMAND = `"${process.execPath}" build.mjs`

/** A build that can block itself, in the middle of anything, until a file is there. */
const WAITS = `import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createPublisher } from ${JSON.stringify(core)}
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
const waitFor = (file) => {
  const end = performance.now() + 120_000
  while (!existsSync(file)) {
    if (performance.now() > end) throw new Error(file + ' did not come')
    pause(20)
  }
}
`

const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`
const picture = (color: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30" fill="${color}"/></svg>`

const SITE = {
  released: {
    'index.html': page('Home', '<p>Welcome to the sea.</p>'),
    'one/index.html': page(
      'The first post',
      '<p>A long afternoon at the sea.</p><p>And a second paragraph.</p>'
    ),
    'gone/index.html': page('An old note', '<p>Old words.</p>'),
    'boat.svg': picture('teal'),
    'style.css': 'p { color: black }\n'
  },
  now: {
    'one/index.html': page(
      'The first post',
      '<p>A long evening at the sea.</p><p>And a second paragraph.</p><p><a href="/nowhere/">More</a></p>'
    ),
    'gone/index.html': null,
    'two/index.html': page('The second post', '<p>New words.</p>'),
    'boat.svg': picture('tomato'),
    'style.css': 'p { color: navy }\n'
  },
  build: ({ dir }: { dir: string }) => ({ dir })
}

const MOD = {
  wide: { viewport: { width: 1280, height: 800 } },
  narrow: { viewport: { width: 360, height: 800 } }
}

async function open(context: BrowserContext, site: ReviewSite): Promise<Page> {
  const tab = await context.newPage()
  const errors: string[] = []
  tab.on('pageerror', (error) => errors.push(error.message))
  tab.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())))
  onTestFinished(() => expect(errors).toEqual([]))
  await tab.goto(site.url)
  await tab.locator('.list').waitFor()
  return tab
}

/** The statuses of the answers to POST requests at a port of this process, from now until the test ends. */
function answeredPosts(port: number): number[] {
  const statuses: number[] = []
  const onFinish = (message: unknown): void => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    if (request.method === 'POST' && request.socket.localPort === port) statuses.push(response.statusCode)
  }
  subscribe('http.server.response.finish', onFinish)
  onTestFinished(() => void unsubscribe('http.server.response.finish', onFinish))
  return statuses
}

describe.skipIf(!hasBrowser)('the review page in a browser', { timeout: 180_000 }, () => {
  const context = contexts()

  test('is worked by keyboard, from the first change to the new release', async () => {
    const site = await reviewSite(SITE)
    const tab = await open(await context(MOD.wide), site)
    await tab.getByRole('heading', { name: '1 added, 3 changed, 1 removed' }).waitFor()
    await tab.getByText('leads nowhere').waitFor()
    expect(site.viewers).toBe(1)

    await tab.keyboard.press('j')
    await tab.getByRole('heading', { name: 'The second post' }).waitFor()
    await tab.getByText('New words.').waitFor()
    await tab.keyboard.press('ArrowDown')
    await tab.getByRole('heading', { name: 'The first post' }).waitFor()
    const prose = tab.locator('.prose')
    await until(async () => (await prose.locator('ins').allTextContents()).includes('evening'))
    expect(await prose.locator('del').allTextContents()).toContain('afternoon')

    await tab.keyboard.press('d')
    await tab.locator('.lines').getByText('<p>A long ').first().waitFor()
    await tab.keyboard.press('b')
    const [before, after] = [tab.frameLocator('iframe >> nth=0'), tab.frameLocator('iframe >> nth=1')]
    await before.getByText('A long afternoon').waitFor()
    await after.getByText('A long evening').waitFor()
    await tab.keyboard.press('k')
    await tab.keyboard.press('Enter')
    // The page moves the focus with its next frame.
    await tab.locator('section:focus[aria-label="The second post"]').waitFor()

    await tab.keyboard.press('p')
    await tab.getByRole('dialog').getByText('is published as it is').waitFor()
    await tab.keyboard.press('Enter')
    await tab.getByRole('heading', { name: 'Release 2 is published' }).waitFor()
    await tab.getByRole('dialog').locator('code', { hasText: 'hyper://' }).waitFor()
    // What readers meet is red here, as it is in the overview.
    await tab.getByRole('dialog').locator('.notes .error', { hasText: 'leads nowhere' }).waitFor()
    expect(await faults(tab)).toEqual([])
    await screenshots(tab, 'review-published')
    await tab.keyboard.press('Escape')
    await tab.keyboard.press('k')
    await tab.getByRole('heading', { name: 'Nothing to publish' }).waitFor()

    await tab.keyboard.press('h')
    await tab.getByRole('button', { name: 'Go back to release 1' }).click()
    await tab.getByRole('dialog').getByText('That is a new release').waitFor()
    expect(await faults(tab)).toEqual([])
    await screenshots(tab, 'review-rollback-question')
    await tab.getByRole('dialog').getByRole('button', { name: 'Go back to release 1' }).click()
    await tab.getByRole('heading', { name: 'Release 3: release 1 again' }).waitFor()
  })

  test('keeps the keyboard where it makes sense when a key opens or closes something', async () => {
    const site = await reviewSite(SITE)
    const tab = await open(await context(MOD.wide), site)
    const focused = (selector: string) =>
      until(
        () =>
          tab.evaluate(
            `document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`
          ) as Promise<boolean>,
        { describe: () => selector }
      )
    await tab.getByRole('heading', { name: '1 added, 3 changed, 1 removed' }).waitFor()
    await tab.keyboard.press('h')
    await focused('main.history')
    await tab.locator('.releases li').first().waitFor()
    await focused('main.history')
    await tab.keyboard.press('h')
    await focused('.row.overview-row')
    await tab.keyboard.press('j')
    await focused('.row[aria-current]:not(.overview-row)')
    await tab.keyboard.press('Enter')
    await focused('.pane')
    for (const key of ['?', 'p']) {
      await tab.keyboard.press(key)
      await tab.getByRole('dialog').waitFor()
      await focused('dialog *')
      await tab.keyboard.press('Escape')
      await tab.getByRole('dialog').waitFor({ state: 'detached' })
      await focused('.pane')
    }
    // Its outline is seen in either light.
    for (const colorScheme of ['light', 'dark'] as const) {
      await tab.emulateMedia({ colorScheme })
      const outline = await tab.evaluate("getComputedStyle(document.querySelector('.pane')).outline")
      expect(outline).toMatch(
        colorScheme === 'dark' ? /^rgb\(88, 196, 165\) solid 2px/ : /^rgb\(23, 98, 79\) solid 2px/
      )
    }
    await tab.keyboard.press('Escape')
    await focused('.row[aria-current]')
    // Where there is little room, the list takes the place of what was read.
    await tab.setViewportSize(MOD.narrow.viewport)
    await tab.keyboard.press('Enter')
    await focused('.pane')
    await tab.keyboard.press('Escape')
    await focused('.row[aria-current]')
  })

  test('follows what is built, without a reload', async () => {
    const site = await reviewSite({ ...SITE, now: null })
    const tab = await open(await context(MOD.wide), site)
    await tab.getByRole('heading', { name: 'Waiting for the first build' }).waitFor()
    await screenshots(tab, 'review-waiting')
    site.preview.building()
    await tab.getByText('Building…').waitFor()
    await site.update(SITE.now)
    await tab.getByRole('heading', { name: '1 added, 3 changed, 1 removed' }).waitFor()
    await site.preview.failed({ message: 'no such filter: slug', file: './index.njk', line: 3 })
    await tab.getByText('no such filter: slug').waitFor()
    await tab.getByText('./index.njk:3').waitFor()
    expect(await faults(tab)).toEqual([])
    await screenshots(tab, 'review-failed-preview')
    await site.update({ 'three.html': page('Three', '') })
    await tab.getByRole('heading', { name: '2 added, 3 changed, 1 removed' }).waitFor()
    expect(await tab.locator('.row').count()).toBe(7)
  })

  test(
    'folds pages with the same change into one line, and opens the one that a finding leads to',
    { tags: 'long' },
    async () => {
      const site = (menu: string, text = '') =>
        Object.fromEntries(
          Array.from({ length: 26 }, (_, n) => [
            `${n}/index.html`,
            page(`Page ${n}`, `<nav>${menu}</nav>\n<p>Text ${n}${n === 0 ? text : ''}</p>`)
          ])
        )
      const released = site('<a href="/0/">Home</a>')
      const now = site('<a href="/0/">Home</a><a href="/nowhere/">News</a>', ', changed')
      const tab = await open(await context(MOD.wide), await reviewSite({ released, now }))
      const line = tab.getByRole('button', { name: 'The same change on 25 pages' })
      await line.waitFor()
      await tab.getByRole('heading', { name: 'Changed page 1' }).waitFor()
      expect(await tab.locator('.row').allInnerTexts()).toHaveLength(2)
      expect(await faults(tab)).toEqual([])
      await line.click()
      await tab.getByRole('button', { name: 'Page 25' }).waitFor()
      await line.click()
      await tab.locator('.findings button').first().click()
      await tab.locator('.detail, .pane').getByText('/nowhere/').first().waitFor()
    }
  )

  test(
    'shows what the checks found also when they were done before it heard of anything',
    { tags: 'long' },
    async () => {
      const site = await reviewSite(SITE)
      const place = await context(MOD.wide)
      let isHeard = false
      await place.route('**/api/events', async (route) => {
        await until(async () => {
          const { now, isChecking } = await site.call.review()
          return now !== null && !isChecking
        })
        isHeard = true
        await route.continue()
      })
      await place.route('**/api/review', async (route) => {
        if (isHeard) return route.continue()
        const early: ReviewAnswer = { ...(await site.call.review()), findings: [], isChecking: true }
        await route.fulfill({ json: early })
      })
      const tab = await open(place, site)
      await tab.getByText('leads nowhere').waitFor()
    }
  )

  test.each(['wide', 'narrow'] as const)(
    'has nothing that axe finds, %s',
    { tags: 'long' },
    async (width) => {
      const site = await reviewSite(SITE)
      const tab = await open(await context({ ...MOD[width], reducedMotion: 'reduce' }), site)
      // One state after the other by day and by night, and each of them by the other light when it is of the other width.
      const schemes = LOOKS.filter((look) => look.width === width).map(({ colorScheme }) => colorScheme)
      if (width === 'narrow') schemes.reverse()
      let checked = 0
      const check = async (state: string) => {
        const colorScheme = schemes[checked++ % schemes.length]!
        await tab.emulateMedia({ colorScheme })
        expect(await faults(tab), `${state}, ${width}, ${colorScheme}`).toEqual([])
        if (width === 'wide') await screenshots(tab, `review-${state.toLowerCase().replaceAll(' ', '-')}`)
      }
      const choose = async (name: string) => {
        // Where there is little room, the list is behind what was chosen before.
        if (!(await tab.locator('.list').isVisible())) await tab.locator('.back').click()
        await tab.locator('.row', { hasText: name }).click()
      }
      await choose('Overview')
      await tab.getByText('leads nowhere').waitFor()
      await check('overview')
      await choose('The first post')
      await tab.locator('.prose ins').first().waitFor()
      await check('words')
      await tab.keyboard.press('d')
      await tab.locator('.lines').waitFor()
      await check('lines')
      await tab.keyboard.press('b')
      await tab.locator('iframe').first().waitFor()
      await check('before and after')
      await choose('boat.svg')
      await tab.getByText('40 × 30').first().waitFor()
      await check('pictures')
      for (const [key, heading] of [
        ['?', 'Keyboard shortcuts'],
        ['p', 'Publish all']
      ] as const) {
        await tab.keyboard.press(key)
        await tab.getByRole('dialog').getByRole('heading', { name: heading }).waitFor()
        await check(heading)
        await tab.keyboard.press('Escape')
      }
      await tab.keyboard.press('h')
      await tab.locator('.releases li').first().waitFor()
      await check('history')
      const late = await (await context(MOD[width])).newPage()
      await late.goto(site.url.replace(/#.*/, '#another'))
      await late.getByText('not valid any more').waitFor()
      expect(await faults(late)).toEqual([])
    }
  )

  test(
    'has nothing that axe finds while a publish runs, and when it has failed',
    { tags: 'long' },
    async () => {
      const site = await reviewSite({ ...SITE, build: { command: COMMAND } })
      site.writeProject({ 'build.mjs': `${WAITS}console.log('working')\nwaitFor('go')\nprocess.exit(1)` })
      const tab = await open(await context({ ...MOD.wide, reducedMotion: 'reduce' }), site)
      await tab.keyboard.press('p')
      await tab.keyboard.press('Enter')
      await tab.getByRole('dialog').getByText('working').waitFor()
      expect(await faults(tab)).toEqual([])
      await screenshots(tab, 'review-building')
      site.writeProject({ go: '' })
      await tab.getByRole('heading', { name: 'Not published' }).waitFor()
      expect(await faults(tab)).toEqual([])
      await screenshots(tab, 'review-not-published')
    }
  )

  test('shows seeds confirming block by block, and those that do not answer', { tags: 'long' }, async () => {
    const files = Object.fromEntries(Array.from({ length: 24 }, (_, n) => [`${n}.bin`, randomBytes(400_000)]))
    const bootstrap = await localDht()
    const site = await reviewSite({
      released: { 'index.html': page('Home', '') },
      now: files,
      build: { command: COMMAND },
      env: { SITEDRIVE_BOOTSTRAP: bootstrap.map(({ host, port }) => `${host}:${port}`).join(',') }
    })
    // The publish halts once in the middle of the exchange with a real seed, as soon as it has reported that it is there.
    // Until then it is slowed, since it reports only ten times a second; after the halt it runs at full speed.
    site.writeProject({
      'build.mjs': `${WAITS}let hasHalted = false
const isHalfway = ({ phase, done, total } = {}) => phase === 'confirm' && done > 0 && done < total
const reports = () => readFileSync(process.env.SITEDRIVE_REPORT, 'utf8').split('\\n').filter(Boolean).map((line) => JSON.parse(line))
const onProgress = (progress) => {
  if (hasHalted || !isHalfway(progress)) return
  if (!reports().some((report) => isHalfway(report.progress))) return pause(20)
  waitFor('go')
  hasHalted = true
}
const publisher = createPublisher({ projectDir: process.cwd(), onProgress, seedTimeouts: existsSync('go') ? { dialTimeoutMs: 500 } : { dialTimeoutMs: 60_000, stallMs: 60_000 } })
await publisher.publish('out')
await publisher.close()`
    })
    const { publisherKey } = await showKey({ projectDir: site.projectDir, env: site.env })
    const seed = await runPeer(trusting({ publisherKey }))
    const settings = JSON.parse(readFileSync(projectFile(site.projectDir), 'utf8')) as object
    site.writeProject({ 'sitedrive.json': JSON.stringify({ ...settings, seeds: [seed.key] }) })

    const tab = await open(await context({ ...MOD.narrow, reducedMotion: 'reduce' }), site)
    const events = site.call.events()
    await tab.keyboard.press('p')
    await tab.keyboard.press('Enter')
    const inBetween = (text: string) => {
      const [, done, total] = /([\d,]+) of ([\d,]+) blocks/.exec(text) ?? []
      const [held, all] = [done, total].map((count) => Number(count?.replaceAll(',', '')))
      return held! > 0 && held! < all!
    }
    const blocks = tab.getByRole('dialog').locator('.seeds .blocks')
    await until(async () => inBetween((await blocks.allTextContents()).join()), {
      timeoutMs: 120_000,
      describe: () => `${events.log()} ${JSON.stringify(events.run())}`
    })
    await until(() => {
      const run = events.run()
      const [told] = run?.seeds ?? []
      const isHalfway = told !== undefined && told.done > 0 && told.done < told.total
      return run?.state === 'running' && run.phase === 'confirm' && told?.key === seed.key && isHalfway
    })
    expect(await faults(tab)).toEqual([])
    await screenshots(tab, 'review-confirming')
    site.writeProject({ go: '' })
    await tab.getByRole('heading', { name: 'Release 2 is published' }).waitFor({ timeout: 180_000 })
    await tab.getByText('holds it, after').waitFor()

    await seed.close()
    await tab.keyboard.press('Escape')
    await site.update({ 'index.html': page('Home', '<p>More.</p>') })
    await tab.getByText('1 file to publish').waitFor()
    await tab.keyboard.press('p')
    await tab.keyboard.press('Enter')
    await tab.getByRole('heading', { name: 'Release 3 waits for its seeds' }).waitFor({ timeout: 180_000 })
    await tab.getByText('does not hold it yet').first().waitFor()
    expect(await faults(tab)).toEqual([])
    await screenshots(tab, 'review-offline-seeds')
  })

  test(
    'asks before it runs the build of a folder that is not bound; of two tabs that press it one is closed, and one release is made',
    { tags: 'long' },
    async () => {
      const site = await reviewSite({ ...SITE, build: { command: COMMAND } })
      site.writeProject({
        'build.mjs': `${WAITS}appendFileSync('builds', 'x')\nconsole.log('waiting')\nwaitFor('go')
const publisher = createPublisher({ projectDir: process.cwd() })\nawait publisher.publish('out')\nawait publisher.close()`
      })
      const { key } = await site.call.review()
      const binding = sitePaths(site.env['SITEDRIVE_HOME']!, key!).folders
      rmSync(binding)
      const profile = await context({ ...MOD.wide, reducedMotion: 'reduce' })
      const [one, other] = [await open(profile, site), await open(profile, site)]
      for (const tab of [one, other]) {
        await tab.keyboard.press('p')
        const dialog = tab.getByRole('dialog')
        await dialog.getByRole('heading', { name: 'Publish from this folder?' }).waitFor()
        expect(await dialog.locator('.command').textContent()).toBe(COMMAND)
        expect(await dialog.locator('.key').textContent()).toBe(key)
      }
      expect(await faults(one)).toEqual([])
      await screenshots(one, 'review-publish-from-this-folder')
      expect(existsSync(path.join(site.projectDir, 'builds'))).toBe(false)
      expect(existsSync(binding)).toBe(false)

      // Not by `click`, which waits for the button of one tab when the other tab was heard first.
      const buttons = [one, other].map((tab) => tab.getByRole('button', { name: 'Publish from here' }))
      const pressed = await Promise.all(buttons.map((button) => button.elementHandle()))
      await Promise.all(pressed.map((button) => button?.dispatchEvent('click')))
      for (const tab of [one, other]) await tab.getByRole('dialog').getByText('waiting').waitFor()
      await one.close()
      site.writeProject({ go: '' })
      await other.getByRole('heading', { name: 'Release 2 is published' }).waitFor()
      expect(readFileSync(path.join(site.projectDir, 'builds'), 'utf8')).toBe('x')
      expect(await site.call.review()).toMatchObject({
        permission: { kind: 'publish' },
        last: { release: 2 }
      })
    }
  )

  test('shows text as text, whatever it is', async () => {
    const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
    const site = await reviewSite({
      released: { 'a/index.html': page('Old', '<p>one</p>') },
      now: {
        'a/index.html': `<!doctype html><title>${evil.replaceAll('<', '&lt;')}</title><p>${evil.replaceAll('<', '&lt;')}</p><a href="/&lt;img src=x onerror=window.pwned=1&gt;">x</a>`,
        '<img src=x onerror=window.pwned=1>.html': '<p>x</p>',
        "x';window.pwned=1;'.css": 'x'
      },
      build: ({ dir }) => ({ dir })
    })
    const tab = await open(await context(MOD.wide), site)
    for (const row of await tab.locator('.row').all()) {
      await row.click()
      for (const key of ['d', 'b', 'b', 'd']) await tab.keyboard.press(key)
    }
    await site.preview.failed({ message: evil, file: evil })
    await tab.locator('.row', { hasText: 'Overview' }).click()
    await tab.locator('.callout pre', { hasText: 'onerror' }).waitFor()
    expect(await tab.evaluate('window.pwned ?? null')).toBe(null)
    expect(await tab.locator('#app img[src="x"], #app script').count()).toBe(0)
  })

  test('is nothing that a page of the previewed site can read, frame, or publish from', async () => {
    // It even knows the token.
    const site = await reviewSite({ ...SITE, now: { ...SITE.now } })
    const server = await openLiveServer({ feed: localFeed(site.preview as never), port: 0 })
    onTestFinished(() => server.close())
    const origin = `http://review.localhost:${site.port}`
    const attack = `
      const told = {}
      const note = (name, deed) => Promise.resolve().then(deed).then((value) => { told[name] = 'done ' + value }, () => { told[name] = 'refused' })
      const headers = { 'sitedrive-token': '${site.token}' }
      const body = JSON.stringify({ command: null })
      const form = document.createElement('form'); form.method = 'post'; form.action = '${origin}/api/publish'; form.target = 'f'; form.enctype = 'text/plain'
      form.innerHTML = '<input name=\\'{"command":null,"x":"\\' value=\\'"}\\'>'
      const f = document.createElement('iframe'); f.name = 'f'; document.body.append(f, form); form.submit()
      const framed = document.createElement('iframe'); framed.src = '${site.url}'; document.body.append(framed)
      await Promise.all([
        note('read', async () => (await fetch('${origin}/api/review', { headers })).text()),
        note('opaque', async () => (await fetch('${origin}/api/review', { mode: 'no-cors' })).text().then((t) => t.slice(0, 50) || Promise.reject())),
        note('publish', async () => (await fetch('${origin}/api/publish', { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body })).status),
        note('simple', async () => { await fetch('${origin}/api/publish', { method: 'POST', mode: 'no-cors', body }); return Promise.reject() }),
        note('beacon', async () => { navigator.sendBeacon('${origin}/api/publish', new Blob([body], { type: 'text/plain' })); return Promise.reject() }),
        note('script', () => new Promise((yes, no) => { const s = document.createElement('script'); s.src = '${origin}/page.js'; s.onload = yes; s.onerror = no; document.body.append(s) })),
        note('style', () => new Promise((yes, no) => { const s = document.createElement('link'); s.rel = 'stylesheet'; s.href = '${origin}/page.css'; s.onload = yes; s.onerror = no; document.body.append(s) }))
      ])
      const popup = open('${site.url}', 'w')
      window.readPopup = () => note('popup', () => popup.document.title)
      window.told = told
    `
    await site.update({
      'evil.html': `<!doctype html><title>E</title><body><script type="module">${attack}</script></body>`
    })
    const posts = answeredPosts(site.port)
    const browser = await context(MOD.wide)
    const tab = await browser.newPage()
    const opening = browser.waitForEvent('page', (page) => page !== tab)
    await tab.goto(new URL('/evil.html', server.url).href)
    // While the popup loads it shows an empty page of the previewed site, which that site may read.
    await (await opening).locator('.list').waitFor()
    await tab.waitForFunction('window.told', null, { timeout: 60_000 })
    await tab.evaluate('window.readPopup()')
    // The form, the simple request and the beacon: the browser sends them without asking the server first.
    await until(() => posts.length >= 3, { describe: () => posts.join() })
    expect(posts).toEqual([403, 403, 403])
    const told = (await tab.evaluate('window.told')) as Record<string, string>
    expect(Object.entries(told).filter(([, what]) => what !== 'refused')).toEqual([])
    expect(Object.keys(told).length).toBe(8)
    for (const framed of tab.frames().slice(1)) expect(await framed.content()).not.toContain('id="app"')
    const { last } = await site.call.review()
    expect(last?.release).toBe(1)
    const events = site.call.events()
    await until(() => events.seen.some(({ kind }) => kind === 'run'))
    expect(events.run()).toBe(null)
  })

  test(
    'lets a page in its frames reach neither the review nor the other side',
    { tags: 'long' },
    async () => {
      const told: string[] = []
      // A page of the web that listens.
      const listener = createServer((req, res) => {
        told.push(req.url ?? '')
        res.writeHead(200, { 'access-control-allow-origin': '*' }).end()
      }).listen(0, '127.0.0.1')
      onTestFinished(() => void listener.close())
      await once(listener, 'listening')
      const { port } = listener.address() as AddressInfo
      const site = await reviewSite({ ...SITE, now: {} })
      const attack = `const tell = (what) => fetch('http://127.0.0.1:${port}/' + what, { mode: 'no-cors' })
      const out = []
      try { out.push('parent-' + parent.document.title) } catch { out.push('no-parent') }
      try { out.push('top-' + top.location.href) } catch { out.push('no-top') }
      try { localStorage.x = 1; out.push('storage') } catch { out.push('no-storage') }
      try { top.location = 'http://127.0.0.1:${port}/moved' } catch { out.push('no-move') }
      fetch('http://review.localhost:${site.port}/api/review').then(() => out.push('api'), () => out.push('no-api')).then(() => tell(out.join('_')))`
      await site.update({
        'evil.html': `<!doctype html><title>E</title><p>evil</p><script>${attack}</script>`
      })
      const tab = await (await context(MOD.wide)).newPage()
      await tab.goto(site.url)
      await tab
        .locator('.row', { hasText: 'evil' })
        .or(tab.locator('.row', { hasText: '/E' }))
        .or(tab.locator('.row', { hasText: 'E' }))
        .nth(1)
        .click()
      await tab.keyboard.press('b')
      await until(() => told.length > 0, { describe: () => told.join() })
      expect(told).toEqual(['/no-parent_no-top_no-storage_no-move_no-api'])
      expect(tab.url()).toBe(site.url)
    }
  )

  // Of so many files, most of the time goes into making them.
  const count = process.env['SITEDRIVE_LONG'] ? 10_000 : 2_000
  test(
    'makes no more rows than are near what is looked at, and is worked by keyboard at the far end of a long list',
    { tags: 'long' },
    async () => {
      const nameOf = (n: number) => `${String(n).padStart(5, '0')}.txt`
      const many = Object.fromEntries(
        Array.from({ length: count }, (_, n) => [`files/${nameOf(n)}`, String(n)])
      )
      const site = await reviewSite({ released: null, now: many })
      const tab = await open(await context(MOD.wide), site)
      await tab.getByRole('heading', { name: 'The first publish' }).waitFor()
      await tab.getByText(count.toLocaleString('en'), { exact: true }).first().waitFor()
      const rows = tab.locator('.list li')
      await until(async () => (await rows.count()) > 0)
      const last = tab.locator('.row', { hasText: nameOf(count - 1) })
      await until(async () => {
        expect(await rows.count()).toBeLessThan(1_000)
        await tab.locator('.list').evaluate((list: { scrollTop: number; scrollHeight: number }) => {
          list.scrollTop = list.scrollHeight
        })
        return last.isVisible()
      })
      await last.click()
      await tab.getByRole('heading', { name: nameOf(count - 1) }).waitFor()
      for (const [key, at] of [
        ['k', count - 2],
        ['k', count - 3],
        ['j', count - 2],
        ['j', count - 1],
        ['j', count - 1]
      ] as const) {
        const name = nameOf(at)
        await tab.keyboard.press(key)
        await tab.getByRole('heading', { name }).waitFor()
        await until(() => tab.locator('.row[aria-current]', { hasText: name }).isVisible())
      }
      expect(await rows.count()).toBeLessThan(1_000)
    }
  )
})
