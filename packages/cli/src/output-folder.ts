import { lstatSync, readdirSync } from 'node:fs'
import { createHash } from 'node:crypto'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'

/** The output folders of Eleventy and Jekyll, Vite and Astro, Hugo and Gatsby, CRA, Next.js, MkDocs. */
const USUAL_NAMES = ['_site', 'dist', 'public', 'build', 'out', 'site']

/** The state of each usual output folder that exists, by its name. */
export type Fingerprints = ReadonlyMap<string, string>

export function fingerprints(projectDir: string): Fingerprints {
  const found = new Map<string, string>()
  for (const name of USUAL_NAMES) {
    const dir = path.join(projectDir, name)
    if (isFolder(dir)) found.set(name, fingerprint(dir))
  }
  return found
}

/**
 * Finds the usual output folder that a build wrote to.
 *
 * @param before the fingerprints before the build
 * @throws {SitedriveError} DIR_MISSING when the build wrote to none of them, or to several
 */
export function changedFolder(projectDir: string, before: Fingerprints): string {
  const after = fingerprints(projectDir)
  const changed = [...after].filter(([name, now]) => before.get(name) !== now).map(([name]) => name)
  const [only] = changed
  if (only !== undefined && changed.length === 1) return only
  const listed = (names: string[]) => names.map((name) => `\`${name}\``).join(', ')
  const why =
    changed.length > 1
      ? `the command wrote to ${listed(changed)}`
      : after.size > 0
        ? `the command changed none of ${listed([...after.keys()])}`
        : `there is no ${listed(USUAL_NAMES)} in \`${projectDir}\``
  throw new SitedriveError(
    'DIR_MISSING',
    `Which folder is the site? Looking for it by name did not tell: ${why}. Nothing was published. ` +
      `Name it: \`npx sitedrive run --dir ${changed[0] ?? '<dir>'} -- …\`.`
  )
}

/**
 * Finds the usual output folder that exists.
 *
 * @throws {SitedriveError} DIR_MISSING when none exists, BAD_OPTION when several exist
 */
export function onlyFolder(projectDir: string): string {
  const names = usualFolders(projectDir)
  const [only] = names
  if (only !== undefined && names.length === 1) return only
  const listed = (names.length > 0 ? names : USUAL_NAMES).map((name) => `\`${name}\``).join(', ')
  if (only === undefined) {
    throw new SitedriveError(
      'DIR_MISSING',
      `Which folder is the site? There is no ${listed} in \`${projectDir}\`. Build the site first, or name the folder: ` +
        '`npx sitedrive review <dir>`.'
    )
  }
  throw new SitedriveError(
    'BAD_OPTION',
    `Which folder is the site? There are ${listed} in \`${projectDir}\`. Name one: \`npx sitedrive review ${only}\`.`
  )
}

/**
 * Checks a folder that somebody has named.
 *
 * @throws {SitedriveError} DIR_MISSING when it does not exist and another one may be meant; core tells all other cases
 */
export function refuseMistyped(projectDir: string, dir: string): void {
  if (lstatSync(path.resolve(projectDir, dir), { throwIfNoEntry: false })) return
  const names = usualFolders(projectDir).map((name) => `\`${name}\``)
  if (names.length === 0) return
  throw new SitedriveError(
    'DIR_MISSING',
    `There is no folder \`${path.resolve(projectDir, dir)}\`. Did you mean ${names.join(' or ')}? Else build the site first.`
  )
}

/** The usual output folders that exist. */
export function usualFolders(projectDir: string): string[] {
  return USUAL_NAMES.filter((name) => isFolder(path.join(projectDir, name)))
}

function isFolder(dir: string): boolean {
  return lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() ?? false
}

// It uses times of the file system only, since the clock of this process may differ from them.
function fingerprint(dir: string): string {
  const digest = createHash('sha256')
  const visit = (folder: string) => {
    for (const item of readdirSync(folder, { withFileTypes: true })) {
      if (item.name === 'node_modules') continue
      const file = path.join(folder, item.name)
      const stats = lstatSync(file, { throwIfNoEntry: false })
      if (!stats) continue
      digest.update(`${file}\0${stats.size}\0${stats.mtimeMs}\0${stats.ctimeMs}\0${stats.ino}\0`)
      if (stats.isDirectory()) visit(file)
    }
  }
  visit(dir)
  return digest.digest('base64')
}
