import type { Finding, SiteView, Sources } from './contract.js'

export interface CheckInput {
  now: SiteView
  sources: Sources
  /** The site's key, z-base-32; with `mirror` it tells the site's own addresses. */
  key: string | null
  /** Where a mirror shows the site. */
  mirror: string | null
  /** The project's folder, for sources (drafts, front matter); null: sources are not looked into. */
  projectDir: string | null
  /** Paths that the last build did not write. */
  stale: readonly string[]
  /** Paths that are new or changed against the last release; null: all. Drafts are only told of these. */
  changed: ReadonlySet<string> | null
  /** Where facts are remembered by content hash; null: nowhere. Absolute file name. */
  cacheFile: string | null
  signal?: AbortSignal
}

/** All checks over one site. */
export async function checkSite(input: CheckInput): Promise<Finding[]> {
  await Promise.resolve(input)
  return []
}
