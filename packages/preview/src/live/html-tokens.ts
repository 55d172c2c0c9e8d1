// The part of HTML's tokenizer (https://html.spec.whatwg.org/multipage/parsing.html#tokenization) that finds tags in the
// bytes of a page, in one pass. All encodings of pages except UTF-16 encode these characters as ASCII does.

export interface Attribute {
  /** In lower case. */
  name: string
  /** The range of the value, without quotes; an attribute without a value has an empty range after its name. */
  start: number
  end: number
  /** The quotes around it. */
  quote: '"' | "'" | ''
}

export interface Tag {
  /** In lower case. */
  name: string
  attributes: Attribute[]
  /** The offset after its `>`. */
  end: number
}

const BANG = 0x21
const DASH = 0x2d
const SLASH = 0x2f
const EQUALS = 0x3d
const MORE = 0x3e

/** Elements whose content is always text, where scripts are enabled. */
const RAW_TEXT = new Set([
  'iframe',
  'noembed',
  'noframes',
  'noscript',
  'script',
  'style',
  'textarea',
  'title',
  'xmp'
])

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x0c
}

export function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
}

export function afterSpace(html: Buffer, at: number): number {
  while (isSpace(html[at])) at++
  return at
}

export function afterBom(html: Buffer): number {
  return html[0] === 0xef && html[1] === 0xbb && html[2] === 0xbf ? 3 : 0
}

/**
 * Finds the end of a comment, a doctype, or a bogus comment: what starts with `<!`, `<?`, or `</` without a letter.
 *
 * @returns -1 when the bytes end earlier
 */
export function afterMarkup(html: Buffer, at: number): number {
  if (html[at + 2] === DASH && html[at + 3] === DASH && html[at + 1] === BANG) return afterComment(html, at)
  // A doctype ends at the first `>`, even inside quotes.
  return html.indexOf('>', at + 2) + 1 || -1
}

/** `<!-->` and `<!--->` are whole comments; `--!>` ends a comment like `-->`. */
function afterComment(html: Buffer, at: number): number {
  let end = at + 4
  for (;;) {
    end = html.indexOf('>', end) + 1
    if (end === 0) return -1
    const mark = html[end - 2]
    if (mark === DASH && html[end - 3] === DASH && end - 3 >= at + 2) return end
    if (mark === BANG && html[end - 3] === DASH && html[end - 4] === DASH && end - 4 >= at + 4) return end
  }
}

/** The name of the tag whose `<` or `</` ends before `at`; null when the bytes end earlier. */
export function tagName(html: Buffer, at: number): string | null {
  let end = at
  while (end < html.length && !isSpace(html[end]) && html[end] !== SLASH && html[end] !== MORE) end++
  return end < html.length ? html.toString('latin1', at, end).toLowerCase() : null
}

/** Reads a tag. @param at where its name starts @returns null when the bytes end earlier */
export function readTag(html: Buffer, at: number): Tag | null {
  const name = tagName(html, at)
  if (name === null) return null
  const attributes: Attribute[] = []
  at += name.length
  for (;;) {
    while (isSpace(html[at]) || html[at] === SLASH) at++
    if (at >= html.length) return null
    if (html[at] === MORE) return { name, attributes, end: at + 1 }
    const attribute = readAttribute(html, at)
    if (!attribute) return null
    attributes.push(attribute)
    at = attribute.end + attribute.quote.length
  }
}

function readAttribute(html: Buffer, at: number): Attribute | null {
  // The first character of an attribute name may be `=`.
  let end = at + 1
  while (end < html.length && !isSpace(html[end]) && ![SLASH, MORE, EQUALS].includes(html[end]!)) end++
  const name = html.toString('latin1', at, end).toLowerCase()
  let start = afterSpace(html, end)
  if (html[start] !== EQUALS) return start < html.length ? { name, start: end, end, quote: '' } : null
  start = afterSpace(html, start + 1)
  const quote = html.toString('latin1', start, start + 1)
  if (quote === '"' || quote === "'") {
    end = html.indexOf(quote, start + 1)
    return end < 0 ? null : { name, start: start + 1, end, quote }
  }
  end = start
  while (end < html.length && !isSpace(html[end]) && html[end] !== MORE) end++
  return end < html.length ? { name, start, end, quote: '' } : null
}

/** The start tags of a page, in order. Text in comments, scripts and other raw text is skipped. */
export function* startTags(html: Buffer): Generator<Tag> {
  let at = 0
  for (;;) {
    at = html.indexOf('<', at)
    if (at < 0) return
    const next = html[at + 1]
    if (isLetter(next)) {
      const tag = readTag(html, at + 1)
      if (!tag) return
      yield tag
      at = RAW_TEXT.has(tag.name) ? endOfText(html, tag) : tag.end
    } else if (next === SLASH && isLetter(html[at + 2])) at = readTag(html, at + 2)?.end ?? -1
    else if (next === BANG || next === 0x3f || next === SLASH) at = afterMarkup(html, at)
    else at++
    if (at < 0) return
  }
}

function endOfText(html: Buffer, { name, end }: Tag): number {
  let at = end
  for (;;) {
    at = html.indexOf('</', at)
    if (at < 0) return -1
    if (tagName(html, at + 2) === name) return at
    at += 2
  }
}
