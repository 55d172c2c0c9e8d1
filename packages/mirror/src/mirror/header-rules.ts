import { readHeadersFile, type HeaderBlock } from '@sitedrive/core/rules'

/** Headers by their lower-case names. */
export type Headers = Map<string, string>

/** The rules of a `_headers` file. */
export interface HeaderRules {
  /** The headers of a path: the given ones, with what every matching block sets, adds and removes. */
  applyTo(path: string, headers: Headers): Headers
}

/** More than this many characters of a site's own headers would be refused by some clients and proxies. */
const MAX_HEAD = 8_000

export const NO_HEADER_RULES: HeaderRules = { applyTo: (_, headers) => headers }

/** Reads a `_headers` file. Lines that cannot be used are passed over. */
export function parseHeaderRules(text: string): HeaderRules {
  const { blocks } = readHeadersFile(text)
  return blocks.length === 0 ? NO_HEADER_RULES : { applyTo: (path, headers) => apply(blocks, path, headers) }
}

function apply(blocks: readonly HeaderBlock[], path: string, before: Headers): Headers {
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
      // A resource has one type. All else that several blocks say is a list.
      own.set(name, others === undefined || name === 'content-type' ? value : `${others}, ${value}`)
    }
  }
  for (const [name, value] of own) headers.set(name, value)
  return headers
}
