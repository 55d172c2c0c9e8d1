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

// Each of them forbids inline scripts, which the page tries all the same.
const POLICIES = [
  `default-src 'none'`,
  `default-src 'none'; style-src 'self'; script-src 'sha256-AAAA'; connect-src 'none'`,
  `default-src https:; script-src 'strict-dynamic' 'nonce-abc' 'unsafe-inline'; object-src 'none'; base-uri 'none'`,
  `default-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'`
]

const page = (text: string, head = ''): string =>
  html(`<p>${text}</p><script>window.ran = true</script><b onclick="window.ran = true">b</b>`, head)

describe.skipIf(!hasBrowser)('a site with a policy of its own', () => {
  test.each(POLICIES)('in a header is live, and as strict as before: %s', async (policy) => {
    const site = await liveSite({
      '/index.html': page('one'),
      '/_headers': `/*\n  content-security-policy: ${policy}\n`,
      '/third.js': 'window.ran = true'
    })
    const { page: open } = await openPage(context, site.url)
    await site.update({ '/index.html': page('two') })
    await until(async () => (await textOf(open, 'p')) === 'two')
    await site.failed({ message: 'broken' })
    await until(() => open.evaluate(`Boolean(document.querySelector('sitedrive-live'))`))
    await open.evaluate(`document.querySelector('b').click()`)
    expect(await open.evaluate('window.ran')).toBe(undefined)
    expect(await isSame(open)).toBe(true)
  })

  test.each(POLICIES.slice(0, 3))(
    'in the page is live, and as strict as before: %s',
    { tags: 'long' },
    async (policy) => {
      const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`
      const site = await liveSite({ '/index.html': page('one', meta) })
      const { page: open } = await openPage(context, site.url)
      await site.update({ '/index.html': page('two', meta) })
      await until(async () => (await textOf(open, 'p')) === 'two')
      await open.evaluate(`document.querySelector('b').click()`)
      expect(await open.evaluate('window.ran')).toBe(undefined)
      expect(await isSame(open)).toBe(true)
    }
  )

  test('loads a page whose policy changed', async () => {
    const meta = (policy: string): string => `<meta http-equiv="Content-Security-Policy" content="${policy}">`
    const site = await liveSite({ '/index.html': page('one', meta(`script-src 'none'`)) })
    const { page: open } = await openPage(context, site.url)
    await site.update({ '/index.html': page('one', meta(`script-src 'unsafe-inline'`)) })
    await until(async () => (await open.evaluate('window.ran').catch(() => false)) === true)
  })
})

describe.skipIf(!hasBrowser)('a site with a service worker of its own', () => {
  test('is not kept from the browser by it: the worker goes away, and the page stays live', async () => {
    const site = await liveSite({
      '/index.html': html('<p>one</p><script>navigator.serviceWorker.register("/sw.js")</script>'),
      '/sw.js': `addEventListener('fetch', (event) => event.respondWith(new Response('from the worker')))`
    })
    const { page: open } = await openPage(context, site.url)
    await until(() =>
      open.evaluate(`navigator.serviceWorker.getRegistrations().then((all) => all.length === 0)`)
    )
    await open.reload()
    expect(await textOf(open, 'p')).toBe('one')
    await until(() => site.viewers > 0)
    await site.update({
      '/index.html': html('<p>two</p><script>navigator.serviceWorker.register("/sw.js")</script>')
    })
    await until(async () => (await textOf(open, 'p')) === 'two')
  })
})
