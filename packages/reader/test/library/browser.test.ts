import { readFileSync } from 'node:fs'
import path from 'node:path'
import { hasBrowser, screenshots, until, type BrowserContext, type Page } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PublishedSite } from '../../../mirror/test/support/published-site.js'
import { contexts } from '../../../preview/test/live/support/contexts.js'
import { faults } from '../../../preview/test/support/axe.js'
import { htmlPage, openLibrary, type OpenedLibrary } from '../support/open-library.js'

const SIZES = {
  wide: { viewport: { width: 1280, height: 800 } },
  narrow: { viewport: { width: 360, height: 800 } }
}

async function open(context: BrowserContext, library: OpenedLibrary): Promise<Page> {
  const tab = await context.newPage()
  const errors: string[] = []
  tab.on('pageerror', (error) => errors.push(error.message))
  tab.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())))
  // A refused request is told by the browser, too.
  onTestFinished(() => expect(errors.filter((error) => !error.includes('400 (Bad Request)'))).toEqual([]))
  await tab.goto(library.url)
  await tab.locator('.list').waitFor({ state: 'attached' })
  return tab
}

async function online(files: Record<string, string>): Promise<PublishedSite> {
  const site = new PublishedSite()
  await site.publish(files)
  await site.goOnline()
  return site
}

const SEA = { 'index.html': htmlPage('Notes from the sea', '<p>Salt.</p>') }

/** A library with some of everything. */
async function filled(): Promise<{ library: OpenedLibrary; sea: PublishedSite }> {
  const library = await openLibrary()
  await library.publishOwn('garden', { 'index.html': htmlPage('Garden') })
  const sea = await online(SEA)
  const hills = await online({ 'index.html': htmlPage('Walks in the hills') })
  const recipes = await online({
    'index.html': htmlPage('A very long title of a site with recipes for every day of the year')
  })
  await library.post('/api/open', { link: recipes.key })
  await library.post('/api/open', { link: hills.key, interest: 'kept' })
  await library.post('/api/open', { link: sea.key, interest: 'followed' })
  for (const { key } of [recipes, hills, sea]) await library.untilWhole(key)
  await sea.publish({
    ...SEA,
    'tide/index.html': htmlPage('High tide'),
    'boats/index.html': htmlPage('Boats'),
    'gulls/index.html': htmlPage('A gull called <b>Jonathan</b>')
  })
  await sea.goOnline()
  await until(async () => (await library.siteRow(sea.key))?.news.length === 1, { timeoutMs: 60_000 })
  return { library, sea }
}

const focused = (tab: Page, selector: string) =>
  until(
    () =>
      tab.evaluate(
        `document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`
      ) as Promise<boolean>,
    { describe: () => selector }
  )

describe.skipIf(!hasBrowser)('the library in a browser', { timeout: 180_000 }, () => {
  const context = contexts()

  test('is worked by keyboard, from nothing to a site that is followed, read and forgotten', async () => {
    const library = await openLibrary()
    const sea = await online(SEA)
    const browser = await context(SIZES.wide)
    const tab = await open(browser, library)
    await tab.getByRole('heading', { name: 'Nothing has been read here yet' }).waitFor()
    await screenshots(tab, 'library-empty')
    expect(await faults(tab)).toEqual([])

    await tab.keyboard.press('o')
    await focused(tab, 'dialog input')
    await tab.keyboard.type('dat://old/')
    await tab.keyboard.press('Enter')
    await tab.getByRole('alert').waitFor()
    await screenshots(tab, 'library-open-refused')
    expect(await faults(tab)).toEqual([])
    await tab.keyboard.press('ControlOrMeta+a')
    await tab.keyboard.type(`hyper://${sea.key}/`)
    await tab.keyboard.press('Enter')
    await tab.getByRole('heading', { name: 'Notes from the sea' }).waitFor()
    await focused(tab, '.pane')
    await tab.getByText('all of release 1 is here').waitFor()

    // Follow it: the second of the radio buttons.
    await tab.getByRole('radio', { name: 'Read' }).focus()
    await tab.keyboard.press('ArrowDown')
    await tab.getByRole('heading', { name: 'Followed 1' }).waitFor()
    expect(library.reader.library.get(sea.key)).toMatchObject({ interest: 'followed' })

    // Read it, in a tab of its own that knows nothing of this one.
    await tab.locator('.pane').focus()
    const opening = browser.waitForEvent('page')
    await tab.keyboard.press('r')
    const reading = await opening
    await reading.getByText('Salt.').waitFor()
    expect(new URL(reading.url()).hostname).toBe(`${sea.key}.localhost`)
    expect(await reading.evaluate('[opener, document.referrer]')).toEqual([null, ''])
    await reading.close()

    await tab.keyboard.press('Escape')
    await focused(tab, '.row[aria-current]')
    await tab.keyboard.press('k')
    await focused(tab, '.overview-row')
    await tab.keyboard.press('j')
    await focused(tab, '.site-row[aria-current]')
    await tab.keyboard.press('n')
    await focused(tab, 'main.history')
    await tab.keyboard.press('n')
    await focused(tab, '.site-row[aria-current]')
    await tab.keyboard.press('?')
    await tab.getByRole('dialog').waitFor()
    expect(await faults(tab)).toEqual([])
    await tab.keyboard.press('Escape')
    await tab.getByRole('dialog').waitFor({ state: 'detached' })

    await tab.keyboard.press('x')
    await tab.getByRole('dialog', { name: 'Forget Notes from the sea?' }).waitFor()
    expect(await faults(tab)).toEqual([])
    await screenshots(tab, 'library-forget')
    // The way back is what Enter does.
    await tab.keyboard.press('Enter')
    await tab.getByRole('dialog').waitFor({ state: 'detached' })
    expect(library.reader.library.get(sea.key)).not.toBe(null)
    await tab.keyboard.press('x')
    await tab.getByRole('dialog').waitFor()
    await tab.keyboard.press('Tab')
    await tab.keyboard.press('Enter')
    await tab.getByRole('heading', { name: 'Nothing has been read here yet' }).waitFor()
    expect(library.reader.library.get(sea.key)).toBe(null)
  })

  test('makes a new website by keyboard, and says what to type next', async () => {
    const library = await openLibrary()
    const tab = await open(await context(SIZES.wide), library)
    await tab.keyboard.press('w')
    await focused(tab, 'dialog input')
    await tab.keyboard.type('My “Gärten” & more')
    expect(await tab.getByLabel('Folder', { exact: true }).inputValue()).toBe(
      path.join(library.newSitesIn, 'my-garten-more')
    )
    await screenshots(tab, 'library-new-website')
    expect(await faults(tab)).toEqual([])
    await tab.getByRole('radio', { name: 'Eleventy' }).focus()
    await tab.keyboard.press('ArrowDown')
    await tab.keyboard.press('Enter')
    await tab.getByRole('heading', { name: 'The website is made' }).waitFor()
    await tab.getByText('npm run dev').waitFor()
    await screenshots(tab, 'library-made')
    expect(await faults(tab)).toEqual([])
    const page = readFileSync(path.join(library.newSitesIn, 'my-garten-more', 'index.html'), 'utf8')
    expect(page).toContain('<title>My “Gärten” &amp; more</title>')

    // The same again is refused, and says why.
    await focused(tab, 'dialog .buttons button')
    await tab.keyboard.press('Escape')
    await tab.getByRole('dialog').waitFor({ state: 'detached' })
    await tab.keyboard.press('w')
    await focused(tab, 'dialog input')
    await tab.keyboard.type('My Gärten more')
    await tab.keyboard.press('Enter')
    await tab.getByRole('alert').getByText('it is not empty').waitFor()
  })

  test('tells of a release as it comes, without a reload', async () => {
    const library = await openLibrary()
    const sea = await online(SEA)
    await library.post('/api/open', { link: sea.key, interest: 'followed' })
    await library.untilWhole(sea.key)
    const tab = await open(await context(SIZES.wide), library)
    await tab.getByText('Nothing yet.').waitFor()
    await tab.evaluate('window.isSame = true')
    await sea.publish({ ...SEA, 'tide/index.html': htmlPage('High tide') })
    await sea.goOnline()
    await tab.getByText('High tide').first().waitFor()
    expect(await tab.evaluate('window.isSame')).toBe(true)
  })

  for (const [name, size] of Object.entries(SIZES)) {
    test(
      `has nothing that axe finds, in any view, ${name}`,
      { tags: name === 'wide' ? [] : ['long'] },
      async () => {
        const { library, sea } = await filled()
        const tab = await open(await context(size), library)
        const shot = (view: string) => (name === 'wide' ? screenshots(tab, `library-${view}`) : undefined)
        const row = (text: string) => tab.locator('.row', { hasText: text })
        // Where there is little room, a view takes the place of the list.
        const back = async () =>
          void (name === 'narrow' && (await tab.getByRole('button', { name: 'All sites' }).click()))
        await row('Notes from the sea').waitFor()
        for (const colorScheme of ['light', 'dark'] as const) {
          await tab.emulateMedia({ colorScheme })
          expect(await faults(tab)).toEqual([])
          await row('What is new').click()
          await tab.locator('.pane').getByText('Notes from the sea').waitFor()
          await shot('overview')
          expect(await faults(tab)).toEqual([])
          await back()
          await row('Notes from the sea').click()
          await tab.getByText('all of release 2 is here').waitFor()
          await shot('site')
          expect(await faults(tab)).toEqual([])
          await back()
          await row('garden').click()
          await tab.getByText('See it as readers do').waitFor()
          await shot('mine')
          expect(await faults(tab)).toEqual([])
          await back()
          await tab.getByRole('button', { name: 'News', exact: true }).click()
          await tab
            .getByText('A gull called <b>Jonathan</b>')
            .or(tab.getByText('High tide'))
            .first()
            .waitFor()
          await shot('news')
          expect(await faults(tab)).toEqual([])
          await tab.getByRole('button', { name: 'Sites', exact: true }).click()
        }
        // A site that nobody answers for.
        await sea.goOffline()
        await library.post('/api/open', { link: 'ikikikikikikikikikikikikikikikikikikikikikikikikikiy' })
        await row('looking for who has it').waitFor()
        await row('looking for who has it').click()
        await shot('searching')
        expect(await faults(tab)).toEqual([])
        await tab.getByText('answered in 15 s').waitFor()
        await shot('nobody')
        expect(await faults(tab)).toEqual([])
        // From now on the browser says of each try that there is no server.
        tab.removeAllListeners('console')
        await library.close()
        await tab.getByText('The process is away').waitFor()
        expect(await faults(tab)).toEqual([])
      }
    )
  }

  test('has nothing that axe finds when its address is not valid any more', async () => {
    const library = await openLibrary()
    const tab = await (await context(SIZES.wide)).newPage()
    await tab.goto(library.url.replace(/#.*/, '#another'))
    await tab.getByRole('heading', { name: 'This address is not valid any more' }).waitFor()
    await screenshots(tab, 'library-refused')
    expect(await faults(tab)).toEqual([])
  })

  test('is nothing that a page of a site can read, frame, or change; nor can it read what another site has stored', async () => {
    const library = await openLibrary()
    const other = await online({
      'index.html': `${htmlPage('Other')}<script>localStorage.secret = 'of the other site'; document.cookie = 'secret=of-the-other-site'; indexedDB.open('secret')</script>`
    })
    const origin = `http://library.localhost:${library.port}`
    const otherOrigin = `http://${other.key}.localhost:${library.port}`
    // It even knows the token.
    const attack = `
      const told = {}
      const note = (name, deed) => Promise.resolve().then(deed).then((value) => { told[name] = 'done ' + value }, () => { told[name] = 'refused' })
      const headers = { 'sitedrive-token': '${library.token}' }
      const json = { ...headers, 'content-type': 'application/json' }
      const body = JSON.stringify({ key: '${other.key}' })
      const frame = (src, name = '') => { const f = document.createElement('iframe'); f.src = src; f.name = name; document.body.append(f); return f }
      const form = document.createElement('form'); form.method = 'post'; form.action = '${origin}/api/forget'; form.target = 'f'; form.enctype = 'text/plain'
      form.innerHTML = '<input name=\\'{"key":"${other.key}","x":"\\' value=\\'"}\\'>'
      frame('about:blank', 'f'); document.body.append(form); form.submit()
      frame('${library.url}')
      const framedOther = frame('${otherOrigin}/')
      await Promise.all([
        note('read', async () => (await fetch('${origin}/api/library', { headers })).text()),
        note('opaque', async () => (await fetch('${origin}/api/library', { mode: 'no-cors' })).text().then((t) => t.slice(0, 50) || Promise.reject())),
        note('events', async () => (await fetch('${origin}/api/events', { headers })).status),
        note('forget', async () => (await fetch('${origin}/api/forget', { method: 'POST', headers: json, body })).status),
        note('simple', async () => { await fetch('${origin}/api/forget', { method: 'POST', mode: 'no-cors', body }); return Promise.reject() }),
        note('beacon', async () => { navigator.sendBeacon('${origin}/api/forget', new Blob([body], { type: 'text/plain' })); return Promise.reject() }),
        note('script', () => new Promise((yes, no) => { const s = document.createElement('script'); s.src = '${origin}/page.js'; s.onload = yes; s.onerror = no; document.body.append(s) })),
        note('own api', async () => { const r = await fetch('/api/library', { headers }); return r.ok ? r.text() : Promise.reject() }),
        note('worker', () => navigator.serviceWorker.register('${origin}/page.js')),
        note('domain', () => { document.domain = 'localhost'; return document.domain }),
        note('cookie', () => document.cookie || Promise.reject()),
        note('storage', () => localStorage.secret || Promise.reject()),
        note('databases', async () => (await indexedDB.databases()).map(({ name }) => name).join() || Promise.reject()),
        note('framed storage', () => new Promise((yes, no) => { framedOther.onload = () => { try { yes(framedOther.contentWindow.localStorage.secret) } catch (e) { no(e) } }; framedOther.onerror = no }))
      ])
      const popup = open('${library.url}', 'w')
      window.readPopup = () => note('popup', () => popup.document.title)
      window.told = told
    `
    const site = await online({
      'index.html': `<!doctype html><title>E</title><body><script type="module">${attack}</script></body>`
    })
    for (const key of [other.key, site.key]) {
      await library.post('/api/open', { link: key, interest: 'kept' })
      await library.untilWhole(key)
    }
    const browser = await context(SIZES.wide)
    const stored = await browser.newPage()
    await stored.goto(`${otherOrigin}/`)
    expect(await stored.evaluate('localStorage.secret')).toBe('of the other site')
    const tab = await browser.newPage()
    const opening = browser.waitForEvent('page', (page) => page !== tab)
    await tab.goto(`http://${site.key}.localhost:${library.port}/`)
    // While the popup loads it shows an empty page of the site, which that site may read.
    await (await opening).locator('.list').waitFor()
    await tab.waitForFunction('window.told', null, { timeout: 60_000 })
    await tab.evaluate('window.readPopup()')
    const told = (await tab.evaluate('window.told')) as Record<string, string>
    expect(Object.entries(told).filter(([, what]) => what !== 'refused')).toEqual([])
    expect(Object.keys(told).length).toBe(15)
    for (const framed of tab.frames().slice(1)) expect(await framed.content()).not.toContain('id="app"')
    expect((await library.answer()).sites.map(({ key }) => key).toSorted()).toEqual(
      [other.key, site.key].toSorted()
    )
  })
})
