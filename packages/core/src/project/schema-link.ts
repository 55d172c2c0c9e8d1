import { existsSync } from 'node:fs'
import path from 'node:path'

/** Where a package manager puts the package that has the description of `sitedrive.json`: npm and yarn, pnpm below a plugin. */
const PLACES = ['node_modules/sitedrive', 'node_modules/.pnpm/node_modules/sitedrive']
const SCHEMA = 'sitedrive.schema.json'

/**
 * What `$schema` of a new `sitedrive.json` is: the description that is installed with the project, so that editors need no internet
 * for it. In a repository with several projects it may be installed above.
 *
 * @returns null when none is installed, as with `npx` alone: an editor would warn of a file that is not there
 */
export function schemaLink(projectDir: string): string | null {
  for (const dir of foldersOfRepository(projectDir)) {
    for (const place of PLACES) {
      const file = path.join(dir, place, SCHEMA)
      if (!existsSync(file)) continue
      const link = path.relative(projectDir, file).split(path.sep).join('/')
      return link.startsWith('.') ? link : `./${link}`
    }
  }
  return null
}

/** The project and what is above it, up to the repository's folder: what is outside is not on the machines of others who work in it. */
function foldersOfRepository(projectDir: string): string[] {
  const dirs: string[] = []
  for (let dir = projectDir; ; dir = path.dirname(dir)) {
    dirs.push(dir)
    if (existsSync(path.join(dir, '.git'))) return dirs
    if (dir === path.dirname(dir)) return [projectDir]
  }
}
