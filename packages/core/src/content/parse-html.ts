import { defaultTreeAdapter, parse, type DefaultTreeAdapterMap, type TreeAdapter } from 'parse5'

export type HtmlNode = DefaultTreeAdapterMap['node']
export type HtmlElement = DefaultTreeAdapterMap['element']

/** A page as a tree, as far as it was parsed. */
export interface ParsedHtml {
  root: DefaultTreeAdapterMap['document'] | null
  /** Parsing stopped early: the page nests too deep or has too many elements. */
  isCut: boolean
}

/** Browsers flatten deeper trees. The parser checks all ancestors for each start tag, so this also bounds the time. */
const MAX_DEPTH = 512
/** The parser reopens an unclosed `<b>` in every paragraph, so a small page can make any number of elements. */
const MAX_ELEMENTS = 250_000

class TooMuch extends Error {}

/**
 * Parses a page as browsers do.
 *
 * Uses parse5 directly, not rehype-parse, which copies its tree into a second one: the copy takes twice the time of all else,
 * recurses, and cannot stop at a limit.
 *
 * @param hasLines elements get their place in the text, which takes twice the time
 */
export function parseHtml(text: string, hasLines: boolean): ParsedHtml {
  let root: ParsedHtml['root'] = null
  let depth = 0
  let elements = 0
  const treeAdapter: TreeAdapter<DefaultTreeAdapterMap> = {
    ...defaultTreeAdapter,
    createDocument: () => (root = defaultTreeAdapter.createDocument()),
    onItemPush: () => {
      // guard: content: a page is parsed to a depth
      if (++depth > MAX_DEPTH || ++elements > MAX_ELEMENTS) throw new TooMuch()
    },
    onItemPop: () => void depth--,
    // The end of elements is not needed, and updating it for every word is most of the cost of lines.
    updateNodeSourceCodeLocation: () => {}
  }
  try {
    // Parsed as without scripting, so that `<noscript>` has elements: lazy images have their plain form there.
    parse(text, { treeAdapter, sourceCodeLocationInfo: hasLines, scriptingEnabled: false })
    return { root, isCut: false }
  } catch (error) {
    if (!(error instanceof TooMuch || error instanceof RangeError)) throw error
    return { root, isCut: true }
  }
}

/** All elements in the order of the page, without the content of `<template>`. */
export function* elementsOf(root: HtmlNode): Generator<HtmlElement> {
  const waiting: HtmlNode[] = [root]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if ('tagName' in node) yield node
    if (!('childNodes' in node)) continue
    for (let at = node.childNodes.length - 1; at >= 0; at--) waiting.push(node.childNodes[at]!)
  }
}

/** The text of a node and its descendants, with white space collapsed as browsers do. */
export function textOf(root: HtmlNode): string {
  let text = ''
  const waiting: HtmlNode[] = [root]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if ('value' in node) text += node.value
    if (!('childNodes' in node)) continue
    for (let at = node.childNodes.length - 1; at >= 0; at--) waiting.push(node.childNodes[at]!)
  }
  return text.replace(/\s+/g, ' ').trim()
}

export function attribute(element: HtmlElement, name: string): string | null {
  // SVG's `xlink:href` is parsed into a name and a prefix.
  for (const { name: known, value } of element.attrs) if (known === name) return value
  return null
}

export function lineOf(element: HtmlElement): number | null {
  return element.sourceCodeLocation?.startLine ?? null
}
