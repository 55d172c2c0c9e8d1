import { isBound } from './binding.js'
import { SitedriveError } from '../error.js'
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

/** What is wrong with a folder that published a site and has no `sitedrive.json` any more, and the ways on. */
export function describeLostFile(projectDir: string, former: string): string {
  return (
    `\`${projectDir}\` published \`${former}\` before, and has no sitedrive.json any more. Put it back, such as from git; ` +
    'or `npx sitedrive init` writes it anew, without the seeds. For a new site with another address: `npx sitedrive init --new`.'
  )
}

/** For a folder without `sitedrive.json`. @throws {SitedriveError} NO_PROJECT when it had one */
export function refuseLostFile(home: string, projectDir: string): void {
  const former = formerSiteOf(home, projectDir)
  if (former !== null) throw new SitedriveError('NO_PROJECT', describeLostFile(projectDir, former))
}
