import { parseKey } from '@sitedrive/core/drive'
import { BoundedCache } from './bounded-cache.js'
import type { DnsLinks } from './dns-link.js'
import { readSiteLabel, type SiteLabel } from './host.js'

/** What is at a host name. */
export type Place =
  | {
      kind: 'site'
      /** z-base-32, normalised. */
      key: string
      /** The release that is asked for by number; without it the newest that is complete. */
      release?: number
    }
  /** The peer itself: its own pages. */
  | { kind: 'own' }
  /** A site that the operator does not show. */
  | { kind: 'blocked'; key: string }
  | { kind: 'unknown' }

/** Says what is at a host name. Asked at every request, so what it says may change while the server runs. */
export interface SiteDirectory {
  /** @param host lower case, without port and trailing dot; whatever a client sent */
  resolve(host: string): Place | Promise<Place>
}

/** Keys by host name: `blog` for `blog.<domain>`, or a whole name such as `example.org`. Keys in any spelling. */
export type SiteNames = Pick<ReadonlyMap<string, string>, 'get'> | ((name: string) => string | undefined)

/** A set of normalised keys; a `Map` or a `Set` is one. */
export type Keys = Pick<ReadonlySet<string>, 'has'>

export interface SiteDirectoryOptions {
  /** Sites are at `<key>.<domain>` and `<name>.<domain>`. @default 'localhost' */
  domain?: string
  /** Where the peer's own pages are. @default ['localhost', '127.0.0.1', '[::1]'] */
  ownHosts?: readonly string[]
  /** Names that the operator gives to sites. @default none */
  names?: SiteNames
  /** Keys that are answered for with 451, however they are asked for. @default none */
  blocked?: Keys
  /** Finds sites of other host names by their TXT records. @default none: nobody is asked */
  dnsLinks?: DnsLinks
  /** The sites that this peer mirrors: a DNS record that names any other key is nobody's business here. */
  sites: Keys
}

export const DOMAIN = 'localhost'

const OWN_HOSTS = ['localhost', '127.0.0.1', '[::1]']

/** How many hosts' keys are remembered, by weight: about a thousand. */
const LABELS_LIMIT = 300_000

const UNKNOWN: Place = { kind: 'unknown' }
const OWN: Place = { kind: 'own' }

/**
 * The directory of one origin per site: by key, by an operator's name, by a DNSLink.
 *
 * Any other name is unknown, so a page on the web cannot reach a site, or the peer's own pages, by pointing a name of
 * its own at this machine (DNS rebinding).
 */
export function siteDirectory(options: SiteDirectoryOptions): SiteDirectory {
  const { domain = DOMAIN, ownHosts = OWN_HOSTS, names, blocked, dnsLinks, sites } = options
  const suffix = `.${domain.toLowerCase()}`
  const own = new Set(ownHosts.map((host) => host.toLowerCase()))
  const nameOf = typeof names === 'function' ? names : (name: string) => names?.get(name)
  const labelOf = (host: string) => (host.endsWith(suffix) ? host.slice(0, -suffix.length) : null)
  const readHost = remembered((host) => {
    const label = labelOf(host)
    return label ? readSiteLabel(label) : null
  })
  const readKey = remembered(readAnyKey)

  const place = ({ key, release }: SiteLabel): Place => {
    if (blocked?.has(key)) return { kind: 'blocked', key }
    return release === undefined ? { kind: 'site', key } : { kind: 'site', key, release }
  }

  return {
    resolve(host) {
      if (own.has(host)) return OWN
      const byKey = readHost(host)
      if (byKey) return place(byKey)
      const label = labelOf(host)
      const named = nameOf(host) ?? (label ? nameOf(label) : undefined)
      const key = named === undefined ? null : readKey(named)
      if (key !== null) return place({ key })
      // Names below the peer's own domain are the operator's alone to give.
      if (!dnsLinks || label !== null) return UNKNOWN
      const linked = dnsLinks.keyOf(host)
      const placeLinked = (found: string | null) =>
        found !== null && (sites.has(found) || blocked?.has(found)) ? place({ key: found }) : UNKNOWN
      return linked instanceof Promise ? linked.then(placeLinked) : placeLinked(linked)
    }
  }
}

function readAnyKey(text: string): string | null {
  try {
    return parseKey(text)
  } catch {
    return null
  }
}

/** Decoding a key takes longer than the rest of a request's way to its site. */
function remembered<T extends object | string | null>(read: (text: string) => T): (text: string) => T {
  const known = new BoundedCache<T>(LABELS_LIMIT)
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const value = read(text)
    known.set(text, value, 0)
    return value
  }
}
