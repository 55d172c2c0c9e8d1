import type { Root, RootContent } from 'mdast'
import remarkGfm from 'remark-gfm'
import remarkParse from 'remark-parse'
import { unified } from 'unified'
import type { MarkdownFacts } from './contract.js'
import { decodePage, isBinary } from './decode-text.js'
import { readFrontMatter, type FrontMatter } from './front-matter.js'

/** So much of a source is looked at: the parser's time grows with the square of some texts. Bytes. */
export const MAX_SOURCE_BYTES = 512 * 1024

/** A line that is inside of a hundred quotes or lists. For each of them the parser goes over it once more. */
const TOO_DEEP = /^[ \t>*+-]{200}/m

const NESTED = 'it nests deeper than can be read'

const processor = unified().use(remarkParse).use(remarkGfm).freeze()

/** What a Markdown source says. Never throws: `problem` says what could not be read. */
export function markdownFacts(bytes: Uint8Array): MarkdownFacts {
  const head = readSourceHead(bytes)
  const facts: MarkdownFacts = {
    title: head.title,
    date: head.date,
    isDraft: head.isDraft,
    words: 0,
    headings: [],
    problem: head.problem
  }
  if (TOO_DEEP.test(head.body)) {
    facts.problem ??= NESTED
    return facts
  }
  try {
    const tree = processor.parse(head.body)
    for (const node of tree.children) {
      if (node.type === 'heading') facts.headings.push({ depth: node.depth, text: plainText(node) })
    }
    facts.words = countWords(plainText(tree))
  } catch (error) {
    // The parser recurses: brackets within brackets can be more than its stack.
    if (!(error instanceof RangeError)) throw error
    facts.problem ??= NESTED
  }
  facts.title ??= facts.headings.find(({ depth }) => depth === 1)?.text ?? null
  return facts
}

/** What the head of a source says, without parsing what follows. */
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
    isDraft: saysDraft(values),
    problem,
    problemLine,
    body
  }
}

function saysDraft(values: FrontMatter['values']): boolean {
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

/** Raw HTML is not prose; code is read as well as words are. */
function plainText(node: Root | RootContent): string {
  if ('value' in node) return node.type === 'html' ? '' : node.value
  if (node.type === 'image' || node.type === 'imageReference') return node.alt ?? ''
  if (node.type === 'break') return ' '
  if (!('children' in node)) return ''
  const isFlow = node.type !== 'paragraph' && node.type !== 'heading' && !isPhrasing(node.type)
  return (node.children as RootContent[]).map(plainText).join(isFlow ? '\n' : '')
}

function isPhrasing(type: string): boolean {
  return ['emphasis', 'strong', 'delete', 'link', 'linkReference', 'tableCell'].includes(type)
}

function countWords(text: string): number {
  // Chinese, Japanese and Thai have no spaces: there a letter counts as a word.
  const spaced = text.match(/[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu) ?? []
  return spaced.reduce((sum, word) => {
    const letters = word.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)
    return sum + (letters ? letters.length : 1)
  }, 0)
}
