import type { HtmlFacts } from './content-types.js'
import { cssReferences } from './css-references.js'
import { decodePage, isBinary } from './decode-text.js'
import { emptyFacts, htmlFactsWithoutLines, isSpelledOut, MAX_PAGE_BYTES } from './html-facts.js'
import { isPage } from '../folder/page-url.js'
import { scriptReferences } from './script-references.js'

/** How the facts of a file are found. */
export type FactsKind = 'page' | 'style' | 'script' | 'feed' | 'manifest'

/** @returns null for a file without facts */
export function factsKind(path: string): FactsKind | null {
  if (isPage(path)) return 'page'
  if (/\.css$/i.test(path)) return 'style'
  if (/\.m?js$/i.test(path)) return 'script'
  if (/\.(?:xml|rss|atom)$/i.test(path)) return 'feed'
  return /\.webmanifest$|\/manifest\.json$/i.test(path) ? 'manifest' : null
}

/** Finds the facts of a file; those of a page have no lines, see `locate-findings.ts`. Never throws. */
export function fileFacts(kind: FactsKind, bytes: Uint8Array): HtmlFacts {
  if (kind === 'page') return htmlFactsWithoutLines(bytes)
  const facts = emptyFacts()
  if (isBinary(bytes)) return facts
  const { text } = decodePage(bytes.subarray(0, MAX_PAGE_BYTES), bytes.byteLength > MAX_PAGE_BYTES)
  if (kind === 'style') facts.references = cssReferences(text)
  else if (kind === 'script') facts.references = scriptReferences(text)
  else if (kind === 'feed') facts.references = localAddresses(text)
  else facts.references = manifestReferences(text)
  return facts
}

// Matches an address in an attribute, also an escaped one, or as the whole content of an element; in the text of a post it
// is only a word.
const LOCAL_ADDRESS =
  /<!\[CDATA\[|\]\]>|(?:\b(?:href|src|url)=(?:["']|&quot;|&#34;)|<(?:link|id|guid|loc|url|uri|icon|logo|docs|comments)(?:\s[^<>]{0,100})?>\s{0,20})(https?:\/\/(?:(?:[\w-]{1,63}\.){0,8}localhost|(?:[\w-]{1,63}\.){1,8}(?:local|internal|home\.arpa)|(?:127|10|172|192\.168|169\.254)(?:\.\d{1,3}){2,3}|0\.0\.0\.0|\[(?:::1?|f[cde][0-9a-f:.]{1,60})\])(?::\d{1,5})?(?=[/?#"'<>&\s])[^\s"'<>&]*)/gi

/** Only local addresses of a feed or a site map: all others are rightly absolute there. */
function localAddresses(text: string): HtmlFacts['references'] {
  const references: HtmlFacts['references'] = []
  let line = 1
  let counted = 0
  let isInCdata = false
  for (const match of text.matchAll(LOCAL_ADDRESS)) {
    if (match[1] === undefined) {
      isInCdata = match[0] !== ']]>'
      continue
    }
    if (!match[0].startsWith('<') && !isInTag(text, match.index, isInCdata)) continue
    for (; counted < match.index; counted++) if (text.charCodeAt(counted) === 10) line++
    const url = match[1]
    const end = match.index + match[0].length
    const shown = linkText(text.slice(end, end + 700))
    if (shown !== null && isSpelledOut(url, shown)) continue
    references.push({ url, kind: 'link', line, isForMachines: true })
  }
  return references
}

/** The longest tag that is looked back through. Characters. */
const MAX_TAG = 1_000

/**
 * Whether a place in a feed is inside a tag: its own, or one of a page that it quotes. What a page shows as code is escaped once
 * more.
 */
function isInTag(text: string, at: number, isInCdata: boolean): boolean {
  const before = text.slice(Math.max(0, at - MAX_TAG), at).replace(/^[^]*<!\[CDATA\[/, '')
  const isOpen = (open: string, close: string) => before.lastIndexOf(open) > before.lastIndexOf(close)
  return isOpen('<', '>') || (!isInCdata && isOpen('&lt;', '&gt;'))
}

// Matches the rest of a link's tag after its address, and its text. In a feed both may be escaped.
const LINK_TEXT =
  /^(?:["']|&quot;|&#34;)(?:[^<>&]|&quot;|&#34;){0,200}(?:>|&gt;)([\s\S]{0,400}?)(?:<|&lt;)\/a(?:>|&gt;)/

function linkText(rest: string): string | null {
  return LINK_TEXT.exec(rest)?.[1]?.replace(/(?:<|&lt;)[^<>&]*(?:>|&gt;)/g, '') ?? null
}

interface ManifestPicture {
  src?: unknown
}

function manifestReferences(text: string): HtmlFacts['references'] {
  let manifest: unknown
  try {
    manifest = JSON.parse(text)
  } catch {
    return []
  }
  if (typeof manifest !== 'object' || manifest === null) return []
  const { icons, screenshots, start_url: start } = manifest as Record<string, unknown>
  const pictures = [icons, screenshots].flatMap((list) =>
    Array.isArray(list) ? (list as ManifestPicture[]) : []
  )
  const assets = pictures.flatMap((picture) => (typeof picture?.src === 'string' ? [picture.src] : []))
  return [
    ...assets.map((url) => ({ url, kind: 'asset' as const, line: null })),
    ...(typeof start === 'string' ? [{ url: start, kind: 'link' as const, line: null }] : [])
  ]
}
