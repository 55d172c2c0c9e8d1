import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { SitedriveError } from '@sitedrive/core'
import type { HeldState } from './held-state.js'
import { readHost } from './host.js'
import { sendSiteList, sendText } from './own-page.js'
import { respond } from './respond.js'

/** A site as the server sees it; `FollowedSite` is one. */
export interface ServedSite {
  /** Takes the state to show into use, or null while there is none. */
  hold(): HeldState | null
}

export interface ListenerOptions {
  /** The sites to serve, by their normalised keys. Looked into at every request: sites may come and go. */
  sites: ReadonlyMap<string, ServedSite>
  /** Sites are at `<key>.<domain>`. @default 'localhost' */
  domain?: string
  /**
   * How long a drive may keep a response waiting, for its index and then for each block, before the response fails.
   * Milliseconds. @default 10000
   */
  stallMs?: number
}

export interface SiteServerOptions extends ListenerOptions {
  /** @default 0: any free port */
  port?: number
  /** The address to listen at; another than the default opens the sites to other machines. @default '127.0.0.1' */
  host?: string
}

/** A running HTTP server. */
export interface SiteServer {
  port: number
  /** The page that lists the sites. */
  url: string
  /** Where a site is. */
  urlOf(key: string): string
  /** Takes no more requests and gives those that run a moment to end. Safe to call twice. */
  close(): Promise<void>
}

const DOMAIN = 'localhost'
const STALL_MS = 10_000

/** How long responses may go on when the server is closed. Milliseconds. */
const CLOSING_MS = 1_000

/** Answers GET and HEAD for sites, each at an origin of its own. It never throws, whatever a request or a drive does. */
export function siteListener(options: ListenerOptions): RequestListener {
  const { sites, domain = DOMAIN, stallMs = STALL_MS } = options

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      // The rest of a request body is not worth reading.
      return sendText(res, 405, 'Sites can only be read here.', { allow: 'GET, HEAD', connection: 'close' })
    }
    const asked = readHost(req.headers.host, domain)
    if (asked.kind === 'server') {
      if (req.url?.split('?')[0] === '/') return sendSiteList(req, res, sites.keys(), domain)
      return sendText(res, 404, `Each site is at a host name of its own, <key>.${domain}; / lists them.`)
    }
    const site = asked.kind === 'site' ? sites.get(asked.key) : undefined
    if (asked.kind === 'unknown' || !site) return sendText(res, 404, unknownSite(domain))

    const state = site.hold()
    if (!state) {
      return sendText(res, 503, 'This site is not on this machine yet. It is being fetched.', {
        'retry-after': '2'
      })
    }
    try {
      await respond(req, res, { key: asked.key, state, stallMs })
    } finally {
      state.release()
    }
  }

  return (req, res) => {
    answer(req, res).catch(() => {
      // The index could not be read: too slow, damaged, or taken back by its author.
      if (res.headersSent) res.destroy()
      else sendText(res, 503, 'This site cannot be read right now.', { 'retry-after': '2' })
    })
  }
}

/**
 * Serves sites over HTTP.
 *
 * @throws {SitedriveError} NETWORK_FAILED when it cannot listen at that address and port
 */
export async function openSiteServer(options: SiteServerOptions): Promise<SiteServer> {
  const { port = 0, host = '127.0.0.1', domain = DOMAIN } = options
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 },
    siteListener(options)
  )
  server.timeout = 60_000 // a client that takes nothing and says nothing
  await listening(server, port, host)
  const at = server.address() as AddressInfo
  let closed: Promise<void> | null = null
  return {
    port: at.port,
    url: `http://${domain}:${at.port}/`,
    urlOf: (key) => `http://${key}.${domain}:${at.port}/`,
    close: () => (closed ??= closing(server))
  }
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (cause) => {
      reject(
        new SitedriveError(
          'NETWORK_FAILED',
          `Cannot listen on \`${host}:${port}\`: ${cause.message}. Choose another port, or none for any that is free.`,
          { cause }
        )
      )
    })
    server.listen(port, host, resolve)
  })
}

function closing(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSING_MS)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function unknownSite(domain: string): string {
  return (
    'No such site here. This is a sitedrive peer: it shows sites that are published as Hyperdrives, each at ' +
    `http://<key>.${domain}. The sites that it keeps are listed at http://${domain}.`
  )
}
