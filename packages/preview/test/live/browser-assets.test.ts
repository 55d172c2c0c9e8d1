import { hasBrowser, until, type BrowserContext, type Page } from '@sitedrive/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { contexts } from './support/contexts.js'
import { html } from './support/html.js'
import { isSame, liveSite, openPage } from './support/live-site.js'
import { png } from './support/png.js'

const newContext = contexts()
let context: BrowserContext
beforeEach(async () => {
  if (hasBrowser) context = await newContext()
})

describe.skipIf(!hasBrowser)('what a page has loaded', () => {
  test('a stylesheet is exchanged, and at no moment is the page without one', async () => {
    const site = await liveSite({
      '/index.html': html(
        '<p>text</p>',
        '<link rel="stylesheet" href="/a.css"><link rel="stylesheet" href="b.css">'
      ),
      '/a.css': 'p { color: rgb(1, 1, 1); margin-top: 1px }',
      '/b.css': 'p { color: rgb(2, 2, 2) }'
    })
    const { page, requests } = await openPage(context, site.url)
    await page.evaluate(`
      window.margins = new Set()
      const look = () => { margins.add(getComputedStyle(document.querySelector('p')).marginTop); requestAnimationFrame(look) }
      look()`)
    await site.update({ '/a.css': 'p { color: rgb(3, 3, 3); margin-top: 3px }' })
    await until(async () => (await style(page, 'p', 'marginTop')) === '3px')
    // The later stylesheet still comes later.
    expect(await style(page, 'p', 'color')).toBe('rgb(2, 2, 2)')
    await until(async () => (await page.locator('link').count()) === 2)
    expect(await page.evaluate('[...margins]')).toEqual(['1px', '3px'])
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatch(/^\/a\.css\?/)
    expect(await isSame(page)).toBe(true)
  })

  test('a stylesheet that was exchanged leaves nothing in memory', async () => {
    const sheet = (number: number) => `p { margin-top: ${number}px }`
    const site = await liveSite({
      '/index.html': html('<p>text</p>', '<link rel="stylesheet" href="/a.css">'),
      '/a.css': sheet(0)
    })
    const { page } = await openPage(context, site.url)
    await page.evaluate('window.links = []')
    for (let number = 1; number <= 3; number++) {
      await page.evaluate(`links.push(new WeakRef(document.querySelector('link')))`)
      await site.update({ '/a.css': sheet(number) })
      await until(async () => (await style(page, 'p', 'marginTop')) === `${number}px`)
      await until(async () => (await page.locator('link').count()) === 1)
    }
    const tools = await page.context().newCDPSession(page)
    await until(async () => {
      await tools.send('HeapProfiler.collectGarbage')
      return page.evaluate<boolean>('links.every((link) => link.deref() === undefined)')
    })
  })

  test('a stylesheet that was removed is gone, and one that comes is there', { tags: 'long' }, async () => {
    const site = await liveSite({
      '/index.html': html('<p>text</p>', '<link rel="stylesheet" href="/a.css">'),
      '/a.css': 'p { margin-top: 1px }'
    })
    const { page } = await openPage(context, site.url)
    await site.update({ '/a.css': null })
    await until(async () => (await style(page, 'p', 'marginTop')) !== '1px')
    await site.update({ '/a.css': 'p { margin-top: 2px }' })
    await until(async () => (await style(page, 'p', 'marginTop')) === '2px')
    expect(await isSame(page)).toBe(true)
  })

  test(
    'a stylesheet under another name takes the place of the old one when it is there',
    { tags: 'long' },
    async () => {
      const site = await liveSite({
        '/index.html': html('<p>one</p>', '<link rel="stylesheet" href="/a.111.css">'),
        '/a.111.css': 'p { margin-top: 1px }'
      })
      const { page } = await openPage(context, site.url)
      await page.evaluate(`
      window.margins = new Set()
      const look = () => { margins.add(getComputedStyle(document.querySelector('p')).marginTop); requestAnimationFrame(look) }
      look()`)
      await site.update({
        '/index.html': html('<p>two</p>', '<link rel="stylesheet" href="/a.222.css">'),
        '/a.111.css': null,
        '/a.222.css': 'p { margin-top: 2px }'
      })
      await until(async () => (await style(page, 'p', 'marginTop')) === '2px')
      await until(async () => (await page.locator('link').count()) === 1)
      expect(await page.textContent('p')).toBe('two')
      expect(await page.evaluate('[...margins]')).toEqual(['1px', '2px'])
      expect(await isSame(page)).toBe(true)
    }
  )

  test('a stylesheet that another one imports loads the page', { tags: 'long' }, async () => {
    const site = await liveSite({
      '/index.html': html('<p>text</p>', '<link rel="stylesheet" href="/a.css">'),
      '/a.css': '@import "b.css";',
      '/b.css': 'p { margin-top: 1px }'
    })
    const { page } = await openPage(context, site.url)
    await site.update({ '/b.css': 'p { margin-top: 2px }' })
    await until(async () => (await style(page, 'p', 'marginTop')) === '2px')
    expect(await isSame(page)).toBe(false)
  })

  test('an image is refreshed where it is shown: in src, srcset, <picture>, poster and icon', async () => {
    const site = await liveSite({
      '/index.html': html(
        `<img id="a" src="/p/my%20picture.png?v=1"><img id="b" srcset="/p/my%20picture.png 1x, /p/large.png 9x">
         <picture><source srcset="/p/my%20picture.png"><img id="c" src="/p/other.png"></picture>
         <video poster="/p/my%20picture.png"></video><img id="d" src="/p/other.png">`,
        '<link rel="icon" href="/p/my%20picture.png">'
      ),
      '/p/my picture.png': png(1),
      '/p/other.png': png(5)
    })
    const { page, requests } = await openPage(context, site.url)
    expect(await widths(page)).toEqual([1, 1, 1, 5])
    await site.update({ '/p/my picture.png': png(2) })
    await until(async () => (await widths(page)).join() === '2,2,2,5')
    await site.update({ '/p/my picture.png': png(3) })
    await until(async () => (await widths(page)).join() === '3,3,3,5')
    expect(await page.getAttribute('video', 'poster')).toMatch(/my%20picture\.png\?sitedrive=/)
    expect(await page.getAttribute('link', 'href')).toMatch(/my%20picture\.png\?sitedrive=/)
    expect(await page.getAttribute('#a', 'src')).toMatch(/\?v=1&sitedrive=/)
    expect(requests.filter((path) => path.includes('other') || path.includes('/page?'))).toEqual([])
    expect(await isSame(page)).toBe(true)
  })

  test(
    'a refreshed image stays when its page is changed, and gives way when the page names another',
    { tags: 'long' },
    async () => {
      const site = await liveSite({
        '/index.html': html('<p>one</p><img src="/a.png">'),
        '/a.png': png(1),
        '/b.png': png(7)
      })
      const { page } = await openPage(context, site.url)
      await site.update({ '/a.png': png(2) })
      await until(async () => (await widths(page)).join() === '2')
      await site.update({ '/index.html': html('<p>two</p><img src="/a.png">') })
      await until(async () => (await page.textContent('p')) === 'two')
      expect(await page.getAttribute('img', 'src')).toMatch(/\?sitedrive=/)
      await site.update({ '/index.html': html('<p>two</p><img src="/b.png">') })
      await until(async () => (await widths(page)).join() === '7')
      expect(await isSame(page)).toBe(true)
    }
  )

  test('an image that only a stylesheet shows loads the page', { tags: 'long' }, async () => {
    const site = await liveSite({
      '/index.html': html('<p>text</p>', '<link rel="stylesheet" href="/a.css">'),
      '/a.css': 'p { background: url(a.png) }',
      '/a.png': png(1)
    })
    const { page, requests } = await openPage(context, site.url)
    await site.update({ '/a.png': png(2) })
    await until(async () => !(await isSame(page).catch(() => true)))
    await until(() => requests.includes('/a.png'))
  })

  test('an image that both an element and a stylesheet show loads the page', { tags: 'long' }, async () => {
    const site = await liveSite({
      '/index.html': html('<img src="/a.png">', '<style>p { background: url("/a.png") }</style>'),
      '/a.png': png(1)
    })
    const { page } = await openPage(context, site.url)
    await site.update({ '/a.png': png(2) })
    await until(async () => !(await isSame(page).catch(() => true)))
    await until(async () => (await widths(page).catch(() => [])).join() === '2')
  })

  test('a script, data that a script fetched, or a font loads the page', async () => {
    const site = await liveSite({
      '/index.html': html(
        '<p>text</p><script src="/a.js"></script>',
        '<style>@font-face { font-family: F; src: url(/f.woff2) } p { font-family: F }</style>'
      ),
      '/a.js': `fetch('/data.json').then((answer) => answer.json()).then((data) => (window.data = [1, data]))`,
      '/data.json': '1',
      '/f.woff2': 'not a font'
    })
    for (const [path, content] of [
      [
        '/a.js',
        `fetch('/data.json').then((answer) => answer.json()).then((data) => (window.data = [2, data]))`
      ],
      ['/data.json', '2'],
      ['/f.woff2', 'nor this']
    ] as const) {
      const { page } = await openPage(context, site.url)
      await until(() => page.evaluate('Boolean(window.data)'))
      await site.update({ [path]: content })
      await until(async () => !(await isSame(page).catch(() => true)))
      await page.close()
    }
  })

  test('what the page did not load does nothing at all', async () => {
    const site = await liveSite({
      '/index.html': html(
        '<p>text</p><a href="/other.html">other</a>',
        '<link rel="stylesheet" href="/a.css">'
      ),
      '/other.html': html('other'),
      '/a.css': 'p { margin-top: 1px }',
      '/b.css': '',
      '/b.png': png(1)
    })
    const { page, requests } = await openPage(context, site.url)
    await page.evaluate(
      'window.seen = 0; new MutationObserver(() => seen++).observe(document, { subtree: true, childList: true, attributes: true })'
    )
    await site.update({
      '/other.html': html('other, changed'),
      '/b.css': 'a {}',
      '/b.png': png(2),
      '/new.html': html('new')
    })
    // The change that is seen comes after one that is not.
    await site.update({ '/a.css': 'p { margin-top: 2px }' })
    await until(async () => (await style(page, 'p', 'marginTop')) === '2px')
    await until(async () => (await page.locator('link').count()) === 1)
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatch(/^\/a\.css/)
    expect(await page.evaluate('seen')).toBe(2) // the new link came, the old one went
    expect(await isSame(page)).toBe(true)
  })

  test('a page in a frame is loaded anew, and the page around it is not', { tags: 'long' }, async () => {
    const site = await liveSite({
      '/index.html': html('<p>outer</p><iframe src="/inner.html"></iframe>'),
      '/inner.html': html('<p>inner one</p>', '<link rel="stylesheet" href="/inner.css">'),
      '/inner.css': 'p { margin-top: 1px }'
    })
    const { page } = await openPage(context, site.url)
    const inner = page.frameLocator('iframe').locator('p')
    // One connection for all of them: a browser has six for each host.
    expect(site.viewers).toBe(1)
    await site.update({
      '/inner.html': html('<p>inner two</p>', '<link rel="stylesheet" href="/inner.css">')
    })
    await until(async () => (await inner.textContent()) === 'inner two')
    await site.update({ '/inner.css': 'p { margin-top: 2px }' })
    await until(async () => (await marginInFrame(page)) === '2px')
    expect(await isSame(page)).toBe(true)
  })

  test.each([
    ['whose page is an index.htm', '/older/', '/older/index.htm'],
    ['with a percent sign in its name', '/100%/', '/100%/index.html'],
    ['without a slash at the end', '/plain', '/plain/index.html']
  ])('a frame that shows a folder %s is loaded anew', { tags: 'long' }, async (_what, address, file) => {
    const site = await liveSite({
      '/index.html': html(`<iframe src="${address}"></iframe>`),
      [file]: html('<p>inner one</p>')
    })
    const { page } = await openPage(context, site.url)
    const inner = page.frameLocator('iframe').locator('p')
    await site.update({ [file]: html('<p>inner two</p>') })
    await until(async () => (await inner.textContent()) === 'inner two')
    expect(await isSame(page)).toBe(true)
  })

  test('rules for the server load the page', { tags: 'long' }, async () => {
    const site = await liveSite({ '/index.html': html('<p>text</p>') })
    const { page } = await openPage(context, site.url)
    await site.update({ '/_headers': '/*\n  x-frame-options: DENY\n' })
    await until(async () => !(await isSame(page).catch(() => true)))
  })
})

function style(page: Page, selector: string, property: string): Promise<unknown> {
  return page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${property}`).catch(() => '')
}

function marginInFrame(page: Page): Promise<unknown> {
  return page
    .evaluate(`frames[0].getComputedStyle(frames[0].document.querySelector('p')).marginTop`)
    .catch(() => '')
}

function widths(page: Page): Promise<number[]> {
  return page.evaluate(`Array.from(document.images, ({ naturalWidth }) => naturalWidth)`)
}
