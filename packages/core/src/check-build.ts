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
  const findings = await checkSite({
    ...facts,
    now: folderView(dir, files),
    // Whoever asked knows what has changed when the findings are there.
    changed: null,
    cacheFile: factsCache,
    ...(signal && { signal })
  })
  return findings.map((finding) => inSource(finding, build.sources))
}

/** What one page alone shows is mended in its source. What several show may come from a layout. */
function inSource(finding: Finding, sources: Sources): Finding {
  const source = sources[finding.path]
  if (finding.source !== null || finding.count > 1 || source === undefined) return finding
  return { ...finding, source, line: null } // the line is one of the page
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
