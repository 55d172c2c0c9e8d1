import type { Reference } from './content-types.js'

// A whole text in quotes that begins as a path, with the word before it when that imports it. Bounded, so that the time grows
// with the length of the script alone.
const PATH_TEXT = /(\b(?:import|from)\s{0,9}\(?\s{0,9})?(["'`])((?:\.{1,2})?\/(?![/*])[^"'`\s\\<>]{1,300})\2/g

/** A name that a publish keeps out, in a path. */
const KEPT_OUT = /\/(?:node_modules|\.(?!\.?\/)[^/]+)(?:\/|$)/

/**
 * Texts of a script that may be addresses of files which a publish keeps out: what it imports, and paths with `node_modules` or the
 * name of a dot file in them. Nobody can know of a text that it is an address, so they count only where such a file is.
 */
export function scriptReferences(text: string): Reference[] {
  const references: Reference[] = []
  let line = 1
  let counted = 0
  for (const match of text.matchAll(PATH_TEXT)) {
    const [, importing, , url = ''] = match
    if (importing === undefined && !KEPT_OUT.test(url)) continue
    for (; counted < match.index; counted++) if (text.charCodeAt(counted) === 10) line++
    references.push({ url, kind: 'asset', line, isInScript: true })
  }
  return references
}
