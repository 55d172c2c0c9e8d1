import type { Allowances } from './allowances.js'
import { compare, type Comparison } from '../folder/compare.js'
import { SitedriveError } from '../error.js'
import type { KnownFile } from '../folder/scan-cache.js'
import type { Walk } from '../folder/walk.js'

/** A path that a publish takes away, though the site has its content under another. */
export interface MovedPath {
  from: string
  to: string
}

export interface ShrinkingBuild {
  allow: Allowances
  /** Asks a person yes or no; null where there is none to ask. */
  confirm: ((question: string) => Promise<boolean>) | null
  signal: AbortSignal | undefined
}

/**
 * A half-finished build, or the wrong folder, must not wipe a site. What counts is what becomes of the paths, for those are
 * what readers have: content that is found elsewhere does not mend a link.
 *
 * @param known the files of the newest release
 * @throws {SitedriveError} SHRINK_REFUSED when more than half of them lead nowhere from then on, and nobody allows it
 */
export async function refuseShrinking(
  found: Walk,
  known: ReadonlyMap<string, KnownFile>,
  { allow, confirm, signal }: ShrinkingBuild
): Promise<void> {
  const isTooMany = (count: number) => count * 2 > known.size
  if (allow.shrink || !isTooMany(removedPaths(found, known).length)) return
  const gone = await gonePaths(found, known)
  // guard: shrink: what counts are paths, not contents
  if (!isTooMany(gone.length)) return
  const moved = movedPaths(gone, known, await compare(found, known, null, { signal }))
  const elsewhere = describeMoved(moved)
  const question = `This publish takes away ${gone.length} of the site's ${known.size} files.${elsewhere} Go on?`
  if (await confirm?.(question)) return
  throw new SitedriveError(
    'SHRINK_REFUSED',
    `\`${found.dir}\` lacks ${gone.length} of the site's ${known.size} files, more than half.${elsewhere} Nothing was published.`,
    {
      remedy: {
        action: 'allow shrink',
        sentence: `If they are meant to ${moved.length > 0 ? 'move or go' : 'go'}, publish once with {}.`
      }
    }
  )
}

/** Of paths that lead nowhere from then on, those whose content is found elsewhere. */
export function movedPaths(
  gone: readonly string[],
  known: ReadonlyMap<string, KnownFile>,
  { files }: Pick<Comparison, 'files'>
): MovedPath[] {
  const places = new Map<string, string[]>()
  for (const [path, { hash }] of files) {
    const same = places.get(hash)
    if (same) same.push(path)
    else places.set(hash, [path])
  }
  return gone.flatMap((from) => {
    const to = findNewPath(from, places.get(known.get(from)?.hash ?? '') ?? [], known)
    return to === undefined ? [] : [{ from, to }]
  })
}

/**
 * Paths of the newest release that lead nowhere when this dir is published. A style sheet that has another hash in its name
 * is none: no reader has such a path, and where it changes with every edit, most of a small site may be of that kind.
 */
export async function gonePaths(
  { files }: Pick<Walk, 'files'>,
  known: ReadonlyMap<string, KnownFile>
): Promise<string[]> {
  const { maskFingerprints } = await import('../content/mask-hashes.js')
  const withoutHash = (path: string): string | null => {
    const { text, hashes } = maskFingerprints(path)
    return hashes.length > 0 ? text : null
  }
  const added = new Set<string | null>()
  for (const { path } of files) if (!known.has(path)) added.add(withoutHash(path))
  return removedPaths({ files }, known).filter((path) => {
    const masked = withoutHash(path)
    // guard: shrink: another hash in a name makes no other path
    return masked === null || !added.has(masked)
  })
}

function removedPaths({ files }: Pick<Walk, 'files'>, known: ReadonlyMap<string, KnownFile>): string[] {
  const there = new Set(files.map(({ path }) => path))
  return [...known.keys()].filter((path) => !there.has(path))
}

/** Where a path has most likely gone, of those that hold the same: a new one, and one that ends alike. */
function findNewPath(
  from: string,
  places: readonly string[],
  known: ReadonlyMap<string, KnownFile>
): string | undefined {
  const name = from.slice(from.lastIndexOf('/'))
  const fresh = places.filter((path) => !known.has(path))
  return (
    fresh.find((path) => path.endsWith(from)) ??
    fresh.find((path) => path.endsWith(name)) ??
    fresh[0] ??
    places[0]
  )
}

function describeMoved(moved: readonly MovedPath[]): string {
  const [first] = moved
  if (!first) return ''
  const count =
    moved.length === 1 ? '1 of them lies under another path' : `${moved.length} of them lie under other paths`
  return ` ${count} now, e.g. \`${first.from}\` -> \`${first.to}\`, and links to the old ones would break.`
}
