import type { KnownPaths } from './known-paths.js'

/** Fewer paths than this may have moved by chance. */
const MIN_PATHS = 3
const MAX_SEGMENTS = 3

/**
 * Finds prefixes that a site was built for and that cannot be at the root of an origin, such as `/blog`: nothing is
 * under it, what is missing there exists without it, and most references have it. Where few have it, something else is
 * missing under it, such as the translations of a site.
 *
 * @param missing distinct paths that lead nowhere, decoded
 * @param rooted references that begin with a slash, by where they lead, each with how often it occurs
 * @returns prefixes without a slash at the end, none of which begins another
 */
export function impossiblePrefixes(
  missing: Iterable<string>,
  rooted: ReadonlyMap<string, number>,
  paths: KnownPaths
): string[] {
  const counts = new Map<string, { all: number; found: number }>()
  for (const path of missing) {
    const segments = path.split('/').slice(1)
    for (let depth = 1; depth <= Math.min(MAX_SEGMENTS, segments.length); depth++) {
      const prefix = `/${segments.slice(0, depth).join('/')}`
      if (prefix === '/' || prefix.endsWith('/')) break
      const count = counts.get(prefix) ?? { all: 0, found: 0 }
      counts.set(prefix, count)
      count.all++
      if (paths.at(withoutPrefix(path, prefix)).kind === 'file') count.found++
    }
  }
  const likely = [...counts].filter(([, { all, found }]) => found >= MIN_PATHS && found * 2 >= all)
  if (likely.length === 0) return []
  const folders = foldersOf(paths)
  const prefixes = likely
    .map(([prefix]) => prefix)
    .filter((prefix) => !folders.has(prefix) && isInMost(rooted, prefix))
  return prefixes.filter((prefix) => !prefixes.some((other) => prefix.startsWith(`${other}/`)))
}

function isInMost(rooted: ReadonlyMap<string, number>, prefix: string): boolean {
  let [all, having] = [0, 0]
  for (const [path, count] of rooted) {
    all += count
    if (hasPrefix(path, prefix)) having += count
  }
  return having * 2 >= all
}

/** @param prefix one that the path is or begins with */
export function withoutPrefix(path: string, prefix: string): string {
  return path.slice(prefix.length) || '/'
}

export function hasPrefix(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`)
}

function foldersOf(paths: KnownPaths): Set<string> {
  const folders = new Set<string>()
  for (const file of paths.all()) {
    for (let end = file.indexOf('/', 1), depth = 0; end > 0 && depth < MAX_SEGMENTS; depth++) {
      folders.add(file.slice(0, end))
      end = file.indexOf('/', end + 1)
    }
  }
  return folders
}
