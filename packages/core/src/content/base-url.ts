import type { KnownPaths } from './known-paths.js'

/** Fewest paths that must exist without the prefix: fewer may be chance. */
const MIN_PATHS = 3
const MAX_SEGMENTS = 3

/**
 * Finds prefixes such as `/blog` that a site was built for although it is served at the root: no file is under the prefix,
 * the missing paths exist without it, and most references have it. Where few references have it, something else is
 * missing, such as the translations of a site.
 *
 * @param missing distinct paths that lead nowhere, decoded
 * @param rooted number of references by their decoded path, for references that begin with a slash
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

/** @param prefix the path is the prefix, or begins with it and a slash */
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
