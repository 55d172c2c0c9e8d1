import type { Reference } from './content-types.js'

// Comments and strings come first, so that a `url(` within them is none. Each alternative takes what it began, closed or
// not, so that no text makes it look twice at the same place.
const TOKEN =
  /\/\*[^]*?(?:\*\/|$)|@import\s+(?:"([^"\n]*)"?|'([^'\n]*)'?)|url\(\s*(?:"([^"\n]*)"?|'([^'\n]*)'?|([^)"'\n]*))|"(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?/gi

/**
 * What a style sheet refers to: `url()` and `@import`.
 *
 * @param firstLine of the text within its file
 */
export function cssReferences(text: string, firstLine = 1): Reference[] {
  const references: Reference[] = []
  let line = firstLine
  let counted = 0
  for (const match of text.matchAll(TOKEN)) {
    const written = match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[5]
    if (written === undefined) continue
    const url = unescaped(written).trim()
    // A fragment alone is an SVG's own; data is its own content.
    if (url === '' || url.startsWith('#') || /^data:/i.test(url)) continue
    for (; counted < match.index; counted++) if (text.charCodeAt(counted) === 10) line++
    references.push({ url, kind: 'asset', line })
  }
  return references
}

function unescaped(written: string): string {
  return written.replace(
    /\\(?:([0-9a-f]{1,6})\s?|([^]))/gi,
    (_whole, hex: string | undefined, plain: string) =>
      hex === undefined ? plain : String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff))
  )
}
