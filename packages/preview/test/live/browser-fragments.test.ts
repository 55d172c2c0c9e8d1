import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import { hasBrowser, until, type BrowserContext } from '@sitedrive/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  expectNoTag,
  expectOneConnection,
  visitAll,
  VISITS,
  withoutFetchHeaders
} from './support/client-router.js'
import { contexts } from './support/contexts.js'
import { html } from './support/html.js'
import { liveSite, openPage } from './support/live-site.js'

const newContext = contexts()
let context: BrowserContext
beforeEach(async () => {
  if (hasBrowser) context = await newContext()
})

const CARD = '<article class="card"><h2>Card</h2></article>'
function library(name: string, file: string): Buffer {
  // Their `exports` do not name the files for browsers.
  const main = createRequire(import.meta.url).resolve(name)
  const folder = main.slice(0, main.lastIndexOf(path.join('node_modules', name)))
  return readFileSync(path.join(folder, 'node_modules', name, file))
}

/** What the server sends to a client that names a mode of fetching, or none, as browsers do over HTTP in a local network. */
function answer(url: string, mode: string | null): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = mode === null ? {} : { 'sec-fetch-mode': mode }
    request(url, { headers }, (res) => {
      let text = ''
      res.setEncoding('utf8').on('data', (part: string) => (text += part))
      res.on('end', () => resolve(text))
    })
      .on('error', reject)
      .end()
  })
}

/** Pages that a client-side router goes through, each with a link to the next. */
function pages(head: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: VISITS + 1 }, (_, n) => [
      n === 0 ? '/index.html' : `/${n}.html`,
      html(
        `<main id="swup" class="transition-main"><h1>Page ${n}</h1><a href="/${n + 1}.html">next</a></main>`,
        head
      )
    ])
  )
}

describe('the tag of the preview', () => {
  test.each([null, 'navigate'])('is in a page that is opened (%s)', async (mode) => {
    const site = await liveSite({ '/index.html': html('x') })
    expect(await answer(`${site.url}/`, mode)).toContain('/.well-known/sitedrive/live.js')
    expect(await answer(`${site.url}/none`, mode)).toContain('/.well-known/sitedrive/live.js')
  })

  test.each(['cors', 'no-cors', 'same-origin'])('is not in what a script fetches (%s)', async (mode) => {
    const page = html('x')
    const site = await liveSite({ '/index.html': page, '/card.html': CARD })
    expect(await answer(`${site.url}/`, mode)).toBe(page)
    expect(await answer(`${site.url}/card.html`, mode)).toBe(CARD)
    expect(await answer(`${site.url}/none`, mode)).not.toContain('live.js')
  })
})

describe.skipIf(!hasBrowser)('a page that shows parts of others', () => {
  test('gets them as they were written: by fetch, by XMLHttpRequest and parsed', async () => {
    const site = await liveSite({ '/index.html': html('<div id="slot"></div>'), '/card.html': CARD })
    const { page } = await openPage(context, site.url)
    const fetched = await page.evaluate<string[]>(`(async () => {
      const text = await (await fetch('/card.html')).text()
      const template = document.createElement('template')
      template.innerHTML = text
      const request = new XMLHttpRequest()
      request.open('GET', '/card.html', false)
      request.send()
      const parsed = new DOMParser().parseFromString(text, 'text/html')
      return [text, template.content.firstElementChild.tagName, request.responseText, parsed.head.innerHTML]
    })()`)
    expect(fetched).toEqual([CARD, 'ARTICLE', CARD, ''])
  })

  test('is followed in its frames by the window alone', async () => {
    const frames = Array.from({ length: VISITS }, (_, n) => `<iframe src="/frame.html?${n}"></iframe>`).join(
      ''
    )
    const site = await liveSite({ '/index.html': html(frames), '/frame.html': html('<p>one</p>') })
    const { page } = await openPage(context, site.url)
    expect(site.viewers).toBe(1)
    await site.update({ '/frame.html': html('<p>two</p>') })
    for (const frame of page.frames().slice(1)) {
      await until(async () => (await frame.locator('p').textContent()) === 'two')
    }
  })

  test('runs nothing twice when a page is put into it whole, with its tag', async () => {
    const site = await liveSite({ '/index.html': html('<div id="slot"></div>'), '/card.html': html(CARD) })
    const { page } = await openPage(context, site.url)
    const tagged = await answer(`${site.url}/card.html`, null)
    await page.evaluate(`for (let n = 0; n < ${VISITS}; n++)
      document.querySelector('#slot').append(document.createRange().createContextualFragment(${JSON.stringify(tagged)}))`)
    await page.waitForFunction(`!document.querySelector('#slot script')`)
    await site.update({ '/index.html': html('<div id="slot"></div><p>two</p>') })
    await until(async () => (await page.locator('p').count()) === 1)
    expect(site.viewers).toBe(1)
  })
})

const ROUTERS: Record<string, { head: string; files: Record<string, Buffer> }> = {
  'Turbo 8': {
    head: '<script src="/lib/turbo.js"></script>',
    files: { '/lib/turbo.js': library('@hotwired/turbo', 'dist/turbo.es2017-umd.js') }
  },
  swup: {
    head: '<script src="/lib/swup.js" defer></script><script defer src="/start.js"></script>',
    files: {
      '/lib/swup.js': library('swup', 'dist/Swup.umd.js'),
      '/start.js': Buffer.from('window.swup = new Swup({ animationSelector: false })')
    }
  }
}

describe.skipIf(!hasBrowser).each(Object.entries(ROUTERS))(
  'a site with %s',
  { tags: 'long' },
  (_name, { head, files }) => {
    test.each([
      ['whose requests say what they are for', false],
      ['whose requests say nothing, as in a local network', true]
    ])('%s is visited page after page, and followed by one connection', async (_how, isSilent) => {
      const site = await liveSite({ ...pages(head), ...files })
      if (isSilent) await withoutFetchHeaders(context)
      const { page } = await openPage(context, site.url)
      await visitAll(page)
      await expectOneConnection(site, page)
      await expectNoTag(page)
      await site.update({ [`/${VISITS}.html`]: html('<h1>Changed</h1>', head) })
      await until(async () => (await page.locator('h1').textContent()) === 'Changed')
    })
  }
)

describe.skipIf(!hasBrowser)('a site with htmx 2', () => {
  test('swaps in parts as often as it likes', async () => {
    const site = await liveSite({
      '/index.html': html(
        '<button hx-get="/card.html" hx-target="#out" hx-swap="beforeend">more</button><div id="out"></div>',
        '<script src="/lib/htmx.js"></script>'
      ),
      '/card.html': CARD,
      '/lib/htmx.js': library('htmx.org', 'dist/htmx.min.js')
    })
    const { page } = await openPage(context, site.url)
    for (let n = 1; n <= VISITS; n++) {
      await page.click('button')
      await page.waitForFunction(`document.querySelectorAll('#out > article').length === ${n}`)
    }
    expect(await page.locator('#out > :not(article)').count()).toBe(0)
    await expectOneConnection(site, page)
    await expectNoTag(page)
  })
})
