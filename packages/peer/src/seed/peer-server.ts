import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import {
  type CertificateFiles,
  dnsLinks,
  hostName,
  type Keys,
  inWords,
  listen,
  sendReady,
  type ServedSite,
  siteDirectory,
  type SiteDirectory,
  siteListener
} from '@sitedrive/mirror/parts'
import type { ResponseCounts } from './metrics.js'

export interface WebOptions {
  /** @default `usualPort`, else any free port */
  port?: number | undefined
  /** The port without `port`, when it is free. @default any free port */
  usualPort?: number | undefined
  /** The address to listen on. Any other than the default opens the peer to other machines. @default '127.0.0.1' */
  host?: string | undefined
  /** Sites are at `<key>.<domain>`. @default 'localhost' */
  domain?: string | undefined
  /**
   * Host names of the peer's own pages. With any, `localhost` and bare addresses show them to this machine alone, and to nobody
   * through a proxy. @default `localhost` and every bare address
   */
  ownHosts?: readonly string[] | undefined
  /** Keys of sites by name: `<name>` for `<name>.<domain>`, or a whole host name. */
  names?: ReadonlyMap<string, string> | undefined
  /** Show sites at other host names whose TXT record names them. @default true, except for the domain `localhost` */
  dnsLink?: boolean | undefined
  /** Serve HTTPS with this certificate. @default HTTP */
  tls?: CertificateFiles | undefined
  /** Memory for pages and their compressed forms. Bytes. @default 67108864 */
  cacheBytes?: number | undefined
  /** Show `/index.html`, with status 200, for every missing path. @default false */
  spaFallback?: boolean | undefined
  /** How long a visitor may wait for a block that must come from the publisher. Milliseconds. @default 10000 */
  stallMs?: number | undefined
}

export interface PeerServer {
  port: number
  /** The peer's own pages. */
  url: string
  /** Address of a site. */
  urlOf(key: string): string
  responses: ResponseCounts
  close(): Promise<void>
}

export const DOMAIN = 'localhost'
const OWN_HOSTS = ['localhost', '']

/**
 * Serves sites, each at its own origin, and the peer's own pages at hosts that no site can have.
 *
 * @throws {SitedriveError} NETWORK_FAILED when it cannot listen, BAD_OPTION when the certificate cannot be used
 */
export async function openPeerServer(
  web: WebOptions,
  parts: {
    sites: ReadonlyMap<string, ServedSite>
    blocked: Keys
    own: RequestListener
    onProblem: (problem: Error) => void
    onMended: (problem: Error) => void
  }
): Promise<PeerServer> {
  const { domain = DOMAIN, names, host = '127.0.0.1', tls, cacheBytes, spaFallback, stallMs } = web
  const { sites, blocked } = parts
  const responses: ResponseCounts = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 }
  const isDnsLinked = web.dnsLink ?? domain !== DOMAIN
  const directory = siteDirectory({
    domain,
    ownHosts: [...OWN_HOSTS, ...(web.ownHosts ?? [])],
    ...(names && { names }),
    ...(isDnsLinked && { dnsLinks: dnsLinks() }),
    blocked,
    sites
  })
  const answer = siteListener({
    sites,
    domain,
    directory: withAddresses(directory),
    own: web.ownHosts?.length ? forOwnHosts(web.ownHosts, parts.own) : parts.own,
    ...(cacheBytes !== undefined && { cacheBytes }),
    ...(spaFallback !== undefined && { spaFallback }),
    ...(stallMs !== undefined && { stallMs })
  })
  // One function for all: a new function for each response would cost as much as a small answer.
  function count(this: ServerResponse): void {
    responses[`${Math.floor(this.statusCode / 100)}xx` as keyof ResponseCounts]++
  }
  const listenAt = (at: number) =>
    listen(
      (req, res) => {
        res.on('finish', count)
        answer(req, res)
      },
      { port: at, host, onProblem: parts.onProblem, onMended: parts.onMended, ...(tls && { tls }) }
    )
  const { port, close } = await listenAt(web.port ?? web.usualPort ?? 0).catch((error: unknown) => {
    // guard: a usual port that is taken ends no peer
    if (web.port === undefined && isTaken(error)) return listenAt(0)
    throw error
  })
  const scheme = tls ? 'https' : 'http'
  const isEverywhere = ['0.0.0.0', '::', '127.0.0.1', '::1'].includes(host)
  const reached = isEverywhere ? 'localhost' : isIP(host) === 6 ? `[${host}]` : host
  return {
    port,
    responses,
    url: `${scheme}://${web.ownHosts?.[0] ?? reached}:${port}/`,
    urlOf: (key) => siteUrl(key, { domain, names, scheme, port }),
    close
  }
}

function isTaken(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } }
  return cause?.code === 'EADDRINUSE' || cause?.code === 'EACCES'
}

/**
 * Only the named hosts show the own pages to others: a proxy can guard a name, and not what else a client writes into the
 * Host header.
 */
function forOwnHosts(hosts: readonly string[], own: RequestListener): RequestListener {
  const named = new Set(hosts.map((host) => host.toLowerCase()))
  return (req, res) => {
    // guard: status: with a host of their own, the own pages are at no other for strangers
    if (named.has(hostName(req.headers.host)) || isFromHere(req)) return own(req, res)
    sendReady(res, NOTHING)
  }
}

const NOTHING = inWords({ status: 404, title: 'There is nothing here', text: 'There is nothing here.' })

/** From this machine, and not passed on by a proxy that runs on it. */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
  const isLoopback = address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
  return isLoopback && !FORWARDING.some((name) => headers[name] !== undefined)
}

const FORWARDING = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip'
]

/**
 * Without a certificate, a domain other than localhost is expected behind a proxy that has one, at the proxy's port.
 */
function siteUrl(
  key: string,
  at: { domain: string; names: ReadonlyMap<string, string> | undefined; scheme: string; port: number }
): string {
  const { domain, scheme, port } = at
  const given = [...(at.names ?? [])].find(([, named]) => named === key)?.[0]
  const host = given === undefined ? `${key}.${domain}` : given.includes('.') ? given : `${given}.${domain}`
  if (domain !== DOMAIN && scheme === 'http') return `https://${host}/`
  return `${scheme}://${host}${scheme === 'https' && port === 443 ? '' : `:${port}`}/`
}

/** Bare IP addresses mean the peer itself. This is safe: a foreign page can point a name at this machine, but not an address. */
function withAddresses(directory: SiteDirectory): SiteDirectory {
  return {
    resolve: (host) =>
      isIP(host.replace(/^\[(.*)\]$/, '$1')) === 0 ? directory.resolve(host) : { kind: 'own' }
  }
}
