import type { Finding, SiteView, Sources } from './content-types.js'
import { factsKind } from './file-facts.js'
import { inOrder, type UnplacedFinding } from './finding-list.js'
import { htmlFacts, MAX_PAGE_BYTES } from './html-facts.js'
import { likelySources } from './likely-sources.js'
import { MAX_SOURCE_BYTES, type ProjectFiles } from './project-files.js'
import { lineAt, writtenText } from '../written-text.js'

/** Largest number of findings that get a source and a line. */
const MAX_PLACED = 300

/**
 * Finds where to repair each finding: in the source of the output, when the wrong text is written there. Otherwise a layout or
 * a plugin wrote it, and only the line of the output is known.
 *
 * Lines of pages are looked up here, because only few findings need one and parsing with lines takes twice the time.
 *
 * @param project null: sources are not read
 */
export async function placeFindings(
  unplaced: readonly UnplacedFinding[],
  now: SiteView,
  sources: Sources,
  project: ProjectFiles | null
): Promise<Finding[]> {
  const textOf = reader(project)
  const linesOf = lineFinder(now)
  const findings: Finding[] = []
  for (const { finding, written } of unplaced) {
    findings.push(finding)
    if (finding.source !== null || written === null || findings.length > MAX_PLACED) continue
    const told = Object.hasOwn(sources, finding.path) ? sources[finding.path] : undefined
    const place =
      told === undefined
        ? firstPlace(likelySources(finding.path), textOf, (text) => wholeWord(text, written))
        : firstPlace([told], textOf, (text) => placeOf(text, written))
    if (place) Object.assign(finding, place)
    else finding.line ??= await linesOf(finding.path, written)
  }
  return inOrder(findings)
}

/** The first source that has a text, with its line there. */
function firstPlace(
  sources: readonly string[],
  textOf: (source: string) => string | null,
  find: (text: string) => number
): { source: string; line: number } | null {
  for (const source of sources) {
    const text = textOf(source)
    const found = text === null ? -1 : find(text)
    if (text !== null && found !== -1) return { source, line: lineAt(text, found) }
  }
  return null
}

/** Where a text is in a source; -1: nowhere. */
function placeOf(text: string, written: string): number {
  const whole = wholeWord(text, written)
  // An empty text would be found anywhere.
  return whole !== -1 || written === '' ? whole : text.indexOf(written)
}

/** The same where the text does not go on as another address. Generators write `a.html` for `a.md` and `a`. */
function wholeWord(text: string, written: string): number {
  const spellings = new Set([
    written,
    written.replace(/\.html(?=[?#]|$)/, '.md'),
    written.replace(/\.html(?=[?#]|$)/, '')
  ])
  for (const spelling of spellings) {
    if (spelling === '') continue
    for (let at = text.indexOf(spelling); at !== -1; at = text.indexOf(spelling, at + 1)) {
      const around = `${text[at - 1] ?? ''} ${text[at + spelling.length] ?? ''}`
      if (!/^[\w/-] | [\w/-]$/.test(around)) return at
    }
  }
  return -1
}

/** Texts of sources, each read once. */
function reader(project: ProjectFiles | null): (source: string) => string | null {
  const texts = new Map<string, string | null>()
  return (source) => {
    let text = texts.get(source)
    if (text === undefined) {
      const bytes = project?.read(source, MAX_SOURCE_BYTES) ?? null
      text = bytes && writtenText(bytes).text
      texts.set(source, text)
    }
    return text
  }
}

/** Finds the lines of references. Findings come page by page, so only the last page is kept. */
function lineFinder(now: SiteView): (path: string, written: string) => Promise<number | null> {
  let known = { path: '', lines: new Map<string, number | null>() }
  return async (path, written) => {
    if (factsKind(path) !== 'page') return null
    if (known.path !== path) {
      const bytes = await now.read(path, MAX_PAGE_BYTES + 1)
      const { references, serverForms } = htmlFacts(bytes ?? new Uint8Array())
      const lines = new Map<string, number | null>()
      const led = references.filter(({ isSpelledOut }) => !isSpelledOut)
      const places = [...led, ...serverForms.map(({ action, line }) => ({ url: action, line }))]
      for (const { url, line } of places) if (!lines.has(url)) lines.set(url, line)
      known = { path, lines }
    }
    return known.lines.get(written) ?? null
  }
}
