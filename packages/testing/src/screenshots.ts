import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'

/** How a page may be looked at: a desk and a phone, by day and by night. */
export const LOOKS = [
  { width: 'wide', colorScheme: 'light' },
  { width: 'wide', colorScheme: 'dark' },
  { width: 'narrow', colorScheme: 'light' },
  { width: 'narrow', colorScheme: 'dark' }
] as const

const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 360, height: 800 } }

/**
 * Saves what a page looks like, in each look, for somebody to judge: `<name>-<width>-<colour>.png` in the folder that the
 * environment variable SCREENSHOTS names. Without it nothing is done. The page is then as it was.
 */
export async function screenshots(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  const before = page.viewportSize()
  for (const { width, colorScheme } of LOOKS) {
    await page.setViewportSize(SIZES[width])
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`) })
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  if (before) await page.setViewportSize(before)
}
