import { KEY_LENGTH, parseKey } from '@sitedrive/core/drive'

/** The site that the first label of a host name names by its key. */
export interface SiteLabel {
  /** z-base-32, normalised. */
  key: string
  /** The number of the requested release; undefined: the newest complete one. */
  release?: number
}

/** The longest DNS name. */
const MAX_HOST = 253

/** The number of cached Host headers. */
const MAX_KNOWN = 1_000

const known = new Map<string, string>()

/** The name in a Host header: lower case, without port and trailing dot; empty when there is no header. */
export function hostName(header: string | undefined): string {
  if (header === undefined || header.length > MAX_HOST + 8) return ''
  const found = known.get(header)
  if (found !== undefined) return found
  if (known.size >= MAX_KNOWN) known.clear()
  const name = header.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
  known.set(header, name)
  return name
}

/**
 * Parses `<key>` or `r<number>-<key>`. A key has sixteen spellings: they differ in its last character.
 *
 * @param label lower case
 */
export function readSiteLabel(label: string): SiteLabel | null {
  if (label.length === KEY_LENGTH) {
    const key = readKey(label)
    return key === null ? null : { key }
  }
  const [, number, spelling] = /^r([1-9]\d{0,8})-([a-z0-9]+)$/.exec(label) ?? []
  const key = spelling?.length === KEY_LENGTH ? readKey(spelling) : null
  return key === null ? null : { key, release: Number(number) }
}

function readKey(label: string): string | null {
  // `parseKey` also accepts links and hexadecimal keys, which are no host names.
  if (!/^[a-z0-9]+$/.test(label)) return null
  try {
    return parseKey(label)
  } catch {
    return null
  }
}
