import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { HeldState } from '../copy/held-state.js'
import { within } from '../deadline.js'
import { hasBadHost, hostName, readAbsoluteForm } from './host.js'
import { sendReady, sendText } from './own-page.js'
import {
  askedPort,
  blocked,
  lostRelease,
  NO_HOST,
  noRelease,
  noSite,
  NOT_HERE_YET,
  TROUBLE
} from './reader-pages.js'
import { respond } from './respond.js'
import { sendSiteList } from './site-list.js'
import { ServingMemory } from './serving-memory.js'
import { DOMAIN, siteDirectory, type Place, type SiteDirectory } from './site-directory.js'

/** The part of a site that the server needs; a `FollowedSite` has it. */
export interface ServedSite {
  /** Takes the shown state into use; null while there is none. */
  hold(): HeldState | null
  /**
   * Takes an older release into use, by its number. Without this method there are no older releases.
   *
   * @returns null when there is no such release
   */
  holdRelease?(release: number): Promise<HeldState | null>
  /** True when no peer has the files of an older release any more. Without this method no release counts as lost. */
  isLost?(release: number): boolean
}

export interface ListenerOptions {
  /** The sites to serve, by their normalised keys. The map is read at every request, so it may change. */
  sites: ReadonlyMap<string, ServedSite>
  /** Sites are at `<key>.<domain>`. @default 'localhost' */
  domain?: string
  /** Finds the site of a host name. @default only `<key>.<domain>`, and the own pages at `localhost` */
  directory?: SiteDirectory
  /** Answers on the peer's own host names, except `/ask`. @default a list of the sites */
  own?: RequestListener
  /** Whether a site shows its `/index.html` with status 200 for missing paths. @default false */
  spaFallback?: boolean | ((key: string) => boolean)
  /**
   * Memory for files, compressed files, and plans of answers. With less memory, files are read and compressed again more
   * often. 0: no cache. Bytes. @default 67108864
   */
  cacheBytes?: number
  /**
   * How long a response waits for the index of a drive, and then for each block, before it fails.
   * Milliseconds. @default 10000
   */
  stallMs?: number
}

const STALL_MS = 10_000
const CACHE_BYTES = 64 * 1024 * 1024

/** Answers GET and HEAD for sites, each at its own origin. It never throws: errors of requests and drives are answered. */
export function siteListener(options: ListenerOptions): RequestListener {
  const { sites, domain = DOMAIN, stallMs = STALL_MS, spaFallback = false } = options
  const { directory = siteDirectory({ domain, sites }), cacheBytes = CACHE_BYTES } = options
  const memory = new ServingMemory(cacheBytes)
  const own = options.own ?? ((req, res) => sendOwnList(req, res))

  function answer(req: IncomingMessage, res: ServerResponse): void | Promise<void> {
    // guard: host: a request is for one site
    if (hasBadHost(req) || !readAbsoluteForm(req) || hasBadHost(req)) return sendReady(res, NO_HOST)
    const place = directory.resolve(hostName(req.headers.host))
    if (place instanceof Promise) return place.then((found) => answerAt(req, res, found))
    return answerAt(req, res, place)
  }

  function answerAt(req: IncomingMessage, res: ServerResponse, place: Place): void | Promise<void> {
    if (place.kind === 'own') {
      const asked = askedDomain(req)
      if (asked !== null) return answerAsk(res, asked)
      return own(req, res)
    }
    if (isPreflight(req) && place.kind === 'site' && sites.has(place.key)) return sendPreflight(res)
    if (isOtherMethod(req)) return sendNotAllowed(res)
    if (place.kind === 'blocked') return sendReady(res, blocked(listUrl(req)))
    const site = place.kind === 'site' ? sites.get(place.key) : undefined
    if (place.kind === 'unknown' || !site)
      return sendReady(res, noSite({ host: hostName(req.headers.host), domain, list: listUrl(req) }))
    if (place.release !== undefined) return answerRelease(req, res, site, place.key, place.release)
    const state = site.hold()
    if (state) return answerFrom(req, res, place.key, state, false)
    return sendReady(res, NOT_HERE_YET)
  }

  async function answerRelease(
    req: IncomingMessage,
    res: ServerResponse,
    site: ServedSite,
    key: string,
    release: number
  ): Promise<void> {
    // guard: proof: a release that is lost is gone
    if (site.isLost?.(release)) return sendReady(res, lostRelease(release, newestUrl(req)))
    const state = await holdRelease(site, release)
    if (state) return answerFrom(req, res, key, state, true)
    sendReady(res, noRelease(release, newestUrl(req)))
  }

  function answerFrom(
    req: IncomingMessage,
    res: ServerResponse,
    key: string,
    state: HeldState,
    isNumbered: boolean
  ): void | Promise<void> {
    const isSpa = typeof spaFallback === 'function' ? spaFallback(key) : spaFallback
    let running: void | Promise<void>
    try {
      running = respond(req, res, { key, state, isNumbered, spaFallback: isSpa, stallMs, memory })
    } catch (error) {
      state.release()
      throw error
    }
    if (running) return running.finally(() => state.release())
    state.release()
  }

  async function holdRelease(site: ServedSite, release: number): Promise<HeldState | null> {
    const holding = Promise.resolve(site.holdRelease?.(release) ?? null)
    try {
      return await within(stallMs, holding)
    } catch (error) {
      // When it comes later, it must still be released.
      holding.then(
        (state) => state?.release(),
        () => {}
      )
      throw error
    }
  }

  /** For the on-demand certificates of a proxy: 200 when the host name belongs to a site of this peer. */
  async function answerAsk(res: ServerResponse, asked: string): Promise<void> {
    const isHere = await isServedAt(asked)
    sendText(res, isHere ? 200 : 404, isHere ? 'A site is here.' : 'No site is here.')
  }

  async function isServedAt(host: string): Promise<boolean> {
    const place = await directory.resolve(host)
    const site = place.kind === 'site' ? sites.get(place.key) : undefined
    if (place.kind !== 'site' || !site) return false
    // No certificates for other spellings of a key, or for releases that do not exist.
    const isSpelledOtherwise = host !== host.replace(/(?<=^|-)[a-z0-9]{52}(?=\.)/, place.key)
    if (isSpelledOtherwise) return false
    if (place.release === undefined) return true
    const state = await holdRelease(site, place.release)
    state?.release()
    return state !== null
  }

  /** The list of the sites is at the name of this machine. Under another domain it is not for readers. */
  function listUrl(req: IncomingMessage): string | null {
    if (domain !== DOMAIN) return null
    return `${'encrypted' in req.socket ? 'https' : 'http'}://${DOMAIN}${askedPort(req)}/`
  }

  function sendOwnList(req: IncomingMessage, res: ServerResponse): void {
    if (isOtherMethod(req)) return sendNotAllowed(res)
    if (req.url?.split('?')[0] === '/') return sendSiteList(req, res, sites.keys(), domain)
    sendText(res, 404, `Each site is at a host name of its own, <key>.${domain}; / lists them.`)
  }

  return (req, res) => {
    try {
      answer(req, res)?.catch(() => sendTrouble(res))
    } catch {
      sendTrouble(res)
    }
  }
}

/** Answers when the index could not be read: too slow, damaged, or truncated by its author. */
function sendTrouble(res: ServerResponse): void {
  if (res.headersSent) res.destroy()
  else sendReady(res, TROUBLE)
}

/** The `domain` of a request for `/ask?domain=…`, which Caddy sends; null for any other request. */
function askedDomain(req: IncomingMessage): string | null {
  const { url = '' } = req
  if (!/^\/ask(\?|$)/.test(url) || isOtherMethod(req)) return null
  return hostName(new URLSearchParams(url.slice('/ask'.length)).get('domain') ?? '')
}

function isOtherMethod(req: IncomingMessage): boolean {
  return req.method !== 'GET' && req.method !== 'HEAD'
}

/** A browser asks whether a page of another site may send a request with such headers. */
function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
}

function sendPreflight(res: ServerResponse): void {
  res.writeHead(204, {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD',
    'access-control-allow-headers':
      'cache-control, if-match, if-modified-since, if-none-match, if-range, if-unmodified-since, range',
    'access-control-max-age': '86400',
    vary: 'access-control-request-method, access-control-request-headers'
  })
  res.end()
}

function sendNotAllowed(res: ServerResponse): void {
  // The connection is closed, so that the request body is not read.
  sendText(res, 405, 'Sites can only be read here.', { allow: 'GET, HEAD', connection: 'close' })
}

/** The site whose release was asked for, without the release's number. */
function newestUrl({ headers }: IncomingMessage): string {
  // The host was found to be `r<number>-<key>.<domain>`.
  return `//${(headers.host ?? '').toLowerCase().replace(/^r\d+-/, '')}/`
}
