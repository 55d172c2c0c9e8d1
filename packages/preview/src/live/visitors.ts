import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { hostName } from '@sitedrive/mirror/parts'
import { REVIEW_HOST } from '../review-host.js'

/** Whether a request may see the preview, and whether it comes from this machine. */
export type Admission =
  | { kind: 'in'; isHere: boolean }
  /** The address contained the token: the browser keeps it as a cookie, and is redirected to the same address without it. */
  | { kind: 'welcome'; location: string; cookie: string }
  /** The Host header is not a name of this server: perhaps a page of the web made its own name point here. */
  | { kind: 'other host' }
  | { kind: 'no token' }
  /** A page of another site sent the request, not a person who followed a link. */
  | { kind: 'other site' }

const PARAMETER = 'sitedrive-token'

/**
 * Decides who may see a preview.
 *
 * Requests from this machine are let in when the Host header has a name of this machine; otherwise any page of the web
 * could read the preview by giving its own name this address (DNS rebinding). Requests from other machines need the token.
 */
export class Visitors {
  /** null: only this machine is let in. */
  readonly token: string | null
  private readonly hosts: ReadonlySet<string>

  /** @param hosts names and addresses of this server for other machines; empty: only this machine is let in */
  constructor(hosts: readonly string[]) {
    this.hosts = new Set(hosts)
    this.token = hosts.length > 0 ? randomBytes(12).toString('base64url') : null
  }

  /** The end of the address for a first visit: the query with the token. */
  get invitation(): string {
    return this.token === null ? '' : `?${PARAMETER}=${this.token}`
  }

  judge(req: IncomingMessage): Admission {
    const host = hostName(req.headers.host)
    // Cookies are the same for all ports: the previewed site must not be able to set any of the review page's.
    if (host === REVIEW_HOST || host.endsWith(`.${REVIEW_HOST}`)) return { kind: 'other host' }
    // guard: live preview: answers to names of this machine alone
    const isThisMachine = isLoopbackName(host)
    if (!isThisMachine && !this.hosts.has(host)) return { kind: 'other host' }
    if (isFromOtherSite(req)) return { kind: 'other site' }
    if (isThisMachine && isLoopbackAddress(req.socket.remoteAddress)) return { kind: 'in', isHere: true }
    if (this.token === null) return { kind: 'no token' }
    const name = `${PARAMETER}-${req.socket.localPort}` // cookies are the same for all ports
    const url = new URL(req.url ?? '/', 'http://preview')
    const given = url.searchParams.get(PARAMETER)
    if (given !== null && isEqual(given, this.token)) {
      url.searchParams.delete(PARAMETER)
      // One leading slash only: a location that begins with two slashes is an address on another host.
      const location = `/${`${url.pathname}${url.search}`.replace(/^\/+/, '')}`
      const cookie = `${name}=${this.token}; Path=/; HttpOnly; SameSite=Lax`
      return { kind: 'welcome', location, cookie }
    }
    return cookies(req, name).some((value) => isEqual(value, this.token ?? ''))
      ? { kind: 'in', isHere: false }
      : { kind: 'no token' }
  }
}

/** Browsers send these headers. Other clients do not, and hold no data of a person that a page could steal. */
function isFromOtherSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  return (site === 'cross-site' || site === 'same-site') && headers['sec-fetch-mode'] !== 'navigate'
}

function isLoopbackName(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || isLoopbackAddress(host.replace(/^\[|\]$/g, ''))
  )
}

function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false
  const plain = address.replace(/^::ffff:/, '')
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}

function cookies(req: IncomingMessage, wanted: string): string[] {
  return (req.headers.cookie ?? '').split(';').flatMap((pair) => {
    const [name, value = ''] = pair.trim().split('=', 2)
    return name === wanted ? [value] : []
  })
}

function isEqual(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}
