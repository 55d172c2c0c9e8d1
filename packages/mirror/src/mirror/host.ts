import type { IncomingMessage } from 'node:http'
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

/**
 * True when a request names its host twice, or by more than a name can have: nobody can tell which site it is for. In HTTP/2 the
 * first name is `:authority`.
 */
export function hasBadHost({ rawHeaders, headers }: IncomingMessage): boolean {
  if ((headers.host?.length ?? 0) > MAX_HOST + 8) return true
  const authority = headers[':authority']
  if (authority !== undefined && headers.host !== authority) return true
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count > 1
}

/**
 * Rewrites a target in absolute form, as clients send it to a proxy, to a path and a Host header (RFC 9112, 3.2.2).
 *
 * @returns false when it is malformed
 */
export function readAbsoluteForm(req: IncomingMessage): boolean {
  const { url = '' } = req
  if (url.startsWith('/')) return true
  const [, host, path] = /^https?:\/\/([^/?#@]+)((?:[/?#].*)?)$/i.exec(url) ?? []
  if (host === undefined || path === undefined) return url === '*'
  req.headers.host = host
  req.url = path.startsWith('/') ? path : `/${path}`
  return true
}

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
