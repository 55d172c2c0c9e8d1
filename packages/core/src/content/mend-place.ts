import type { Finding, Sources } from './contract.js'
import { MAX_SOURCE_BYTES } from './markdown-facts.js'
import type { ProjectFiles } from './project-files.js'

/** Beyond so many findings nobody reads on. */
const MAX_SEARCHED = 300

/**
 * Says where findings are to be mended: the source of the output, where the value is written there. Where it is not, a
 * layout or a plugin wrote it, and the place in the output is all that is known.
 */
export function nameSources(
  findings: readonly Finding[],
  sources: Sources,
  project: ProjectFiles
): Finding[] {
  const texts = new Map<string, string | null>()
  const textOf = (source: string): string | null => {
    let text = texts.get(source)
    if (text === undefined) {
      const bytes = project.read(source, MAX_SOURCE_BYTES)
      text = bytes && Buffer.from(bytes).toString('utf8')
      texts.set(source, text)
    }
    return text
  }
  return findings.map((finding, at) => {
    const source = Object.hasOwn(sources, finding.path) ? sources[finding.path] : undefined
    if (finding.source !== null || !finding.value || source === undefined || at >= MAX_SEARCHED)
      return finding
    const text = textOf(source)
    const found = text?.indexOf(finding.value) ?? -1
    return text === null || found === -1 ? finding : { ...finding, source, line: lineAt(text, found) }
  })
}

function lineAt(text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++
  return line
}
