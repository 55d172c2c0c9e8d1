import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Sources } from '../content/content-types.js'
import { isPage } from '../folder/page-url.js'
import type { Walk } from '../folder/walk.js'

/** What a generator knows about its own build. */
export interface BuildFacts {
  /** When the build began, milliseconds since 1970. */
  startedAtMs?: number
  /** Paths in the drive that the build reports as written; the list may be incomplete. */
  wrote?: Iterable<string>
  /** The sources of its output files, as far as it knows them. */
  sources?: Sources
  /** Paths in the drive whose names the generator made of their content, as far as it knows them. */
  fingerprinted?: Iterable<string>
}

/**
 * Set for a build that runs beside a dev process: the start time of the build in milliseconds since 1970. Older pages in the
 * output folder that no release had come from a dev build, and may be drafts.
 */
export const BUILD_BEGAN_VARIABLE = 'SITEDRIVE_BUILD_BEGAN'

/**
 * Pages that are older than this time may come from a dev build. Milliseconds since 1970.
 *
 * @returns null when the variable is not set, or the start time of the build is not known
 */
export function devPagesBefore(env: NodeJS.ProcessEnv, { startedAtMs }: BuildFacts): number | null {
  const beganMs = Number(env[BUILD_BEGAN_VARIABLE] || Number.NaN)
  return startedAtMs === undefined || Number.isNaN(beganMs) ? null : Math.min(beganMs, startedAtMs)
}

/**
 * Leaves out pages that the build did not write and that were never released, because a release cannot be withdrawn.
 *
 * @param released paths of the last release
 */
export function withoutDevPages(
  found: Walk,
  facts: BuildFacts,
  beganMs: number,
  released: { has(path: string): boolean }
): Walk {
  const stale = findStale(found, { ...facts, startedAtMs: beganMs })
  const isDevPage = new Set(stale.filter((path) => isPage(path) && !released.has(path)))
  if (isDevPage.size === 0) return found
  return {
    ...found,
    files: found.files.filter(({ path }) => !isDevPage.has(path)),
    leftOut: [
      ...found.leftOut,
      ...[...isDevPage].map((path) => ({ path, why: 'of no release and not of this build' as const }))
    ]
  }
}

/** The most pages that are searched for references. The result is only a hint, so the search must be cheap. */
const MAX_PAGES_SEARCHED = 2_000

/**
 * Files in the output folder that the last build did not write. Most generators never delete files of earlier builds.
 *
 * A file counts as written when its ctime is later than the start of the build, when the build names it, or when a written
 * page contains its name (image tools do not write existing files again).
 */
export function findStale(walk: Walk, { startedAtMs, wrote }: BuildFacts): string[] {
  if (startedAtMs === undefined) return []
  const named = new Set(wrote)
  // The kernel's clock for files advances in steps of some milliseconds, so it can be behind ours.
  const isWritten = (file: Walk['files'][number]) => file.ctimeMs >= startedAtMs - 50 || named.has(file.path)
  const old = walk.files.filter((file) => !isWritten(file)).map((file) => file.path)
  if (old.length === 0) return []

  const unnamed = new Map(
    old.filter((path) => !isPage(path)).map((file) => [path.posix.basename(file), file])
  )
  const pages = walk.files
    .filter((file) => isWritten(file) && namesFiles(file.path))
    .slice(0, MAX_PAGES_SEARCHED)
  for (const page of pages) {
    if (unnamed.size === 0) break
    const text = readOrEmpty(walk.dir + page.path)
    for (const name of unnamed.keys()) {
      if (text.includes(name) || text.includes(encodeURI(name))) unnamed.delete(name)
    }
  }
  const assets = new Set(unnamed.values())
  // A page with links to it can still be stale, because the pages with the links can be stale too.
  return old.filter((path) => isPage(path) || assets.has(path))
}

function namesFiles(path: string): boolean {
  return /\.(html?|css|m?js|json|xml|webmanifest)$/i.test(path)
}

// The site is published already, so a page that is gone meanwhile must not cause an error.
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
