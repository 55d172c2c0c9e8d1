import { decodePage, isBinary } from './decode-text.js'
import { attribute, parseHtml, type HtmlNode } from './parse-html.js'

/** Elements whose text readers do not see on the page. */
const UNSEEN = new Set([
  'head',
  'script',
  'style',
  'template',
  'noscript',
  'svg',
  'math',
  'iframe',
  'object',
  'dialog'
])
/** Inline elements. Every other element begins and ends a paragraph. */
const INLINE = new Set(
  'a abbr acronym b bdi bdo big button cite code data del dfn em font i img input ins kbd label mark meter output picture progress q ruby rb rp rt s samp small source span strike strong sub sup time tt u var wbr'.split(
    ' '
  )
)

/**
 * The visible text of a page by paragraphs, without markup and scripts; pictures are replaced by their description.
 *
 * @param bytes of the page, or of its beginning
 */
export function pageText(bytes: Uint8Array): string[] {
  if (isBinary(bytes)) return []
  const { root } = parseHtml(decodePage(bytes, true).text, false)
  const paragraphs: string[] = []
  let line = ''
  const end = (): void => {
    const text = line.replace(/[ \t\n\f\r]+/g, ' ').trim()
    if (text !== '') paragraphs.push(text)
    line = ''
  }
  // Without recursion: pages can nest deeper than the stack allows.
  const waiting: (HtmlNode | typeof END)[] = root ? [root] : []
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node === END) {
      end()
      continue
    }
    if (node.nodeName === '#text' && 'value' in node) line += node.value
    if ('tagName' in node) {
      if (UNSEEN.has(node.tagName) || attribute(node, 'hidden') !== null) continue
      if (node.tagName === 'img') line += ` ${pictureWords(attribute(node, 'alt'))} `
      if (!INLINE.has(node.tagName)) {
        end()
        waiting.push(END)
      }
    }
    if (!('childNodes' in node)) continue
    for (let at = node.childNodes.length - 1; at >= 0; at--) waiting.push(node.childNodes[at]!)
  }
  end()
  return paragraphs
}

const END = Symbol('end of a paragraph')

function pictureWords(description: string | null): string {
  return description ? `[${description}]` : ''
}
