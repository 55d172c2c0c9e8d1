import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SiteView, Sources } from './content-types.js'
import { quoted, type FindingList } from './finding-list.js'
import { isPage, pageUrl } from '../folder/page-url.js'
import { MAX_SOURCE_BYTES, type ProjectFiles } from './project-files.js'

/** Types of sources that may begin with front matter. */
const HAS_FRONT_MATTER =
  /\.(?:md|markdown|mdown|mkdn?|mdx|html?|njk|liquid|vto|hbs|ejs|pug|webc|adoc|rst|org|txt|textile)$/i

const IS_MARKDOWN = /\.(?:md|markdown|mdown|mkdn?|mdx)$/i

/** Files are read synchronously, which is fastest for many small files. After this many other work may run. */
const READ_AT_ONCE = 50

/**
 * Reports drafts that would become public, and front matter that cannot be parsed.
 *
 * @param changed paths of new and changed outputs; null: all
 */
export async function checkSources(
  now: SiteView,
  sources: Sources,
  changed: ReadonlySet<string> | null,
  project: ProjectFiles,
  findings: FindingList
): Promise<void> {
  const examined = Object.entries(sources).filter(
    ([output, source]) =>
      now.files.has(output) && (!changed || changed.has(output)) && HAS_FRONT_MATTER.test(source)
  )
  if (examined.length === 0) return
  // Loads parsers of three languages, which a site without sources does not need.
  const { readSourceHead } = await import('./source-head.js')
  let read = 0
  for (const [output, source] of examined) {
    const bytes = project.read(source, MAX_SOURCE_BYTES)
    if (!bytes) continue
    if (++read % READ_AT_ONCE === 0) await nextTurn()
    const head = readSourceHead(bytes, IS_MARKDOWN.test(source))
    if (head.problem !== null) {
      const { problem } = head
      findings.add(`front matter ${source}`, output, head.problemLine, () => ({
        check: 'front-matter',
        level: 'warning',
        value: null,
        source,
        what: () => `The front matter of ${quoted(source)} cannot be read: ${problem}.`,
        remedy: 'Mend it, and look at the page that was made of it: its title, date or layout may be missing.'
      }))
    } else if (isPage(output) && (head.isDraft || isAmongDrafts(source))) {
      findings.add(`draft ${source}`, output, head.isDraft ? draftLine(bytes) : null, () => ({
        check: 'draft',
        level: 'warning',
        value: head.title,
        source,
        what: () =>
          `${quoted(source)} is a draft${head.isDraft ? '' : ', by its folder'}, and ${quoted(pageUrl(output))} would be public.`,
        remedy: head.isDraft
          ? 'Take the draft flag out of its front matter when it is ready, or build without drafts.'
          : 'Move it out of `_drafts` when it is ready, or build without drafts.'
      }))
    }
  }
}

function isAmongDrafts(source: string): boolean {
  return source.split('/').slice(0, -1).includes('_drafts')
}

function draftLine(bytes: Uint8Array): number | null {
  const lines = Buffer.from(bytes.subarray(0, 65_536)).toString('utf8').split('\n')
  const at = lines.findIndex((line) => /^\s*["']?(?:draft|published)["']?\s*[:=]/.test(line))
  return at === -1 ? null : at + 1
}
