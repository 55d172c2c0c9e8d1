import { newPaths } from '../checks/check-build.js'
import { compare, type Change, type CompareOptions, type Comparison } from '../folder/compare.js'
import { inOrder } from '../content/finding-list.js'
import type { FileChange, Finding, PageChange, SiteView } from '../content/content-types.js'
import type { SitePaths } from '../machine/data-dir.js'
import type { Inspected, Inspection } from '../checks/inspection.js'
import { withLastRelease, type LastRelease } from '../history/last-release.js'
import { releaseView } from '../release/release-view.js'
import type { KnownFile } from '../folder/scan-cache.js'
import type { SecretFindingsInput } from '../secrets/secret-findings.js'
import type { Walk } from '../folder/walk.js'

/** The changes that a publish would make, and the problems that readers would have. */
export interface Review extends Inspected {
  /** null when the folder has no key yet. */
  key: string | null
  /** The newest release, 0 when there is none. */
  release: number
  changes: Change[]
  /** The changes in words; empty when there are none, or no summary could be made. */
  words: string
  /** The changes of pages. */
  pages: PageChange[]
  /** The changes of other files. */
  files: FileChange[]
  /** Paths of pages on which the same was changed, in groups of five or more; the largest group first. */
  alike: string[][]
}

export interface ReviewOptions extends CompareOptions {
  /** null: the folder has no key. */
  site: { key: string; paths: SitePaths } | null
  /** The folder to compare with; null: the newest release. */
  against: Walk | null
  /** The input of the search for secrets. */
  secrets: Pick<SecretFindingsInput, 'projectDir' | 'env' | 'allow'>
}

/** What a folder is compared with. */
interface Base {
  release: number
  files: ReadonlyMap<string, KnownFile>
  view: SiteView | null
}

const NOTHING: Base = { release: 0, files: new Map(), view: null }

/** Compares a folder with the newest release, summarises the changes, and runs the checks at the same time. */
export async function reviewFolder(
  found: Walk,
  inspection: Inspection,
  { site, against, secrets, ...options }: ReviewOptions
): Promise<Review> {
  inspection.begin(against ? null : { sinceScan: null })
  const differing = async ({ release, files, view }: Base) => {
    const comparison = await compare(found, files, null, options)
    const summary =
      comparison.changes.length > 0 ? await inspection.summary(comparison, view, Infinity) : null
    const refused = await refusedIn(found, files, comparison, secrets, options.signal)
    return { release, changes: comparison.changes, summary, refused }
  }
  const fromRelease = ({ release, files, drive }: LastRelease) =>
    differing({ release, files, view: drive && releaseView(drive, files) })
  const { release, changes, summary, refused } = against
    ? await differing(await baseOf(against, options))
    : site
      ? await withLastRelease(site.paths, site.key, fromRelease)
      : await differing(NOTHING)
  const { findings, checksProblem } = await inspection.result(changes)
  return {
    key: site?.key ?? null,
    release,
    changes,
    words: summary?.words ?? '',
    pages: summary?.pages ?? [],
    files: summary?.files ?? changes.map((change) => ({ ...change, kind: 'other', noise: null })),
    alike: summary?.alike ?? [],
    findings: inOrder([...refused, ...findings]),
    checksProblem
  }
}

/** The secrets because of which a publish would be refused. */
async function refusedIn(
  found: Walk,
  files: ReadonlyMap<string, KnownFile>,
  comparison: Comparison,
  secrets: ReviewOptions['secrets'],
  signal: AbortSignal | undefined
): Promise<Finding[]> {
  const changed = newPaths(comparison.changes)
  if (changed.size === 0) return []
  const [{ folderView }, { secretFindings }] = await Promise.all([
    import('../content/site-view.js'),
    import('../secrets/secret-findings.js')
  ])
  const published = new Set([...files.values()].map(({ hash }) => hash))
  return secretFindings({
    ...secrets,
    now: folderView(found.dir, comparison.files),
    changed,
    published,
    signal
  })
}

/** Reads a folder in the form of a release. */
async function baseOf(walk: Walk, options: CompareOptions): Promise<Base> {
  const { folderView } = await import('../content/site-view.js')
  const compared = (await compare(walk, new Map(), null, options)).files
  const files = new Map<string, KnownFile>()
  for (const { path, size } of walk.files) {
    const blob = { blockOffset: 0, blockLength: 0, byteOffset: 0, byteLength: size }
    // No stamp, because the files that are compared with these are other files on the disk.
    files.set(path, { hash: compared.get(path)?.hash ?? '', blob, stamp: null })
  }
  return { release: 0, files, view: folderView(walk.dir, compared) }
}
