import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { SitedriveError } from '@sitedrive/core'
import { readCertificate, watchCertificate, type CertificateFiles } from './certificate.js'
import { limitConnections } from './connections.js'
import { PROTOCOLS, speakHttp2, type Http2Sessions } from './http2-sessions.js'
import { inTurn } from './pipelined-requests.js'
import { DOMAIN } from './site-directory.js'
import { siteListener, type ListenerOptions } from './site-listener.js'

export { dnsLinks, type DnsLinkOptions, type DnsLinks } from './dns-link.js'
export {
  siteDirectory,
  type Keys,
  type Place,
  type SiteDirectory,
  type SiteDirectoryOptions,
  type SiteNames
} from './site-directory.js'
export { siteListener, type ListenerOptions, type ServedSite } from './site-listener.js'
export type { CertificateFiles } from './certificate.js'

export interface ListenOptions {
  /** @default 0: any free port */
  port?: number
  /** The address to listen at; the default opens the sites to this machine only. @default '127.0.0.1' */
  host?: string
  /** Serves HTTPS with this certificate, and with the new one when the files change. @default HTTP */
  tls?: CertificateFiles & {
    /** How often the files are checked for changes. Milliseconds. @default 5000 */
    reloadMs?: number
  }
  /**
   * The maximum number of connections. Above it, connections without a request are closed, the oldest first. Each connection
   * takes about 20 kB of memory. @default 8192
   */
  maxConnections?: number
  /** How long a connection may wait for its next request. Milliseconds. @default 5000 */
  idleMs?: number
  /** Called with errors while the server runs on. @default they are ignored */
  onProblem?: (problem: Error) => void
  /** Called with a problem of the certificate when its files can be used again. */
  onMended?: (problem: Error) => void
}

export interface SiteServerOptions extends ListenerOptions, ListenOptions {}

/** A running HTTP or HTTPS server. */
export interface SiteServer {
  port: number
  /** The address of the page that lists the sites. */
  url: string
  /** The address of a site. */
  urlOf(key: string): string
  /** Accepts no more requests, and gives running ones a moment to end. Safe to call twice. */
  close(): Promise<void>
}

const MAX_CONNECTIONS = 8_192

/** How long running responses may take after the server is closed. Milliseconds. */
const CLOSING_MS = 1_000

/** How long a client may take to send its request, so that slow clients (Slowloris) do not hold connections for long. */
const PATIENCE = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000
}

/**
 * Serves sites over HTTP, or over HTTPS, with HTTP/2 for clients that choose it, when it is given a certificate.
 *
 * @throws {SitedriveError} NETWORK_FAILED when it cannot listen at that address and port; BAD_OPTION when the
 * certificate cannot be used
 */
export async function openSiteServer(options: SiteServerOptions): Promise<SiteServer> {
  const { domain = DOMAIN, tls } = options
  const { port, close } = await listen(siteListener(options), options)
  const scheme = tls ? 'https' : 'http'
  return {
    port,
    url: `${scheme}://${domain}:${port}/`,
    urlOf: (key) => `${scheme}://${key}.${domain}:${port}/`,
    close
  }
}

/**
 * Opens a server with limits that protect it on the open web. One listener may be used by several servers, such as HTTP and
 * HTTPS, which then share its memory.
 *
 * @throws {SitedriveError} as `openSiteServer`
 */
export async function listen(
  listener: RequestListener,
  options: ListenOptions = {}
): Promise<Pick<SiteServer, 'port' | 'close'>> {
  const { port = 0, host = '127.0.0.1', tls, idleMs = 5_000, maxConnections = MAX_CONNECTIONS } = options
  const timeouts = { ...PATIENCE, keepAliveTimeout: idleMs }
  let server: Server
  let stopWatching = () => {}
  let sessions: Http2Sessions | null = null
  if (tls) {
    const secure = createSecureServer({
      ...timeouts,
      ALPNProtocols: PROTOCOLS,
      ...(await readCertificate(tls)),
      handshakeTimeout: 10_000
    })
    stopWatching = watch(secure, tls, options)
    sessions = speakHttp2(secure, (req, res) => onRequest(req, res), idleMs)
    server = secure
  } else {
    server = createServer(timeouts)
  }
  server.timeout = 60_000 // a client that neither reads nor sends
  const countRequest = limitConnections(server, maxConnections)
  const onRequest: RequestListener = (req, res) => {
    countRequest(req, res)
    listener(req, res)
  }
  // One listener calls both: a second event listener would cost more time than the rest of a small answer.
  server.on('request', inTurn(onRequest))
  try {
    await listening(server, port, host)
  } catch (error) {
    stopWatching()
    throw error
  }
  // Accepting fails when the process has too many open files. It works again when some are closed.
  server.on('error', (error) => options.onProblem?.(error))
  let closed: Promise<void> | null = null
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      stopWatching()
      return (closed ??= closing(server, sessions))
    }
  }
}

function watch(
  server: SecureServer,
  { reloadMs, ...files }: NonNullable<ListenOptions['tls']>,
  { onProblem, onMended }: Pick<ListenOptions, 'onProblem' | 'onMended'>
): () => void {
  let last: Error | null = null
  return watchCertificate(files, {
    ...(reloadMs !== undefined && { everyMs: reloadMs }),
    onChange: (certificate) => {
      server.setSecureContext(certificate)
      if (last) onMended?.(last)
      last = null
    },
    onProblem: (problem) => {
      // The same files are tried once, so a further problem takes the place of the one before.
      if (last) onMended?.(last)
      last = problem
      onProblem?.(problem)
    }
  })
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
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

function closing(server: Server, sessions: Http2Sessions | null): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections()
      sessions?.destroy()
    }, CLOSING_MS)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
    sessions?.close()
  })
}
