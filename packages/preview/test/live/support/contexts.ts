import { hasBrowser, launchBrowser, type Browser, type BrowserContext } from '@sitedrive/testing'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

type ContextOptions = Parameters<Browser['newContext']>[0]

/** One browser for all tests of a file. Each context is a profile of its own, closed when its test ends. */
export function contexts(): (options?: ContextOptions) => Promise<BrowserContext> {
  let browser: Browser | undefined
  beforeAll(async () => {
    if (hasBrowser) browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  return async (options) => {
    const context = await browser!.newContext(options)
    context.setDefaultTimeout(90_000)
    onTestFinished(() => context.close())
    return context
  }
}
