import { existsSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { onTestFinished } from 'vitest'

export type { Browser, BrowserContext, Page } from 'playwright-core'

/** `scripts/system-tools.mjs` installs what is here by default: Debian's package `chromium`. */
const CHROMIUM = process.env['CHROMIUM'] || '/usr/bin/chromium'

/** For `describe.skipIf(!hasBrowser)`. Under CI `npm test` does not start without one. */
export const hasBrowser = existsSync(CHROMIUM)

// What a browser does for its own sake has no place in a test: no request but the test's leaves the machine.
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

export interface BrowserOptions {
  /** Further words of Chromium's command line, such as `--host-resolver-rules=…`. */
  args?: readonly string[]
}

/**
 * Starts a real Chromium without a window; it is closed when the running test ends. `browser.newPage()` opens a page in a
 * context of its own, with nothing in its cache.
 *
 * @throws when this machine has no Chromium; the message says how to get one
 */
export async function openBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const browser = await launchBrowser(options)
  onTestFinished(() => browser.close())
  return browser
}

/** The same for more than one test; whoever launches it closes it. */
export async function launchBrowser({ args = [] }: BrowserOptions = {}): Promise<Browser> {
  if (!hasBrowser) {
    throw new Error(
      `There is no Chromium at \`${CHROMIUM}\`. Install it (Debian: \`apt-get install chromium\`), or name the program of ` +
        'another place in the environment variable CHROMIUM.'
    )
  }
  // Loaded when it is needed: it takes longer to load than most tests take to run.
  const { chromium } = await import('playwright-core')
  return chromium.launch({
    executablePath: CHROMIUM,
    // Chromium has no sandbox for root, who runs the tests in most containers.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [...QUIET, ...args]
  })
}

/** For `openBrowser`: the browser asks this machine for these hosts, whatever DNS says; `*` stands for any name. */
export function resolvedHere(...hosts: string[]): string {
  return `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(',')}`
}
