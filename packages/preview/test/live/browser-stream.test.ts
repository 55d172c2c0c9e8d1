import { hasBrowser, until, type BrowserContext } from '@sitedrive/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { contexts } from './support/contexts.js'
import { html } from './support/html.js'
import { isSame, liveSite, openPage } from './support/live-site.js'
import { textOf } from './support/text-shown.js'

const newContext = contexts()
let context: BrowserContext
beforeEach(async () => {
  if (hasBrowser) context = await newContext()
})

describe.skipIf(!hasBrowser)('the connection to the server', () => {
  test('comes back after the server was away, and the page catches up on what it missed', async () => {
    const site = await liveSite({
      '/index.html': html('<p>one</p><input>', '<link rel="stylesheet" href="/a.css">'),
      '/a.css': 'p { margin-top: 1px }'
    })
    const { page } = await openPage(context, site.url)
    await page.fill('input', 'typed')
    await site.stop()
    await site.update({ '/index.html': html('<p>two</p><input>', '<link rel="stylesheet" href="/a.css">') })
    await site.update({ '/a.css': 'p { margin-top: 2px }' })
    await site.restart()
    await until(async () => (await textOf(page, 'p')) === 'two')
    await until(
      async () => (await page.evaluate(`getComputedStyle(document.querySelector('p')).marginTop`)) === '2px'
    )
    expect(await page.inputValue('input')).toBe('typed')
    expect(await isSame(page)).toBe(true)
  })

  test(
    'catches up with a server that does not know what changed: page, stylesheets and images',
    { tags: 'long' },
    async () => {
      const site = await liveSite({
        '/index.html': html('<p>one</p><input>', '<link rel="stylesheet" href="/a.css">'),
        '/a.css': 'p { margin-top: 1px }'
      })
      const { page } = await openPage(context, site.url)
      await page.fill('input', 'typed')
      await site.stop()
      site.forget()
      await site.update({
        '/index.html': html('<p>two</p><input>', '<link rel="stylesheet" href="/a.css">'),
        '/a.css': 'p { margin-top: 2px }'
      })
      await site.restart()
      await until(async () => (await textOf(page, 'p')) === 'two')
      await until(
        async () => (await page.evaluate(`getComputedStyle(document.querySelector('p')).marginTop`)) === '2px'
      )
      expect(await page.inputValue('input')).toBe('typed')
      expect(await isSame(page)).toBe(true)
    }
  )

  test(
    'loads a page with scripts when the server does not know what changed: they may have',
    { tags: 'long' },
    async () => {
      const site = await liveSite({
        '/index.html': html('<p>one</p><script src="/a.js"></script>'),
        '/a.js': 'window.version = 1'
      })
      const { page } = await openPage(context, site.url)
      await site.stop()
      site.forget()
      await site.update({ '/a.js': 'window.version = 2' })
      await site.restart()
      await until(async () => (await page.evaluate('window.version').catch(() => 0)) === 2)
    }
  )

  test('does nothing at all when nothing changed while the server was away', { tags: 'long' }, async () => {
    const site = await liveSite({ '/index.html': html('<p>one</p>'), '/other.html': html('one') })
    const { page, requests } = await openPage(context, site.url)
    await until(() => site.viewers === 1)
    await site.stop()
    await site.restart()
    await until(() => site.viewers === 1)
    await site.update({ '/index.html': html('<p>two</p>') })
    await until(async () => (await textOf(page, 'p')) === 'two')
    expect(requests.filter((path) => !path.includes('/events?'))).toEqual([
      '/.well-known/sitedrive/page?at=%2F'
    ])
    expect(await isSame(page)).toBe(true)
  })

  test(
    'is given up by a tab that is out of sight, which catches up when it is seen again',
    { tags: 'long' },
    async () => {
      const site = await liveSite({ '/index.html': html('<p>one</p>') })
      const { page } = await openPage(context, site.url)
      await until(() => site.viewers === 1)
      const turn = (visibility: string): Promise<unknown> =>
        page.evaluate(`
        Object.defineProperty(document, 'hidden', { value: ${visibility === 'hidden'}, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))`)
      await turn('hidden')
      await until(() => site.viewers === 0)
      await site.update({ '/index.html': html('<p>two</p>') })
      expect(await textOf(page, 'p')).toBe('one')
      await turn('visible')
      await until(async () => (await textOf(page, 'p')) === 'two')
      expect(await isSame(page)).toBe(true)
    }
  )

  test('two browsers, on pages of their own, are each shown what concerns them', async () => {
    const site = await liveSite({ '/index.html': html('<p>one</p>'), '/b.html': html('<p>one</p>') })
    const { page: first } = await openPage(context, site.url)
    const { page: second } = await openPage(await newContext(), `${site.url}/b.html`)
    await until(() => site.viewers === 2)
    await site.update({ '/index.html': html('<p>two</p>') })
    await until(async () => (await textOf(first, 'p')) === 'two')
    await site.update({ '/b.html': html('<p>three</p>') })
    await until(async () => (await textOf(second, 'p')) === 'three')
    expect(await textOf(first, 'p')).toBe('two')
    expect(await Promise.all([isSame(first), isSame(second)])).toEqual([true, true])
  })
})
