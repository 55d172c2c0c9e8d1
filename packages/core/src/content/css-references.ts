import type { Reference } from './content-types.js'

// Comments and strings come first, so that a `url(` inside them is not found. Each alternative also matches when it is not
// closed, so no text makes the pattern try one place twice.
const TOKEN =
  /\/\*[^]*?(?:\*\/|$)|@import\s+(?:"([^"\n]*)"?|'([^'\n]*)'?)|url\(\s*(?:"([^"\n]*)"?|'([^'\n]*)'?|([^)"'\n]*))|"(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?/gi

/**
 * The references of a style sheet: `url()` and `@import`.
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
    // Without quotes a parenthesis ends no address: it is `url(var(--x))`, which browsers drop.
    if (match[5]?.includes('(')) continue
    const url = unescaped(written).trim()
    // A bare fragment is inside the SVG itself, and a data URL has its content in it.
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
