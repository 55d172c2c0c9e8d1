import { compare } from '../folder/compare.js'
import { withLastRelease } from '../history/last-release.js'
import { dataDir, sitePaths } from '../machine/data-dir.js'
import { readProject } from '../project/project-file.js'
import { resolveOptions } from '../publish/resolve-options.js'
import { walkFolder } from '../publish/walk-build.js'

/**
 * Counts the files that a publish of a folder would add, change and remove. Looks at their content where their stamps changed;
 * checks nothing, and searches for no secrets.
 *
 * @param dir absolute or relative to the project folder
 * @throws {SitedriveError} as a publish does that refuses the folder: DIR_EMPTY, DIR_IS_PROJECT, DIR_OVERLAP and others
 */
export async function countFolderChanges(
  projectDir: string,
  dir: string,
  env: NodeJS.ProcessEnv = process.env,
  signal?: AbortSignal
): Promise<number> {
  const { parseKey } = await import('../holepunch/site-key.js')
  const project = readProject(projectDir, parseKey)
  const found = walkFolder(resolveOptions({ projectDir, env }, null), dir)
  if (!project) return found.files.length
  const { key } = project
  return withLastRelease(sitePaths(dataDir(env), key), key, async ({ files }) => {
    return (await compare(found, files, null, { signal })).changes.length
  })
}
