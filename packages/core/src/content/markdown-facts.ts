import type { Root, RootContent } from 'mdast'
import remarkGfm from 'remark-gfm'
import remarkParse from 'remark-parse'
import { unified } from 'unified'
import type { MarkdownFacts } from './content-types.js'
import { readSourceHead } from './source-head.js'

/** Matches a line that is nested in a hundred quotes or lists: the parser reads it once more for each level. */
const TOO_DEEP = /^[ \t>*+-]{200}/m

const NESTED = 'it nests deeper than can be read'

const processor = unified().use(remarkParse).use(remarkGfm).freeze()

/** Finds the facts of a Markdown source. Never throws: `problem` says what could not be parsed. */
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
  // guard: content: Markdown is parsed to a depth
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
    // The parser recurses: deeply nested brackets can overflow its stack.
    if (!(error instanceof RangeError)) throw error
    facts.problem ??= NESTED
  }
  facts.title ??= facts.headings.find(({ depth }) => depth === 1)?.text ?? null
  return facts
}

/** Raw HTML does not count as words; code does. */
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
  // Chinese, Japanese and Thai have no spaces between words: each character counts as a word.
  const spaced = text.match(/[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu) ?? []
  return spaced.reduce((sum, word) => {
    const letters = word.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)
    return sum + (letters ? letters.length : 1)
  }, 0)
}
