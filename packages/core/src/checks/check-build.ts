import path from 'node:path'
import { compare, type Change } from '../folder/compare.js'
import type { Check, Finding, Sources } from '../content/content-types.js'
import { readScanCache, type KnownFile, type ScanCache } from '../folder/scan-cache.js'
import type { Walk } from '../folder/walk.js'

/** Asks for only what is new or changed since the last scan. */
export interface SinceScan {
  /** The state that the scan must belong to, because a publish may write a newer scan meanwhile. null: any state. */
  sinceScan: { version: number; fork: number } | null
}

/** A build to check. Plain data, so that it can be sent to another thread. */
export interface BuildToCheck {
  /** The folder that was built. */
  found: Pick<Walk, 'dir' | 'files' | 'leftOut'>
  /** File of the folder's last scan; unchanged files are then not read. null: there is none. */
  scanCache: string | null
  sources: Sources
  key: string | null
  mirror: string | null
  projectDir: string
  /** Paths that are new or changed; some checks report only these. null: all. */
  changed: ReadonlySet<string> | SinceScan | null
  /** Paths that the last build did not write. */
  stale: readonly string[]
  /** File that caches facts; null: no cache. */
  factsCache: string | null
}

/** Runs all checks over a folder that is about to be published. */
export async function checkBuild(build: BuildToCheck, signal?: AbortSignal): Promise<Finding[]> {
  const { found, scanCache, factsCache, changed, ...facts } = build
  const scan = scanCache === null ? null : readScanCache(scanCache)
  const known = scan?.files ?? new Map<string, KnownFile>()
  const [{ checkSite }, { folderView }, { leftOutFiles }, { changes, files }] = await Promise.all([
    import('../content/check-site.js'),
    import('../content/site-view.js'),
    import('../content/left-out-files.js'),
    compare(found, known, null, { signal })
  ])
  return checkSite({
    ...facts,
    now: folderView(found.dir, files),
    dir: path.relative(build.projectDir, found.dir).split(path.sep).join('/'),
    whyLeftOut: leftOutFiles(found.dir, found.leftOut),
    changed:
      changed && 'sinceScan' in changed ? (isScanOf(scan, changed) ? newPaths(changes) : null) : changed,
    cacheFile: factsCache,
    ...(signal && { signal })
  })
}

/** Paths of new and changed files. */
export function newPaths(changes: readonly Change[]): Set<string> {
  return new Set(changes.flatMap(({ op, path }) => (op === 'remove' ? [] : [path])))
}

function isScanOf(scan: ScanCache | null, { sinceScan }: SinceScan): boolean {
  return (
    scan !== null &&
    (sinceScan === null || (scan.version === sinceScan.version && scan.fork === sinceScan.fork))
  )
}

/** Checks that only report new and changed files: what is already published is known. */
const OF_CHANGES: readonly Check[] = ['draft', 'front-matter', 'large-file']

/**
 * Findings that concern a release. Checks that began before its changes were known may have found more.
 *
 * @param changed paths that are new or changed
 */
export function newFindings(findings: readonly Finding[], changed: ReadonlySet<string>): Finding[] {
  return findings.filter(
    ({ check, path, alsoIn }) =>
      !OF_CHANGES.includes(check) || [path, ...alsoIn].some((each) => changed.has(each))
  )
}
