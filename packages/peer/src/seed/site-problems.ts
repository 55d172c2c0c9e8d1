import { plural, printable } from '@sitedrive/core/internal'

/** A file that differs from what its author signed. */
export interface DamagedFile {
  path: string
  /** The release that it belongs to; null: it is still being fetched, or sitedrive did not write it. */
  release: number | null
  /** For people, part of a sentence such as `its bytes are not those that were signed`. */
  why: string
}

/** The known problems of a site. */
export interface SiteTrouble {
  /** The newest release, when it is damaged and an older one is shown instead. */
  refused: { release: number | null; files: readonly DamagedFile[] } | null
  /** Number of the shown release. */
  release: number | null
  shown: readonly DamagedFile[]
  /** Damaged files that requests found in other releases. */
  foundByRequests: readonly DamagedFile[]
  /** Two different histories were signed, and nothing at a higher fork since. */
  isForked: boolean
  /** What the shown release's `_redirects` and `_headers` say in vain. */
  unusable: readonly UnusableLines[]
}

/** Lines of a rule file that cannot be used, from 1. */
export interface UnusableLines {
  file: string
  lines: readonly number[]
}

/** Number of paths that a sentence names; the others are counted. */
const MAX_NAMED = 3
const MAX_PATH_LENGTH = 80

/** The problems in words for the operator and the publisher, one or two sentences each; empty: there are none. */
export function problemsOf({
  refused,
  release,
  shown,
  foundByRequests,
  isForked,
  unusable
}: SiteTrouble): string[] {
  const problems: string[] = []
  if (refused) {
    const { files } = refused
    const instead = release === null ? 'What was complete before' : `Release ${release}`
    problems.push(
      `${named(refused.release, 'The newest release')} is here and is not shown: ${plural(files.length, 'file')} of it ${are(files)} not what was signed (${paths(files)}). ${instead} stays on show until there is a release that is whole.`
    )
  }
  if (shown.length > 0) {
    problems.push(
      `${plural(shown.length, 'file')} of ${named(release, 'the release on show')} ${are(shown)} not what was signed and not shown (${paths(shown)}). There is no better release to go back to.`
    )
  }
  for (const [number, files] of byRelease(foundByRequests)) {
    problems.push(
      `${plural(files.length, 'file')} of ${named(number, 'the release that is being fetched')} ${are(files)} not what was signed and not shown (${paths(files)}).`
    )
  }
  if (isForked) {
    problems.push(
      'Two different continuations of this site were signed with its key, at the same length. What was here first is kept and shown; the next publish takes the place of both.'
    )
  }
  problems.push(...unusable.map(describeUnusable))
  return problems
}

function describeUnusable({ file, lines }: UnusableLines): string {
  const more = lines.length - MAX_NAMED
  const named = `${lines.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return `${plural(lines.length, 'line')} of \`${file}\` cannot be used (${lines.length === 1 ? 'line' : 'lines'} ${named}); the others are. \`npx sitedrive review\` says what is wrong with them.`
}

function named(release: number | null, otherwise: string): string {
  return release === null ? otherwise : `${otherwise.startsWith('The') ? 'Release' : 'release'} ${release}`
}

function are(files: readonly DamagedFile[]): string {
  return files.length === 1 ? 'is' : 'are'
}

function paths(files: readonly DamagedFile[]): string {
  const first = files
    .slice(0, MAX_NAMED)
    .map(({ path }) => `\`${printable(path).slice(0, MAX_PATH_LENGTH)}\``)
  const more = files.length - first.length
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ')
}

function byRelease(files: readonly DamagedFile[]): Map<number | null, DamagedFile[]> {
  const grouped = new Map<number | null, DamagedFile[]>()
  for (const file of files) grouped.set(file.release, [...(grouped.get(file.release) ?? []), file])
  return grouped
}
