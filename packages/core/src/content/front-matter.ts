import { parse as parseToml } from 'smol-toml'
import { parse as parseYaml } from 'yaml'
import { messageOf } from '../error.js'

/** The head of a source, and what comes after it. */
export interface FrontMatter {
  /** Empty when there is none, it cannot be read, or it is a program. */
  values: Readonly<Record<string, unknown>>
  body: string
  /** Why it could not be read; null when it could, or there is none. */
  problem: string | null
  /** Where that is, in the source, from 1; null when it is not known. */
  problemLine: number | null
}

/** Longer ones are no front matter. Characters. */
const MAX_CHARACTERS = 256 * 1024

/**
 * Reads the front matter of a source: YAML between `---`, TOML between `+++` (Hugo), JSON between `{` and `}` (Hugo) or
 * after `---json` (Eleventy). JavaScript (`---js`) is recognised and not run.
 *
 * It is cut off before Markdown is parsed, for most questions about a source need nothing else of it.
 *
 * @param mayBeBraces JSON between `{` and `}` is front matter; in a template it is what the template makes
 */
export function readFrontMatter(text: string, mayBeBraces = true): FrontMatter {
  const found = split(text.replace(/^\uFEFF/, ''))
  if (!found || (found.language === '{' && !mayBeBraces))
    return { values: {}, body: text, problem: null, problemLine: null }
  const { language, head, body } = found
  if (head === null) {
    return {
      values: {},
      body: text,
      problem: `it begins with \`${language}\`, which nothing ends`,
      problemLine: 1
    }
  }
  try {
    return { values: asRecord(parse(language, head)), body, problem: null, problemLine: null }
  } catch (error) {
    return { values: {}, body, problem: firstLine(messageOf(error)), problemLine: lineOf(error) }
  }
}

interface Split {
  /** The opening line. */
  language: string
  /** null: it never ends. */
  head: string | null
  body: string
}

const FENCES: Record<string, RegExp> = {
  '---': /^(?:---|\.\.\.)[ \t]*$/m,
  '+++': /^\+\+\+[ \t]*$/m,
  '{': /^\}[ \t]*$/m
}

function split(text: string): Split | null {
  const opening = /^(---(?:yaml|toml|json|js|javascript)?|\+\+\+|\{)[ \t]*\r?\n/i.exec(text)
  if (!opening) return null
  const language = (opening[1] ?? '').toLowerCase()
  const fence = FENCES[language.startsWith('---') ? '---' : language]
  const rest = text.slice(opening[0].length)
  const closing = fence?.exec(rest.slice(0, MAX_CHARACTERS))
  if (!closing) {
    // A thematic break or a brace at the start of a text is only front matter when it ends as such.
    return language === '{' || !/^[ \t]*["\w-]+[ \t]*[:=]/.test(rest)
      ? null
      : { language, head: null, body: '' }
  }
  const head = rest.slice(0, closing.index)
  return { language, head, body: rest.slice(closing.index + closing[0].length) }
}

function parse(language: string, head: string): unknown {
  if (language === '+++' || language === '---toml') return parseToml(head)
  if (language === '---json') return JSON.parse(head)
  if (language === '{') return JSON.parse(`{${head}}`)
  if (language.startsWith('---j')) return {}
  // `maxAliasCount` keeps a small text from becoming a large value. Dates stay as they are written. Of a name that is
  // there twice Jekyll takes the last, and who does not ends the build.
  return parseYaml(head, { schema: 'core', maxAliasCount: 100, uniqueKeys: false, logLevel: 'error' })
}

function asRecord(value: unknown): Record<string, unknown> {
  if (value === null || value === undefined) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`it is ${Array.isArray(value) ? 'a list' : 'one value'}, not names with values`)
}

/** What parsers of all three languages say, without the place in a text that nobody has. */
function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? message).replace(/(?: at line \d+, column \d+)?:?$/, '').trim()
}

interface Placed {
  /** `yaml`. */
  linePos?: { line: number }[]
  /** `smol-toml`. */
  line?: number
}

// The opening line is the first of the source.
function lineOf(error: unknown): number | null {
  const { linePos, line } = error as Placed
  const within = linePos?.[0]?.line ?? line
  return typeof within === 'number' ? within + 1 : null
}
