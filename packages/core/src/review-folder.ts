import { compare, type Change, type CompareOptions } from './compare.js'
import type { FileChange, PageChange, SiteView } from './content/contract.js'
import type { SitePaths } from './data-dir.js'
import type { Inspected, Inspection } from './inspection.js'
import { withLastRelease, type LastRelease } from './last-release.js'
import { releaseView } from './release-view.js'
import type { KnownFile } from './scan-cache.js'
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
  /** A folder that it is compared with; null: the newest release. */
  against: Walk | null
}

/** What a folder is compared with. */
interface Base {
  release: number
  files: ReadonlyMap<string, KnownFile>
  view: SiteView | null
}

const NOTHING: Base = { release: 0, files: new Map(), view: null }

/** Compares a folder with the newest release, reads what the changes mean, and checks all of it meanwhile. */
export async function reviewFolder(
  found: Walk,
  inspection: Inspection,
  { site, against, ...options }: ReviewOptions
): Promise<Review> {
  inspection.begin(against ? null : { sinceScan: null })
  const differing = async ({ release, files, view }: Base) => {
    const comparison = await compare(found, files, null, options)
    const summary = comparison.changes.length > 0 ? await inspection.summary(comparison, view) : null
    return { release, changes: comparison.changes, summary }
  }
  const fromRelease = ({ release, files, drive }: LastRelease) =>
    differing({ release, files, view: drive && releaseView(drive, files) })
  const { release, changes, summary } = against
    ? await differing(await baseOf(against, options))
    : site
      ? await withLastRelease(site.paths, site.key, fromRelease)
      : await differing(NOTHING)
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

/** A folder as if it were a release. */
async function baseOf(walk: Walk, options: CompareOptions): Promise<Base> {
  const { folderView } = await import('./content/site-view.js')
  const compared = (await compare(walk, new Map(), null, options)).files
  const files = new Map<string, KnownFile>()
  for (const { path, size } of walk.files) {
    const blob = { blockOffset: 0, blockLength: 0, byteOffset: 0, byteLength: size }
    // Stamps are of other files than those that are compared with these.
    files.set(path, { hash: compared.get(path)?.hash ?? '', blob, stamp: null })
  }
  return { release: 0, files, view: folderView(walk.dir, compared) }
}
