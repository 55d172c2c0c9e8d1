import { throwIfAborted } from '../error.js'
import { checkCompressed } from './check-compressed.js'
import { checkReadable, checkSizes, checkStale } from './check-files.js'
import { checkHomePage } from './check-home-page.js'
import { checkHeaders } from './check-headers.js'
import { checkForms, checkHostConfig, checkHostFiles } from './check-host.js'
import { answeredBy, checkRedirects, siteRedirects } from './check-redirects.js'
import { checkRedirectTargets } from './check-redirect-targets.js'
import { checkReferences } from './check-references.js'
import { checkSources } from './check-sources.js'
import type { Finding, SiteView, Sources } from './content-types.js'
import { FindingList } from './finding-list.js'
import { gatherFacts } from './gather-facts.js'
import { KnownPaths } from './known-paths.js'
import type { WhyLeftOut } from './left-out-files.js'
import { placeFindings } from './locate-findings.js'
import { ProjectFiles } from './project-files.js'
import { Targets } from './reference-target.js'

export interface CheckInput {
  now: SiteView
  sources: Sources
  /** The site's key, z-base-32. The site's own addresses are known by it and by `mirror`. */
  key: string | null
  /** The site's address at a mirror. */
  mirror: string | null
  /** The project's folder, for sources (drafts, front matter); null: sources are not read. */
  projectDir: string | null
  /** The folder as a command names it, such as `_site`; null: it is not known. @default null */
  dir?: string | null
  /**
   * A dev server wrote the site, and a build for production comes before a publish: what the dev server answers itself is not
   * missing. @default false
   */
  isDevBuild?: boolean
  /** Why files of the output are not published; null: unknown. */
  whyLeftOut: WhyLeftOut | null
  /** Paths that the last build did not write. */
  stale: readonly string[]
  /**
   * Paths that are new or changed since the last release; null: all. Drafts are reported only among these, and settings for
   * another host only when all files are new.
   */
  changed: ReadonlySet<string> | null
  /** File that caches facts by content hash, absolute; null: no cache. */
  cacheFile: string | null
  signal?: AbortSignal
}

/**
 * Runs all checks over one site: finds what would trouble its readers. Errors first, then by path. Reads nothing from other
 * sites.
 *
 * @throws {SitedriveError} ABORTED
 */
export async function checkSite(input: CheckInput): Promise<Finding[]> {
  const { now, sources, projectDir, changed, signal } = input
  const findings = new FindingList()
  const redirects = await siteRedirects(now)
  const facts = await gatherFacts(now, input.cacheFile, signal)
  throwIfAborted(signal)
  const paths = new KnownPaths(now.files, answeredBy(redirects), input.whyLeftOut ?? undefined)
  const targets = new Targets(paths, input)
  checkReferences({ facts, paths, targets, isDevBuild: input.isDevBuild ?? false }, findings)
  checkHomePage(now, paths, input.dir ?? null, findings)
  checkForms(facts, targets, findings)
  checkReadable(facts, now, findings)
  checkHostFiles(now, findings)
  checkRedirects(redirects, now, findings)
  checkRedirectTargets(redirects, now, findings)
  await checkHeaders(now, findings)
  checkSizes(now, changed, findings)
  await checkCompressed(now, changed, findings, signal)
  checkStale(now, input.stale, findings)
  const project = projectDir === null ? null : new ProjectFiles(projectDir)
  if (project) {
    // Only before the first release: later the author knows.
    if (changed === null || changed.size >= now.files.size) checkHostConfig(project, findings)
    await checkSources(now, sources, changed, project, findings)
  }
  return placeFindings(findings.toArray(), now, sources, project)
}
