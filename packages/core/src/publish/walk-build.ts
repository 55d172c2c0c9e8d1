import path from 'node:path'
import { readScanCache } from '../folder/scan-cache.js'
import { walk, type Walk } from '../folder/walk.js'
import { refuseOverlap, sitePaths } from '../machine/data-dir.js'
import { ignoreFileOf } from '../project/project-file.js'
import { refuseProject } from './refuse-project-folder.js'
import { devPagesBefore, withoutDevPages, type BuildFacts } from './refuse-stale.js'
import type { ResolvedOptions } from './resolve-options.js'

/**
 * Lists a folder that is to be published or reviewed.
 *
 * @param dir absolute or relative to the project folder
 * @throws {SitedriveError} DIR_OVERLAP when it contains the data directory, DIR_IS_PROJECT when it looks like a project and
 *   not like its output, and what the walk throws
 */
export function walkFolder({ projectDir, home, allow }: ResolvedOptions, dir: string): Walk {
  const resolved = path.resolve(projectDir, dir)
  refuseOverlap(resolved, home, 'published')
  // guard: a project folder is refused
  if (!allow.project) refuseProject(resolved, projectDir)
  return walk(resolved, ignoreFileOf(projectDir))
}

/**
 * Leaves out pages in the output folder that a dev process wrote.
 *
 * @param key the site's key; null: nothing was released yet
 */
export function leaveOutDevPages(
  { env, home }: ResolvedOptions,
  found: Walk,
  facts: BuildFacts,
  key: string | null
): Walk {
  const beganMs = devPagesBefore(env, facts)
  if (beganMs === null) return found
  const released = key === null ? new Map() : readScanCache(sitePaths(home, key).cache)?.files
  // Without the list of released files all pages stay, because leaving out a released page would remove it from the site.
  return released ? withoutDevPages(found, facts, beganMs, released) : found
}
