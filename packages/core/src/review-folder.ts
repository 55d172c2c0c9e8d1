import { compare, type Change, type CompareOptions } from './compare.js'
import type { FileChange, PageChange } from './content/contract.js'
import type { SitePaths } from './data-dir.js'
import type { Inspected, Inspection } from './inspection.js'
import { withLastRelease, type LastRelease } from './last-release.js'
import { releaseView } from './release-view.js'
import type { Walk } from './walk.js'

/** What a publish would change, and what readers would stumble over. */
export interface Review extends Inspected {
  /** null when the folder has no key yet. */
  key: string | null
  /** The newest release, 0 when there is none. */
  release: number
  changes: Change[]
  /** The changes in words; empty when there are none, or that cannot be told. */
  words: string
  /** Of the changes, those of pages. */
  pages: PageChange[]
  /** The others. */
  files: FileChange[]
}

export interface ReviewOptions extends CompareOptions {
  /** null: the folder has no key. */
  site: { key: string; paths: SitePaths } | null
}

/** Compares a folder with the newest release, reads what the changes mean, and checks all of it meanwhile. */
export async function reviewFolder(
  found: Walk,
  inspection: Inspection,
  { site, ...options }: ReviewOptions
): Promise<Review> {
  inspection.begin()
  const against = async ({ release, files, drive }: LastRelease) => {
    const comparison = await compare(found, files, null, options)
    const before = drive && releaseView(drive, files)
    const summary = comparison.changes.length > 0 ? await inspection.summary(comparison, before) : null
    return { release, changes: comparison.changes, summary }
  }
  const { release, changes, summary } = site
    ? await withLastRelease(site.paths, site.key, against)
    : await against({ release: 0, files: new Map(), drive: null })
  return {
    key: site?.key ?? null,
    release,
    changes,
    words: summary?.words ?? '',
    pages: summary?.pages ?? [],
    files: summary?.files ?? changes.map((change) => ({ ...change, kind: 'other', noise: null })),
    ...(await inspection.result(changes))
  }
}
