import { parse as parseToml } from 'smol-toml'
import { parse as parseYaml } from 'yaml'
import { messageOf } from '../error.js'

/** The front matter of a source, and the text after it. */
export interface FrontMatter {
  /** Empty when there is none, it cannot be parsed, or it is a program. */
  values: Readonly<Record<string, unknown>>
  body: string
  /** Why it could not be parsed; null: it was, or there is none. */
  problem: string | null
  /** Line of the problem in the source, from 1; null: unknown. */
  problemLine: number | null
}

/** Longest front matter. Characters. */
const MAX_CHARACTERS = 256 * 1024

/**
 * Reads the front matter of a source: YAML between `---`, TOML between `+++` (Hugo), JSON between `{` and `}` (Hugo) or
 * after `---json` (Eleventy). JavaScript (`---js`) is recognised but not run.
 *
 * It is read without parsing the Markdown: most questions about a source need only the front matter.
 *
 * @param mayBeBraces JSON between `{` and `}` is front matter; false for a template, where it may be the template's output
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
    // A thematic break or a brace at the start of a text is front matter only when a closing line follows.
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
  // `maxAliasCount` keeps a small text from becoming a large value. Dates stay as they are written. When a name stands
  // twice, Jekyll takes the last one; other generators end the build.
  return parseYaml(head, { schema: 'core', maxAliasCount: 100, uniqueKeys: false, logLevel: 'error' })
}

function asRecord(value: unknown): Record<string, unknown> {
  if (value === null || value === undefined) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`it is ${Array.isArray(value) ? 'a list' : 'one value'}, not names with values`)
}

/** The message of a parser's error, without its position: that belongs to a text that the author does not see. */
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
