// What `_redirects` and `_headers` have in common.

/** Paths of the rule files in a drive. Mirrors read them and show them to nobody. */
export const REDIRECTS_PATH = '/_redirects'
export const HEADERS_PATH = '/_headers'

/** Mirrors use no rule of a larger file. Bytes. Some thousands of rules: four times what IPFS gateways read. */
export const MAX_RULE_FILE_BYTES = 256 * 1024

export function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/)
}

/** Mirrors send readers to the path with single slashes, so no other is ever asked for. */
export function singleSlashes(path: string): string {
  return path.replace(/\/{2,}/g, '/')
}
