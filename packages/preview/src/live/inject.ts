import { afterBom, afterMarkup, afterSpace, isLetter, readTag, tagName } from './html-tokens.js'

/** How much of a page is searched for the place of the tag. Bytes. */
export const START_BYTES = 65_536

/**
 * Inserts a tag into a page. A page without a place for it is returned unchanged.
 *
 * @param html the page, or its first bytes, as for `insertionPoint`
 */
export function insertTag(html: Buffer, tag: string, isXml = false): Buffer {
  const at = insertionPoint(html, { isXml })
  return at < 0 ? html : Buffer.concat([html.subarray(0, at), Buffer.from(tag), html.subarray(at)])
}

export interface PageStart {
  /** Sent as `application/xhtml+xml`: the parser adds no missing elements. @default false */
  isXml?: boolean
  /** These bytes are the whole page. @default true when they are fewer than `START_BYTES` */
  isWhole?: boolean
}

/**
 * Finds the place for a `<script>` that removes itself and then leaves the page unchanged: right after `<head>`, or where
 * the parser adds a missing `<head>`. The place is never before the doctype: without one, browsers lay a page out by other
 * rules.
 *
 * @param start the page's first bytes
 * @returns an offset in bytes; -1 when there is no place. When these bytes are not the whole page, more of them may show
 * a place: a comment can be long
 */
export function insertionPoint(
  start: Buffer,
  { isXml = false, isWhole = start.length < START_BYTES }: PageStart = {}
): number {
  if (isUtf16(start)) return -1
  return isXml ? afterXmlHead(start) : beforeContent(start, isWhole)
}

/** End tags that make the parser add a missing `<head>`. It ignores all other end tags there. */
const HEAD_MAKERS = new Set(['head', 'body', 'html', 'br'])

/**
 * Skips everything before the content of `<head>`: comments, doctypes, `<html>`, and the whitespace between them, which
 * would otherwise end up inside `<head>`.
 */
function beforeContent(html: Buffer, isWhole: boolean): number {
  let at = afterBom(html)
  for (;;) {
    at = afterSpace(html, at)
    const rest = html.toString('latin1', at, at + 3)
    if (!isWhole && rest.length < 3) return -1
    let end: number
    if (/^<[a-z]/i.test(rest)) {
      const name = tagName(html, at + 1)
      if (name !== null && name !== 'html' && name !== 'head') return at
      end = readTag(html, at + 1)?.end ?? -1
      if (name === 'head' && end >= 0) return end
    } else if (/^<\/[a-z]/i.test(rest)) {
      const name = tagName(html, at + 2)
      if (name !== null && HEAD_MAKERS.has(name)) return at
      end = readTag(html, at + 2)?.end ?? -1
    } else if (/^<[!?/]/.test(rest)) end = afterMarkup(html, at)
    else return at
    // An unfinished construct reaches to the end of the page.
    if (end < 0) return isWhole ? at : -1
    at = end
  }
}

/** In XML the only place is right after `<head>`. */
function afterXmlHead(xml: Buffer): number {
  let at = afterBom(xml)
  for (;;) {
    at = afterSpace(xml, at)
    const rest = xml.toString('latin1', at, at + 9)
    if (rest.startsWith('<!--')) at = after(xml, '-->', at + 4)
    else if (rest.startsWith('<?')) at = after(xml, '?>', at)
    else if (rest === '<!DOCTYPE') at = afterXmlDoctype(xml, at)
    else if (isLetter(xml[at + 1]) && rest.startsWith('<')) {
      const tag = readTag(xml, at + 1)
      const written = xml.toString('latin1', at + 1, at + 5)
      const isEmpty = tag !== null && xml[tag.end - 2] === 0x2f
      if (!tag || isEmpty) return -1
      if (tag.name === 'head' && written === 'head') return tag.end
      if (tag.name !== 'html' || written !== 'html') return -1
      at = tag.end
    } else return -1
    if (at < 0) return -1
  }
}

/** A doctype in XML may contain declarations in brackets. */
function afterXmlDoctype(xml: Buffer, at: number): number {
  const end = after(xml, '>', at)
  const bracket = xml.indexOf('[', at)
  return bracket < 0 || bracket > end ? end : after(xml, '>', after(xml, ']', bracket))
}

function after(bytes: Buffer, text: string, from: number): number {
  const at = from < 0 ? -1 : bytes.indexOf(text, from)
  return at < 0 ? -1 : at + text.length
}

/** In UTF-16 every second byte is 0: no tag would be found, and our tag would be read as other letters. */
function isUtf16([first, second]: Buffer): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}
