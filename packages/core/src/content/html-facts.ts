import type { HtmlFacts, Reference } from './content-types.js'
import { cssReferences } from './css-references.js'
import { decodePage, isBinary } from './decode-text.js'
import { attribute, elementsOf, lineOf, parseHtml, textOf, type HtmlElement } from './parse-html.js'
import { srcsetUrls } from './srcset.js'

/** Only the first bytes of a page are read. Bytes. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024
/** The title and the first heading of a page are usually within its first bytes; parsing more takes most of the time. Bytes. */
const START_BYTES = 8 * 1024
const HEAD_BYTES = 64 * 1024
/** Longer titles are cut, because each page's title is cached. Characters. */
const MAX_TITLE = 300
/** A page that redirects later than this has something to read. Seconds. */
const MAX_REDIRECT_SECONDS = 5

/**
 * Finds the facts of an HTML output. Never throws: when a page cannot be read to its end, `problem` says why, and the other
 * fields have what could be read.
 *
 * @param bytes of the whole file; at most MAX_PAGE_BYTES of them are read
 */
export function htmlFacts(bytes: Uint8Array): HtmlFacts {
  return read(bytes, true).facts
}

/** The same without lines, in half the time. */
export function htmlFactsWithoutLines(bytes: Uint8Array): HtmlFacts {
  return read(bytes, false).facts
}

/** The title of a page, and whether it only redirects. Reads only the beginning of a long page when that is enough. */
export function pageHead(bytes: Uint8Array): Pick<HtmlFacts, 'title' | 'isRedirect'> {
  if (bytes.byteLength > START_BYTES) {
    const start = read(bytes, false, START_BYTES)
    if (start.facts.title !== null && start.h1 !== null) return start.facts
  }
  const { facts } = read(bytes, false, HEAD_BYTES)
  return facts.title !== null || bytes.byteLength <= HEAD_BYTES ? facts : read(bytes, false).facts
}

function read(bytes: Uint8Array, hasLines: boolean, limitBytes = MAX_PAGE_BYTES): Found {
  const facts = emptyFacts()
  const found: Found = { facts, h1: null, title: null, ogTitle: null }
  if (isBinary(bytes)) {
    facts.problem = { kind: 'binary', detail: '' }
    return found
  }
  const isLong = bytes.byteLength > limitBytes
  const decoded = decodePage(isLong ? bytes.subarray(0, limitBytes) : bytes, isLong)
  const { root, isCut } = parseHtml(decoded.text, hasLines)

  if (root) for (const element of elementsOf(root)) readElement(element, found)
  facts.title = cut(bareTitle(found.title ?? found.ogTitle, found.h1))
  if (isLong) facts.problem = { kind: 'size', detail: String(limitBytes) }
  else if (isCut) facts.problem = { kind: 'nesting', detail: '' }
  else if (decoded.isShownWrong) facts.problem = { kind: 'encoding', detail: decoded.encoding }
  return found
}

/** Facts of a file that has no content. */
export function emptyFacts(): HtmlFacts {
  return {
    title: null,
    description: null,
    language: null,
    references: [],
    anchors: [],
    base: null,
    formActions: [],
    serverForms: [],
    isRedirect: false,
    problem: null
  }
}

interface Found {
  facts: HtmlFacts
  title: string | null
  ogTitle: string | null
  h1: string | null
}

/** Attributes that hold one address, by element. Those of `*` may be on any element. */
const ADDRESSES: Record<string, readonly (readonly [attribute: string, kind: Reference['kind']])[]> = {
  a: [['href', 'link']],
  area: [['href', 'link']],
  audio: [['src', 'asset']],
  body: [['background', 'asset']],
  embed: [['src', 'asset']],
  frame: [['src', 'link']],
  iframe: [['src', 'link']],
  image: [['href', 'asset']],
  img: [['src', 'asset']],
  input: [['src', 'asset']],
  object: [['data', 'asset']],
  script: [['src', 'asset']],
  source: [['src', 'asset']],
  track: [['src', 'asset']],
  use: [['href', 'asset']],
  video: [
    ['src', 'asset'],
    ['poster', 'asset']
  ]
}

const ASSET_RELATIONS =
  /(?:^|\s)(?:stylesheet|icon|apple-touch-icon(?:-precomposed)?|mask-icon|preload|modulepreload|manifest)(?:\s|$)/i
const PAGE_RELATIONS =
  /(?:^|\s)(?:next|prev|prefetch|prerender|help|license|author|search|first|last)(?:\s|$)/i
const MACHINE_RELATIONS = /(?:^|\s)(?:canonical|alternate|amphtml|shortlink|self)(?:\s|$)/i
const MACHINE_IMAGES =
  /^(?:og:(?:image|video|audio)(?::url|:secure_url)?|twitter:image(?::src)?|msapplication-(?:tileimage|square\w+))$/i

function readElement(element: HtmlElement, found: Found): void {
  const { facts } = found
  const { tagName } = element
  for (const { name, value } of element.attrs) {
    if (name === 'id' && value !== '') facts.anchors.push(value)
    else if (name === 'style' && value.includes('url(')) {
      for (const { url } of cssReferences(value)) refer(facts, url, 'asset', lineOf(element))
    }
  }
  for (const [name, kind] of ADDRESSES[tagName] ?? []) {
    const url = attribute(element, name)
    if (url === null) continue
    const reference = refer(facts, url, kind, lineOf(element))
    if (tagName === 'a' && reference && /^https?:/i.test(reference.url)) {
      if (isSpelledOut(reference.url, textOf(element))) reference.isSpelledOut = true
    }
  }
  switch (tagName) {
    case 'html':
      facts.language ??= attribute(element, 'lang')?.trim() || null
      break
    case 'title':
      // An SVG has titles of its own.
      if (element.parentNode && 'tagName' in element.parentNode && element.parentNode.tagName === 'svg') break
      found.title ??= textOf(element) || null
      break
    case 'h1':
      found.h1 ??= textOf(element) || null
      break
    case 'base':
      facts.base ??= attribute(element, 'href')?.trim() ?? null
      break
    case 'meta':
      readMeta(element, found)
      break
    case 'link':
      readLink(element, facts)
      break
    case 'a': {
      const name = attribute(element, 'name')
      if (name) facts.anchors.push(name)
      break
    }
    case 'img':
    case 'source': {
      const srcset = attribute(element, 'srcset')
      if (srcset !== null) for (const url of srcsetUrls(srcset)) refer(facts, url, 'asset', lineOf(element))
      break
    }
    case 'style':
      for (const node of element.childNodes) {
        if ('value' in node) referInStyle(facts, node.value, lineOf(element))
      }
      break
    case 'form':
      readForm(element, facts)
      break
  }
}

function referInStyle(facts: HtmlFacts, css: string, firstLine: number | null): void {
  for (const { url, line } of cssReferences(css, firstLine ?? 1)) {
    refer(facts, url, 'asset', firstLine === null ? null : line)
  }
}

function readMeta(element: HtmlElement, found: Found): void {
  const { facts } = found
  const content = attribute(element, 'content')?.trim() ?? ''
  const name = (attribute(element, 'property') ?? attribute(element, 'name') ?? '').toLowerCase()
  if (name === 'description') facts.description ??= content || null
  else if (name === 'og:title') found.ogTitle ??= content || null
  else if (name === 'og:url') refer(facts, content, 'link', lineOf(element), true)
  else if (MACHINE_IMAGES.test(name)) refer(facts, content, 'asset', lineOf(element), true)
  else if (/^refresh$/i.test(attribute(element, 'http-equiv') ?? '')) {
    const [, seconds, url] = /^\s*([\d.]*)\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)/i.exec(content) ?? []
    if (url === undefined) return
    if (Number(seconds) <= MAX_REDIRECT_SECONDS) facts.isRedirect = true
    refer(facts, url, 'link', lineOf(element))
  }
}

function readLink(element: HtmlElement, facts: HtmlFacts): void {
  const relation = attribute(element, 'rel') ?? ''
  const href = attribute(element, 'href')
  const line = lineOf(element)
  if (href !== null) {
    // `alternate stylesheet` is a style sheet.
    if (ASSET_RELATIONS.test(relation)) refer(facts, href, 'asset', line)
    else if (MACHINE_RELATIONS.test(relation)) refer(facts, href, 'link', line, true)
    else if (PAGE_RELATIONS.test(relation)) refer(facts, href, 'link', line)
  }
  const srcset = attribute(element, 'imagesrcset')
  if (srcset !== null) for (const url of srcsetUrls(srcset)) refer(facts, url, 'asset', line)
}

function readForm(element: HtmlElement, facts: HtmlFacts): void {
  const action = attribute(element, 'action')?.trim() ?? ''
  facts.formActions.push(action)
  const isNetlify = attribute(element, 'data-netlify') !== null || attribute(element, 'netlify') !== null
  const isPost = /^post$/i.test(attribute(element, 'method') ?? '')
  if (isNetlify || isPost) {
    facts.serverForms.push({ action, needs: isNetlify ? 'netlify' : 'post', line: lineOf(element) })
  }
}

function refer(
  facts: HtmlFacts,
  written: string,
  kind: Reference['kind'],
  line: number | null,
  isForMachines = false
): Reference | null {
  const url = written.trim().replace(/[\t\n\r]/g, '')
  // Addresses that need no file. An empty address is the page itself.
  if (url === '' || /^(?:data|javascript|mailto|tel|sms|blob|about):/i.test(url)) return null
  const reference: Reference = isForMachines ? { url, kind, line, isForMachines } : { url, kind, line }
  facts.references.push(reference)
  return reference
}

/** Whether the text of a link is its address. */
export function isSpelledOut(url: string, text: string): boolean {
  return bareAddress(text) === bareAddress(url)
}

function bareAddress(address: string): string {
  return address
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/$/, '')
    .toLowerCase()
}

/** Makes `Title | Site` to `Title` when the page's first heading is `Title`. */
function bareTitle(title: string | null, heading: string | null): string | null {
  if (title === null || heading === null) return title ?? heading
  const rest = title.startsWith(heading) ? title.slice(heading.length) : null
  return rest !== null && /^\s*[|–—·•:«»-]\s/.test(`${rest} `) ? heading : title
}

function cut(title: string | null): string | null {
  // Does not cut between the two halves of one character.
  return title && title.slice(0, MAX_TITLE).replace(/[\uD800-\uDBFF]$/, '')
}
