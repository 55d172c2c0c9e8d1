import { defaultTreeAdapter, parse, type DefaultTreeAdapterMap, type TreeAdapter } from 'parse5'

export type HtmlNode = DefaultTreeAdapterMap['node']
export type HtmlElement = DefaultTreeAdapterMap['element']

/** A page as a tree, whole or as far as it was read. */
export interface ParsedHtml {
  root: DefaultTreeAdapterMap['document'] | null
  /** It nests deeper, or has more elements, than is looked at. */
  isCut: boolean
}

/** Browsers flatten what is deeper. Each start tag looks at all its ancestors, so this also bounds the time. */
const MAX_DEPTH = 512
/** Unclosed `<b>` and the like are opened again in every paragraph: a small page can have any number of elements. */
const MAX_ELEMENTS = 250_000

class TooMuch extends Error {}

/**
 * Parses a page as browsers do.
 *
 * This is parse5, which rehype-parse wraps, without the copy into a second tree: that copy takes twice the time of all
 * else, recurses, and leaves no way to stop at a limit.
 *
 * @param hasLines elements know their place in the text, which takes twice the time
 */
export function parseHtml(text: string, hasLines: boolean): ParsedHtml {
  let root: ParsedHtml['root'] = null
  let depth = 0
  let elements = 0
  const treeAdapter: TreeAdapter<DefaultTreeAdapterMap> = {
    ...defaultTreeAdapter,
    createDocument: () => (root = defaultTreeAdapter.createDocument()),
    onItemPush: () => {
      if (++depth > MAX_DEPTH || ++elements > MAX_ELEMENTS) throw new TooMuch()
    },
    onItemPop: () => void depth--,
    // Where elements end is of no interest, and noting it anew for every word is most of what lines cost.
    updateNodeSourceCodeLocation: () => {}
  }
  try {
    // Without scripting, `<noscript>` has elements: images that are loaded lazily have their plain form there.
    parse(text, { treeAdapter, sourceCodeLocationInfo: hasLines, scriptingEnabled: false })
    return { root, isCut: false }
  } catch (error) {
    if (!(error instanceof TooMuch || error instanceof RangeError)) throw error
    return { root, isCut: true }
  }
}

/** All elements in the order of the page. What is in a `<template>` is not in the page. */
export function* elementsOf(root: HtmlNode): Generator<HtmlElement> {
  const waiting: HtmlNode[] = [root]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if ('tagName' in node) yield node
    if (!('childNodes' in node)) continue
    for (let at = node.childNodes.length - 1; at >= 0; at--) waiting.push(node.childNodes[at]!)
  }
}

/** The text of a node and all in it, with white space as readers see it. */
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
