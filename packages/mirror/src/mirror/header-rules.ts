import { readHeadersFile, type HeaderBlock } from '@sitedrive/core/rules'

/** Headers by their lower-case names. */
export type Headers = Map<string, string>

/** The rules of a `_headers` file. */
export interface HeaderRules {
  /** The headers of a path: the given headers, changed by every block that matches the path. */
  applyTo(path: string, headers: Headers): Headers
}

/** The maximum length of a site's own headers: some clients and proxies refuse longer ones. Characters. */
const MAX_HEAD = 8_000

export const NO_HEADER_RULES: HeaderRules = { applyTo: (_, headers) => headers }

/** Parses a `_headers` file. Invalid lines are ignored. */
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
      // A file has one type, so the last one is used. Other values from several blocks become a list.
      own.set(name, others === undefined || name === 'content-type' ? value : `${others}, ${value}`)
    }
  }
  for (const [name, value] of own) headers.set(name, value)
  return headers
}
