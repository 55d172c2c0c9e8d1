import { mayBeSet } from './allowed-headers.js'
import { decodeAddress } from './decode-address.js'
import { headerPattern } from './path-pattern.js'
import { linesOf, singleSlashes } from './rule-file.js'

/** Blocks in a file, and characters in a line. */
export const MAX_HEADER_BLOCKS = 500
export const MAX_HEADER_LINE = 4_000

/** A path of a `_headers` file with what stands under it. Names are in lower case. */
export interface HeaderBlock {
  /** @param path decoded */
  matches: (path: string) => boolean
  set: [name: string, value: string][]
  /** Removed before any is set. */
  removed: string[]
}

/** What is wrong with a line. */
export type HeaderFault =
  | 'line-length'
  /** The first block that is one too many. */
  | 'block-count'
  /** It is a block for a web address: for one host of a site alone. */
  | 'address'
  /** Its path has too many `*` or placeholders, or a placeholder and an `*` that is not the last segment. */
  | 'path'
  /** No path comes before it. */
  | 'outside'
  /** It is neither `Name: value` nor `! Name`. */
  | 'no-colon'
  /** A site may not set or remove this header. */
  | 'name'
  /** The value is empty, or has characters that are not ASCII. */
  | 'value'

/** A line that is passed over. Mirrors use all other lines. */
export interface UnusableHeader {
  /** From 1. */
  line: number
  /** As written, without white space around it. */
  text: string
  fault: HeaderFault
  /** Of `name` and `value`: the header's name, in lower case; else empty. */
  name: string
}

export interface HeadersFile {
  /** In the order of the file. */
  blocks: HeaderBlock[]
  unusable: UnusableHeader[]
}

/**
 * Reads a `_headers` file: a line with a path, then lines `Name: value` or `! Name`, which removes a header. White space around a
 * line says nothing, as in the parsers of Netlify and Cloudflare Pages: a header does not have to be indented.
 * Source: https://developers.cloudflare.com/pages/configuration/headers/.
 *
 * What is not understood or not allowed is passed over: a site does not disappear for a typing error.
 */
export function readHeadersFile(text: string): HeadersFile {
  const blocks: HeaderBlock[] = []
  const unusable: UnusableHeader[] = []
  let block: HeaderBlock | null = null
  // Of a path that cannot be used only the path is told, not what stands under it.
  let isAfterPath = false
  let isFull = false
  for (const [at, whole] of linesOf(text).entries()) {
    const line = whole.trim()
    if (line === '' || line.startsWith('#')) continue
    const report = (fault: HeaderFault, name = '') => unusable.push({ line: at + 1, text: line, fault, name })
    if (whole.length > MAX_HEADER_LINE) report('line-length')
    else if (isAddress(line)) {
      isAfterPath = true
      block = null
      report('address')
    } else if (line.startsWith('/')) {
      isAfterPath = true
      block = startBlock(line, report)
      if (!block) continue
      if (blocks.length < MAX_HEADER_BLOCKS) blocks.push(block)
      else {
        block = null
        if (!isFull) report('block-count')
        isFull = true
      }
    } else if (block) readHeader(line, block, report)
    else if (!isAfterPath) report('outside')
  }
  return { blocks, unusable }
}

type ReportFault = (fault: HeaderFault, name?: string) => void

function isAddress(line: string): boolean {
  return /^https?:\/\//i.test(line)
}

function startBlock(line: string, report: ReportFault): HeaderBlock | null {
  const matches = headerPattern(singleSlashes(decodeAddress(line) ?? line))
  if (!matches) report('path')
  return matches && { matches, set: [], removed: [] }
}

function readHeader(line: string, block: HeaderBlock, report: ReportFault): void {
  if (line.startsWith('!')) {
    const name = line.slice(1).trim().toLowerCase()
    if (mayBeSet(name)) block.removed.push(name)
    else report('name', name)
    return
  }
  const colon = line.indexOf(':')
  if (colon === -1) return report('no-colon')
  const name = line.slice(0, colon).trim().toLowerCase()
  const value = line.slice(colon + 1).trim()
  // Mirrors send that with every answer.
  if (name === 'x-content-type-options' && value.toLowerCase() === 'nosniff') return
  // guard: mirror: a site sets no header that reaches beyond it
  if (!mayBeSet(name)) report('name', name)
  else if (/^[\t\x20-\x7e]+$/.test(value)) block.set.push([name, value])
  else report('value', name)
}
