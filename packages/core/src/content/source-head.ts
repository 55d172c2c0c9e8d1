import type { MarkdownFacts } from './content-types.js'
import { decodePage, isBinary } from './decode-text.js'
import { readFrontMatter, type FrontMatter } from './front-matter.js'
import { MAX_SOURCE_BYTES } from './project-files.js'

/** Facts from the front matter of a source; the text after it is not parsed. */
export interface SourceHead extends Pick<MarkdownFacts, 'title' | 'date' | 'isDraft' | 'problem'> {
  /** Line of the source, from 1; null when it is not known. */
  problemLine: number | null
  body: string
}

/** @param isMarkdown it may begin with JSON between braces; a template that does makes JSON */
export function readSourceHead(bytes: Uint8Array, isMarkdown = true): SourceHead {
  if (isBinary(bytes)) {
    return {
      title: null,
      date: null,
      isDraft: false,
      problem: 'it is not a text',
      problemLine: null,
      body: ''
    }
  }
  const isLong = bytes.byteLength > MAX_SOURCE_BYTES
  const { text } = decodePage(isLong ? bytes.subarray(0, MAX_SOURCE_BYTES) : bytes, isLong)
  const { values, body, problem, problemLine } = readFrontMatter(text, isMarkdown)
  return {
    title: asText(values['title']),
    date: asDate(values['date']),
    isDraft: isMarkedDraft(values),
    problem,
    problemLine,
    body
  }
}

function isMarkedDraft(values: FrontMatter['values']): boolean {
  const { draft, published } = values
  return draft === true || draft === 'true' || published === false || published === 'false'
}

function asText(value: unknown): string | null {
  if (typeof value === 'string') return value.replace(/\s+/g, ' ').trim() || null
  return typeof value === 'number' ? String(value) : null
}

/** TOML has dates of its own; everything else is text. */
function asDate(value: unknown): string | null {
  const text = value instanceof Date ? value.toISOString() : asText(value)
  if (text === null) return null
  const [, day, time = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?)?$/i.exec(text) ?? []
  if (day === undefined || Number.isNaN(Date.parse(day))) return text
  return day + (time && `T${time}${zone}`)
}
