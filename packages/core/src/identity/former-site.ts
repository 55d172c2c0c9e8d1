import { isBound } from './binding.js'
import { ownKeys } from './secret.js'
import { sitePaths } from '../machine/data-dir.js'
import { readValidHead } from '../machine/signed-head.js'

/**
 * The site that a folder published to last, by what this machine remembers: it may have lost its `sitedrive.json` since.
 *
 * @returns the site's key, z-base-32; null: nothing was published from the folder
 */
export function formerSiteOf(home: string, projectDir: string): string | null {
  const published = ownKeys(home).flatMap((key) => {
    const { folders, head } = sitePaths(home, key)
    const { release = 0, publishedAt = '' } = (isBound(folders, projectDir) && readValidHead(head)) || {}
    return release > 0 ? [{ key, publishedAt }] : []
  })
  return published.toSorted((a, b) => b.publishedAt.localeCompare(a.publishedAt))[0]?.key ?? null
}
