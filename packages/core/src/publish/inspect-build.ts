import { Inspection } from '../checks/inspection.js'
import type { Sources } from '../content/content-types.js'
import type { Walk } from '../folder/walk.js'
import { sitePaths } from '../machine/data-dir.js'
import type { Project } from '../project/project-file.js'
import type { ResolvedOptions } from './resolve-options.js'

/**
 * Prepares the checks of a folder, in the mode that the options name. Close it after use.
 *
 * @param site null: the folder has no key yet
 * @param sources the sources of the files
 */
export function inspectBuild(
  { home, projectDir, checks, signal }: ResolvedOptions,
  found: Walk,
  site: Pick<Project, 'key' | 'mirror'> | null,
  sources: Sources = {}
): Inspection {
  const paths = site && sitePaths(home, site.key)
  return new Inspection({
    mode: checks,
    found,
    build: {
      scanCache: paths && paths.cache,
      sources,
      key: site?.key ?? null,
      mirror: site?.mirror ?? null,
      projectDir,
      factsCache: paths && paths.facts
    },
    siteDir: paths && paths.dir,
    signal
  })
}
