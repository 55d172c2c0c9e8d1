// How long the review page of a large site takes from opening to the list on the screen, in a real browser.
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createPublisher } from '@sitedrive/core'
import { openLivePreview } from '@sitedrive/preview/live'
import { median } from '../measure.mjs'
import { generateSite, page } from '../publish/site.mjs'

const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium'
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/**
 * @returns per round, milliseconds from the first opening in a new dev process until the list is painted, and until titles
 * and noise are; then the same for a second opening. null without a browser
 */
export async function measurePage({ pages = 10_000, changed = 500, rounds = 3 } = {}) {
  if (!existsSync(CHROMIUM)) return null
  const root = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-review-'))
  const projectDir = path.join(root, 'project')
  const dir = path.join(projectDir, 'out')
  const env = { ...process.env, SITEDRIVE_HOME: path.join(root, 'home'), SITEDRIVE_CHECKS: 'off' }
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    chromiumSandbox: process.getuid?.() !== 0,
    args: FLAGS
  })
  try {
    mkdirSync(dir, { recursive: true })
    generateSite(dir, { pages })
    const publisher = createPublisher({ projectDir, env })
    await publisher.publish(dir)
    await publisher.close()
    for (let n = 0; n < changed; n++) {
      const folder = path.join(dir, `section-${n % 10}`, `page-${n}`)
      writeFileSync(path.join(folder, 'index.html'), page(n, 8000, 'other words'))
    }
    const runs = []
    for (let round = 0; round < rounds; round++) {
      const preview = await openLivePreview({ projectDir, env, bootstrap: null })
      await preview.update(dir)
      const first = await openPage(browser, preview.reviewUrl)
      const again = await openPage(browser, preview.reviewUrl)
      runs.push({ first, again })
      await preview.close()
    }
    const of = (pick) => median(runs.map(pick))
    return {
      listMs: of(({ first }) => first.listMs),
      titlesMs: of(({ first }) => first.titlesMs),
      againMs: of(({ again }) => again.listMs),
      rounds: runs
    }
  } finally {
    await browser.close()
    rmSync(root, { recursive: true, force: true })
  }
}

/** The clock is the browser's: it starts when it is told to go there. */
async function openPage(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const tab = await context.newPage()
  await tab.addInitScript(() => {
    globalThis.seen = {}
    const note = () => {
      const now = performance.now()
      const rows = document.querySelectorAll('.list li')
      if (rows.length > 0) globalThis.seen.listMs ??= now
      if (rows[0]?.querySelector('.place')) globalThis.seen.titlesMs ??= now
    }
    new MutationObserver(() => requestAnimationFrame(note)).observe(document, {
      childList: true,
      subtree: true
    })
  })
  await tab.goto(url)
  await tab.waitForFunction(() => globalThis.seen.titlesMs !== undefined, null, { timeout: 60_000 })
  const seen = await tab.evaluate(() => globalThis.seen)
  await context.close()
  return seen
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  console.log(JSON.stringify(await measurePage(), null, 2))
}
