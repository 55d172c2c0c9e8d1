import { decodeAddress } from '../site-rules/decode-address.js'
import type { KnownPaths, Place } from './known-paths.js'

/** Where a reference leads, as far as that is known without a network. */
export type Target =
  | { kind: 'elsewhere' }
  | { kind: 'malformed' }
  /** The reader's own machine, such as `localhost`. */
  | { kind: 'local'; origin: string }
  /** A machine in a private network. */
  | { kind: 'private'; origin: string }
  | {
      kind: 'here'
      /** Decoded. */
      path: string
      place: Place
      /** Decoded, without `#`; empty when there is none. */
      fragment: string
      /** As written in the address; browsers search for this form first. */
      rawFragment: string
      /** The site's own address, when the reference is written with it; else null. */
      ownOrigin: string | null
    }

/** The site's own addresses. */
export interface OwnAddresses {
  /** z-base-32. */
  key: string | null
  mirror: string | null
}

/** A placeholder for the origin at which the site is read. */
const SITE = 'http://site.invalid'

/** Finds where references lead. Results are cached: most pages of a site have the same references. */
export class Targets {
  private readonly byAddress = new Map<string, Target>()
  private readonly byFolder = new Map<string, Map<string, Target>>()
  private readonly paths: KnownPaths
  private readonly key: string | null
  private readonly mirrorHost: string | null

  constructor(paths: KnownPaths, { key, mirror }: OwnAddresses) {
    this.paths = paths
    this.key = key
    this.mirrorHost = mirror !== null && URL.canParse(mirror) ? new URL(mirror).host : null
  }

  /**
   * @param url as written
   * @param from path of the file that it stands in
   * @param base the page's `<base href>`
   */
  of(url: string, from: string, base: string | null): Target {
    if (base !== null) return this.find(url, resolved(base, from))
    // A bare fragment or query is about the file itself.
    if (url.startsWith('#') || url.startsWith('?')) return this.find(url, from)
    const kept = /^(?:\/|[a-z][a-z\d+.-]*:)/i.test(url) ? this.byAddress : this.inFolder(from)
    let target = kept.get(url)
    if (!target) {
      target = this.find(url, from)
      kept.set(url, target)
    }
    return target
  }

  private inFolder(file: string): Map<string, Target> {
    const folder = file.slice(0, file.lastIndexOf('/') + 1)
    let kept = this.byFolder.get(folder)
    if (!kept) this.byFolder.set(folder, (kept = new Map()))
    return kept
  }

  private find(url: string, from: string): Target {
    let address: URL
    try {
      address = new URL(
        url,
        from.startsWith('/') ? SITE + encodeURI(from).replace(/[?#]/g, encodeURIComponent) : from
      )
    } catch {
      return { kind: 'malformed' }
    }
    const { protocol, origin, host, hostname } = address
    if (origin === SITE) return this.here(address, null)
    if (protocol === 'hyper:')
      return this.isOwnKey(hostname) ? this.here(address, `hyper://${host}`) : { kind: 'elsewhere' }
    if (protocol !== 'http:' && protocol !== 'https:') return { kind: 'elsewhere' }
    if (isLocalHost(hostname)) return { kind: 'local', origin }
    const [label = ''] = hostname.split('.')
    const isOwn = host === this.mirrorHost || this.isOwnKey(label.replace(/^r\d+-/, ''))
    if (isOwn) return this.here(address, origin)
    return isPrivateHost(hostname) ? { kind: 'private', origin } : { kind: 'elsewhere' }
  }

  private here({ pathname, hash }: URL, ownOrigin: string | null): Target {
    const path = decodeAddress(pathname || '/')
    if (path === null) return { kind: 'malformed' }
    const raw = hash.slice(1).replace(/:~:.*$/s, '')
    const fragment = decodeAddress(raw) ?? raw
    return { kind: 'here', path, place: this.paths.at(path), fragment, rawFragment: raw, ownOrigin }
  }

  private isOwnKey(label: string): boolean {
    // A drive's address may name a version: `<key>+12`.
    return this.key !== null && label.split('+', 1)[0] === this.key
  }
}

function resolved(base: string, from: string): string {
  try {
    return new URL(base, SITE + encodeURI(from)).href
  } catch {
    return from
  }
}

/** Whether a host name means the reader's own machine. */
function isLocalHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '0.0.0.0' ||
    hostname === '[::1]' ||
    hostname === '[::]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  )
}

/** RFC 1918, 3927, 4193, 4291, 6762, and ICANN's names for private use. The URL parser has normalised the address. */
function isPrivateHost(hostname: string): boolean {
  return (
    /^(?:10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d+)+$/.test(hostname) ||
    /^\[(?:fe[89ab]|f[cd])[0-9a-f]{0,2}:/.test(hostname) ||
    /\.(?:local|internal|home\.arpa)\.?$/.test(hostname)
  )
}
