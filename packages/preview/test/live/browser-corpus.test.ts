import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasBrowser, openBrowser, until, type Page } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { dump } from './support/dump.js'
import { isSame, liveSite, openPage, type Files } from './support/live-site.js'

const corpus = fileURLToPath(new URL('./corpus', import.meta.url))
const names = readdirSync(corpus)
  .filter((file) => file.endsWith('.before.html'))
  .map((file) => file.replace('.before.html', ''))

// Here a morph cannot tell what a fresh load would show, and the page is loaded: the doctype and `<base>` decide how all of
// it is read, a shadow root is made by the parser alone, and so are parts of <noscript>, whose content is text for browsers
// that run scripts, and markup for whoever reads the page without running it. A form whose fields are named as what every
// element has cannot be looked into.
const RELOADED = new Set([
  'clobbered-form',
  'base-changed',
  'doctype-changed',
  'noscript-that-breaks-the-head',
  'shadow-changed'
])

describe.skipIf(!hasBrowser)('the corpus of strange pages', () => {
  test('has at least thirty of them', () => {
    expect(names.length).toBeGreaterThanOrEqual(30)
  })

  test(
    'ends as a fresh load of the same page does, and loads as what was published',
    { tags: 'long', timeout: 400_000 },
    async () => {
      const browser = await openBrowser()
      const context = await browser.newContext()
      const files = (kind: string): Files =>
        Object.fromEntries(
          names.map((name) => [`/${name}.html`, readFileSync(path.join(corpus, `${name}.${kind}.html`))])
        )
      const site = await liveSite(files('before'))
      const after = files('after')
      const other = await context.newPage()
      const published = async (name: string): Promise<string> => {
        // The same page as it was built, without the tag.
        await other.goto(`${site.url}/.well-known/sitedrive/page?at=${encodeURIComponent(`/${name}.html`)}`)
        return dump(other)
      }

      const found: Record<string, string> = {}
      for (const name of names) {
        const { page } = await openPage(context, `${site.url}/${name}.html`)
        const was = await dump(page)
        expect(was, `${name}, as it was loaded`).toBe(await published(name))

        await site.update({ [`/${name}.html`]: after[`/${name}.html`]! })
        const wanted = await published(name)
        expect(wanted, `${name} is a pair of different pages`).not.toBe(was)
        await becomes(page, wanted, name)
        found[name] = (await isSame(page)) ? 'morphed' : 'reloaded'
        await page.close()
      }
      expect(found).toEqual(
        Object.fromEntries(names.map((name) => [name, RELOADED.has(name) ? 'reloaded' : 'morphed']))
      )
    }
  )
})

async function becomes(page: Page, wanted: string, what: string): Promise<void> {
  let last = ''
  const isThere = async (): Promise<boolean> => {
    // A page that is being loaded has no answer.
    last = await dump(page).catch(() => '')
    return last === wanted
  }
  await until(isThere, { timeoutMs: 5_000 }).catch(() => {})
  expect(last, what).toBe(wanted)
}
