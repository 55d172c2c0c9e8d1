import type { Allowances } from './allowances.js'
import { compare, type Comparison } from '../folder/compare.js'
import { SitedriveError } from '../error.js'
import type { KnownFile } from '../folder/scan-cache.js'
import type { Walk } from '../folder/walk.js'

/** A removed path whose content exists under another path. */
export interface MovedPath {
  from: string
  to: string
}

export interface ShrinkingBuild {
  allow: Allowances
  /** Asks a person a question; null: there is nobody to ask. */
  confirm: ((question: string) => Promise<boolean>) | null
  signal: AbortSignal | undefined
}

/**
 * Refuses to remove more than half of a site, as an unfinished build or the wrong folder would. Paths are counted and not
 * contents: readers have links to paths, and content under another path does not repair a link.
 *
 * @param known the files of the newest release
 * @throws {SitedriveError} SHRINK_REFUSED when more than half of their paths would be gone, and nobody allows it
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

/** The removed paths whose content exists under another path. */
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
 * The paths of the newest release that are gone when this folder is published. A file that only got another hash in its name
 * does not count: readers have no links to such files, and in a small site most files may be of this kind.
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

/** Chooses the likely new path among the paths with the same content: a new path with the same ending first. */
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
