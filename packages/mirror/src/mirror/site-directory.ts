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
      /** The number of the requested release; undefined: the newest complete one. */
      release?: number
    }
  /** The peer's own pages. */
  | { kind: 'own' }
  /** A site that the operator has blocked. */
  | { kind: 'blocked'; key: string }
  | { kind: 'unknown' }

/** Finds what is at a host name. It is called at every request, so its answers may change while the server runs. */
export interface SiteDirectory {
  /** @param host lower case, without port and trailing dot; not checked otherwise: a client may send anything */
  resolve(host: string): Place | Promise<Place>
}

/** Keys by host name: `blog` for `blog.<domain>`, or a whole name such as `example.org`. Keys in any spelling. */
export type SiteNames = Pick<ReadonlyMap<string, string>, 'get'> | ((name: string) => string | undefined)

/** A set of normalised keys; a `Map` or a `Set` is one. */
export type Keys = Pick<ReadonlySet<string>, 'has'>

export interface SiteDirectoryOptions {
  /** Sites are at `<key>.<domain>` and `<name>.<domain>`. @default 'localhost' */
  domain?: string
  /** The host names of the peer's own pages. @default ['localhost', '127.0.0.1', '[::1]'] */
  ownHosts?: readonly string[]
  /** Names that the operator gives to sites. @default none */
  names?: SiteNames
  /** Sites that are answered with 451 at all their host names. @default none */
  blocked?: Keys
  /** Finds the sites of other host names by their TXT records. @default none: nothing is looked up */
  dnsLinks?: DnsLinks
  /** The sites that this peer mirrors. A DNS record with another key is ignored. */
  sites: Keys
}

export const DOMAIN = 'localhost'

const OWN_HOSTS = ['localhost', '127.0.0.1', '[::1]']

/** The weight limit of the cache of host names: about a thousand names. */
const LABELS_LIMIT = 300_000

const UNKNOWN: Place = { kind: 'unknown' }
const OWN: Place = { kind: 'own' }

/**
 * The directory of one origin per site: by key, by an operator's name, by a DNSLink.
 *
 * Any other name is unknown. So a page on the web cannot read a site, or the peer's own pages, by pointing its own host
 * name at this machine (DNS rebinding).
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
      // Names below the peer's own domain come from the operator only.
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

/** Caches the results of `read`: decoding a key takes longer than the rest of the search for a site. */
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
