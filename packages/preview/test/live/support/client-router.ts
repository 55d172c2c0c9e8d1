import type { BrowserContext, Page } from '@sitedrive/testing'
import { expect } from 'vitest'
import { isSame, type LiveSite } from './live-site.js'

/** More than the connections that a browser opens to one host. */
export const VISITS = 8

/** As in a local network over HTTP: the server is told nothing of what asks. */
export async function withoutFetchHeaders(context: BrowserContext): Promise<void> {
  // What the preview itself asks for is left as it is: a stream of events never ends.
  await context.route(/^(?!.*\/\.well-known\/)/, async (route) => {
    const headers = Object.entries(await route.request().allHeaders())
    const kept = headers.filter(([name]) => !/^(?:sec-fetch-|:)/.test(name))
    try {
      await route.fulfill({ response: await route.fetch({ headers: Object.fromEntries(kept) }) })
    } catch {
      // Turbo fetches ahead: the test may be over.
    }
  })
}

/** Follows the link of each page to the next one. */
export async function visitAll(page: Page): Promise<void> {
  for (let n = 1; n <= VISITS; n++) {
    await page.click('a')
    await page.waitForFunction(`document.querySelector('h1').textContent === 'Page ${n}'`)
  }
}

/** The window is still the same one, and has one connection. */
export async function expectOneConnection(site: LiveSite, page: Page): Promise<void> {
  expect(await isSame(page)).toBe(true)
  expect(site.viewers).toBe(1)
}

/** A script that a page brings along takes itself out when it runs. */
export async function expectNoTag(page: Page): Promise<void> {
  await page.waitForFunction(`!document.querySelector('script[src*="/.well-known/sitedrive/"]')`)
}
