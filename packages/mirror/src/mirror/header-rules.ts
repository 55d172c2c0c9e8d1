import { mayBeSet } from './allowed-headers.js'
import { headerPattern } from './path-pattern.js'

/** Headers by their lower-case names. */
export type Headers = Map<string, string>

/** The rules of a `_headers` file. */
export interface HeaderRules {
  /** The headers of a path: the given ones, changed by every matching block. */
  applyTo(path: string, headers: Headers): Headers
}

interface Block {
  matches: (path: string) => boolean
  set: [name: string, value: string][]
  removed: string[]
}

export const MAX_HEADERS_BYTES = 64 * 1024
const MAX_BLOCKS = 500
const MAX_LINE = 4_000

/** Some clients and proxies refuse responses with more characters in their headers. */
const MAX_HEAD = 8_000

export const NO_HEADER_RULES: HeaderRules = { applyTo: (_, headers) => headers }

/**
 * Parses a `_headers` file: a line with a path, then indented lines `Name: value`, or `! Name`, which removes a header.
 * Source: Cloudflare Pages and Netlify, https://developers.cloudflare.com/pages/configuration/headers/.
 *
 * Invalid and forbidden lines are skipped: a typing error must not make a site unavailable.
 */
export function parseHeaderRules(text: string): HeaderRules {
  const blocks: Block[] = []
  let block: Block | null = null
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.length > MAX_LINE || /^\s*(#|$)/.test(line)) continue
    if (!/^\s/.test(line)) {
      block = startBlock(line.trim())
      if (block && blocks.length < MAX_BLOCKS) blocks.push(block)
    } else if (block) readHeader(line.trim(), block)
  }
  return blocks.length === 0 ? NO_HEADER_RULES : { applyTo: (path, headers) => apply(blocks, path, headers) }
}

function startBlock(line: string): Block | null {
  const matches = line.startsWith('/') ? headerPattern(decoded(line)) : null
  return matches && { matches, set: [], removed: [] }
}

function readHeader(line: string, block: Block): void {
  if (line.startsWith('!')) {
    const name = line.slice(1).trim().toLowerCase()
    if (mayBeSet(name)) block.removed.push(name)
    return
  }
  const colon = line.indexOf(':')
  if (colon === -1) return
  const name = line.slice(0, colon).trim().toLowerCase()
  const value = line.slice(colon + 1).trim()
  if (mayBeSet(name) && /^[\t\x20-\x7e]+$/.test(value)) block.set.push([name, value])
}

function apply(blocks: Block[], path: string, before: Headers): Headers {
  const headers = new Map(before)
  const own = new Map<string, string>()
  let length = 0
  for (const { matches, set, removed } of blocks) {
    if (!matches(path)) continue
    for (const name of removed) {
      own.delete(name)
      headers.delete(name)
    }
    for (const [name, value] of set) {
      length += name.length + value.length
      if (length > MAX_HEAD) break
      const others = own.get(name)
      // A resource has one type. The values of other headers are joined into a list.
      own.set(name, others === undefined || name === 'content-type' ? value : `${others}, ${value}`)
    }
  }
  for (const [name, value] of own) headers.set(name, value)
  return headers
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
