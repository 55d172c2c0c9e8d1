import { compare } from './compare.js'
import type { Finding, Sources } from './content/contract.js'
import { readScanCache, type KnownFile } from './scan-cache.js'
import { walk } from './walk.js'

/** A build that is to be checked. Plain data: it may go to another thread. */
export interface BuildToCheck {
  /** The folder that was built, absolute. */
  dir: string
  /** Patterns of what is not published. */
  ignoreFile: string
  /** The last scan of the folder, which saves reading what did not change since; null: there is none. */
  scanCache: string | null
  sources: Sources
  key: string | null
  mirror: string | null
  projectDir: string
  /** Paths that the last build did not write. */
  stale: readonly string[]
  /** Where facts are remembered; null: nowhere. */
  factsCache: string | null
}

/** Looks for what readers would stumble over in a folder that is about to be published. */
export async function checkBuild(build: BuildToCheck, signal?: AbortSignal): Promise<Finding[]> {
  const { dir, ignoreFile, scanCache, factsCache, ...facts } = build
  const known = (scanCache === null ? null : readScanCache(scanCache)?.files) ?? new Map<string, KnownFile>()
  const [{ checkSite }, { folderView }, { files }] = await Promise.all([
    import('./content/check-site.js'),
    import('./content/site-view.js'),
    compare(walk(dir, ignoreFile), known, null, { signal })
  ])
  return checkSite({
    ...facts,
    now: folderView(dir, files),
    // Whoever asked knows what has changed when the findings are there.
    changed: null,
    cacheFile: factsCache,
    ...(signal && { signal })
  })
}

/**
 * Findings that concern what is new in a release. A draft that was published long ago is no news.
 *
 * @param changed paths that are new or changed
 */
export function newFindings(findings: readonly Finding[], changed: ReadonlySet<string>): Finding[] {
  return findings.filter(
    ({ check, path: file, alsoIn }) =>
      check !== 'draft' || [file, ...alsoIn].some((each) => changed.has(each))
  )
}
