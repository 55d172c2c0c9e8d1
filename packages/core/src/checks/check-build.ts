import { compare, type Change } from '../folder/compare.js'
import type { Check, Finding, Sources } from '../content/content-types.js'
import { readScanCache, type KnownFile, type ScanCache } from '../folder/scan-cache.js'
import type { Walk } from '../folder/walk.js'

/** What is new or changed since the last scan. */
export interface SinceScan {
  /** The state that the scan must speak of: a publish that goes on meanwhile may write the next one. null: whichever. */
  sinceScan: { version: number; fork: number } | null
}

/** A build that is to be checked. Plain data: it may go to another thread. */
export interface BuildToCheck {
  /** The folder that was built. */
  found: Pick<Walk, 'dir' | 'files'>
  /** The last scan of the folder, which saves reading what did not change since; null: there is none. */
  scanCache: string | null
  sources: Sources
  key: string | null
  mirror: string | null
  projectDir: string
  /** Paths that are new or changed: of some things only these are told. null: all. */
  changed: ReadonlySet<string> | SinceScan | null
  /** Paths that the last build did not write. */
  stale: readonly string[]
  /** Where facts are remembered; null: nowhere. */
  factsCache: string | null
}

/** Looks for what readers would stumble over in a folder that is about to be published. */
export async function checkBuild(build: BuildToCheck, signal?: AbortSignal): Promise<Finding[]> {
  const { found, scanCache, factsCache, changed, ...facts } = build
  const scan = scanCache === null ? null : readScanCache(scanCache)
  const known = scan?.files ?? new Map<string, KnownFile>()
  const [{ checkSite }, { folderView }, { changes, files }] = await Promise.all([
    import('../content/check-site.js'),
    import('../content/site-view.js'),
    compare(found, known, null, { signal })
  ])
  return checkSite({
    ...facts,
    now: folderView(found.dir, files),
    changed: changed && 'sinceScan' in changed ? (isThat(scan, changed) ? newPaths(changes) : null) : changed,
    cacheFile: factsCache,
    ...(signal && { signal })
  })
}

/** Paths of what is new or changed. */
export function newPaths(changes: readonly Change[]): Set<string> {
  return new Set(changes.flatMap(({ op, path }) => (op === 'remove' ? [] : [path])))
}

function isThat(scan: ScanCache | null, { sinceScan }: SinceScan): boolean {
  return (
    scan !== null &&
    (sinceScan === null || (scan.version === sinceScan.version && scan.fork === sinceScan.fork))
  )
}

/** What surprises nobody where it is published already. */
const OF_CHANGES: readonly Check[] = ['draft', 'front-matter', 'large-file']

/**
 * Findings that concern a release: checks that began before its changes were known may have told of more.
 *
 * @param changed paths that are new or changed
 */
export function newFindings(findings: readonly Finding[], changed: ReadonlySet<string>): Finding[] {
  return findings.filter(
    ({ check, path, alsoIn }) =>
      !OF_CHANGES.includes(check) || [path, ...alsoIn].some((each) => changed.has(each))
  )
}
