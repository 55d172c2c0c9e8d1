import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Sources } from '../content/content-types.js'
import { isPage } from '../folder/page-url.js'
import type { Walk } from '../folder/walk.js'

/** What a generator knows of its own build. */
export interface BuildFacts {
  /** When the build began, milliseconds since 1970. */
  startedAtMs?: number
  /** Paths (in the drive) that the build says it wrote; it may leave some out. */
  wrote?: Iterable<string>
  /** What its outputs were made of, as far as it knows. */
  sources?: Sources
}

/**
 * Set by whoever starts a build beside a dev process: when that build began, milliseconds since 1970. Pages in the output
 * folder that are older and that no release had are those of a dev build, such as drafts.
 */
export const BUILD_BEGAN_VARIABLE = 'SITEDRIVE_BUILD_BEGAN'

/** @returns null when nobody says so, or the build does not write all of its pages */
export function devPagesBefore(env: NodeJS.ProcessEnv, { startedAtMs }: BuildFacts): number | null {
  const beganMs = Number(env[BUILD_BEGAN_VARIABLE] || Number.NaN)
  return startedAtMs === undefined || Number.isNaN(beganMs) ? null : Math.min(beganMs, startedAtMs)
}

/**
 * A walk without the pages that the build did not write and that were never released: what is public cannot be taken back.
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

/** Pages beyond this number are not searched for references: the answer is a hint, and must stay cheap. */
const MAX_PAGES_SEARCHED = 2_000

/**
 * Files in the output dir that the last build did not write: what earlier builds left there, since most generators never
 * clean.
 *
 * A file counts as written when the kernel says it changed since the build began, when the build names it, or when a
 * page that was written refers to it by name (image tools do not write again what is already there).
 */
export function findStale(walk: Walk, { startedAtMs, wrote }: BuildFacts): string[] {
  if (startedAtMs === undefined) return []
  const named = new Set(wrote)
  // The kernel's clock for files ticks every few milliseconds and may be that far behind ours.
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
  // A page that is only linked to is left over all the same: the pages that link to it may be left over too.
  return old.filter((path) => isPage(path) || assets.has(path))
}

function namesFiles(path: string): boolean {
  return /\.(html?|css|m?js|json|xml|webmanifest)$/i.test(path)
}

// The site is published already: a page that has gone in the meantime must not make that a failure.
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
