import { formatBytes, plural } from '../text.js'
import type { HtmlFacts, SiteFile, SiteView } from './content-types.js'
import { quoted, type FindingList } from './finding-list.js'

/** Larger files are reported: on a slow line they take a minute, and every seed keeps them for good. Bytes. */
const LARGE_FILE_BYTES = 10_000_000

/**
 * Reports files of a surprising size, once for each folder and type.
 *
 * @param changed paths of new and changed files, which alone are reported; null: all
 */
export function checkSizes(
  { files }: SiteView,
  changed: ReadonlySet<string> | null,
  findings: FindingList
): void {
  const large = [...files.values()].filter(
    ({ path, bytes }) => bytes > LARGE_FILE_BYTES && (!changed || changed.has(path))
  )
  large.sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1))
  for (const file of large) {
    findings.add(`large ${kin(file)}`, file.path, null, () => ({
      check: 'large-file',
      level: 'warning',
      value: null,
      what: (count) =>
        `${quoted(file.path)} has ${formatBytes(file.bytes)}` +
        (count === 1
          ? '.'
          : `, and ${plural(count - 1, 'more file')} beside it ${count === 2 ? 'is' : 'are'} larger than ${formatBytes(LARGE_FILE_BYTES)}.`),
      remedy:
        'Make it smaller, or leave it out by a line in `.sitedriveignore`; what was published once cannot be recalled.'
    }))
  }
}

function kin({ path }: SiteFile): string {
  return path.slice(0, path.lastIndexOf('/') + 1) + (/\.\w+$/.exec(path)?.[0] ?? '')
}

/** Reports files that the last build did not write. */
export function checkStale({ files }: SiteView, stale: readonly string[], findings: FindingList): void {
  for (const path of [...stale].sort()) {
    if (!files.has(path)) continue
    findings.add('stale', path, null, () => ({
      check: 'stale-file',
      level: 'warning',
      value: null,
      what: (count) =>
        (count === 1 ? `${quoted(path)} was` : `${quoted(path)} and ${plural(count - 1, 'more file')} were`) +
        ' not written by this build, and would be published all the same.',
      remedy: 'Delete what is left over from the output folder, or empty that folder before each build.'
    }))
  }
}

/** Reports pages that could not be read, or that readers see with other characters than were written. */
export function checkReadable(
  facts: ReadonlyMap<string, HtmlFacts>,
  { files }: SiteView,
  findings: FindingList
): void {
  for (const [path, { problem }] of facts) {
    if (!problem) continue
    const { kind, detail } = problem
    const key = kind === 'encoding' ? `encoding ${detail}` : `unreadable ${path}`
    findings.add(key, path, null, () => {
      if (kind === 'encoding') {
        return {
          check: 'unreadable-page',
          level: 'error',
          value: detail,
          what: (count) =>
            `${quoted(path)}${count === 1 ? '' : ` and ${plural(count - 1, 'more page')}`} ${count === 1 ? 'is' : 'are'} not UTF-8 (${quoted(detail)}, it seems): readers see � for every accent.`,
          remedy: 'Save the source as UTF-8 and build again.'
        }
      }
      const bytes = files.get(path)?.bytes ?? 0
      const why = {
        size: `has ${formatBytes(bytes)}: only the first ${formatBytes(Number(detail))} were checked.`,
        nesting: 'nests too deep to be checked whole; are there tags that nothing ends?',
        binary: 'is not a text, though its name says that it is a page.'
      }[kind]
      return {
        check: 'unreadable-page',
        level: 'warning',
        value: null,
        what: () => `${quoted(path)} ${why}`,
        remedy:
          kind === 'size'
            ? 'Split it into pages: few readers wait for one of this size.'
            : 'Look at the template that made it.'
      }
    })
  }
}
