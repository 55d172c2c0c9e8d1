import { KEY_LENGTH, parseKey } from '@sitedrive/core/drive'

/** A site by its key, as a host name's first label spells it. */
export interface SiteLabel {
  /** z-base-32, normalised. */
  key: string
  /** The release that is asked for by number; without it the newest that is complete. */
  release?: number
}

/** More than any DNS name has. */
const MAX_HOST = 253

/** How many spellings of Host headers are remembered. */
const MAX_KNOWN = 1_000

const known = new Map<string, string>()

/** The name in a Host header: lower case, without port and trailing dot. Empty when there is none. */
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
 * Reads `<key>` or `r<number>-<key>`. Sixteen spellings of a key's last character are the same site.
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
  // `parseKey` takes links and hexadecimal keys as well, which are no host names.
  if (!/^[a-z0-9]+$/.test(label)) return null
  try {
    return parseKey(label)
  } catch {
    return null
  }
}
