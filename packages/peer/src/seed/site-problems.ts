import { plural, printable } from '@sitedrive/core'

/** A file that is not what its author signed. */
export interface DamagedFile {
  path: string
  /** The release that it was met in; null: one that is still on its way, or that sitedrive did not write. */
  release: number | null
  /** For people: a part of a sentence, such as `its bytes are not those that were signed`. */
  why: string
}

/** What is known to be wrong with a site. */
export interface SiteTrouble {
  /** The newest release, when it is here and an older one is shown in its place. */
  refused: { release: number | null; files: readonly DamagedFile[] } | null
  /** The release that is shown. */
  release: number | null
  shown: readonly DamagedFile[]
  /** Met in other releases, when somebody asked for them. */
  met: readonly DamagedFile[]
  /** Two contents for one place of its history, both signed, and nothing at a higher fork since. */
  isForked: boolean
}

/** Paths that a sentence names; it says how many more there are. */
const MAX_NAMED = 3
const MAX_PATH_LENGTH = 80

/** For the operator and for the publisher, each a sentence or two. None: nothing is wrong. */
export function problemsOf({ refused, release, shown, met, isForked }: SiteTrouble): string[] {
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
  for (const [number, files] of byRelease(met)) {
    problems.push(
      `${plural(files.length, 'file')} of ${named(number, 'the release that is being fetched')} ${are(files)} not what was signed and not shown (${paths(files)}).`
    )
  }
  if (isForked) {
    problems.push(
      'Two different continuations of this site were signed with its key, at the same length. What was here first is kept and shown; the next publish takes the place of both.'
    )
  }
  return problems
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
