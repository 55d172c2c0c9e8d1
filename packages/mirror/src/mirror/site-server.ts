import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { SitedriveError } from '@sitedrive/core'
import { readCertificate, watchCertificate, type CertificateFiles } from './certificate.js'
import { limitConnections } from './connections.js'
import { inTurn } from './in-turn.js'
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
  /** The address to listen at; another than the default opens the sites to other machines. @default '127.0.0.1' */
  host?: string
  /** Serves HTTPS with this certificate, and with the next one when the files change. @default HTTP */
  tls?: CertificateFiles & {
    /** How often the files are looked at. Milliseconds. @default 5000 */
    reloadMs?: number
  }
  /**
   * How many connections there may be at one time. Beyond it those that wait without a request are closed, the oldest
   * first. More take about 20 kB of memory each. @default 8192
   */
  maxConnections?: number
  /** How long a connection may wait for its next request. Milliseconds. @default 5000 */
  idleMs?: number
  /** Told of what goes wrong while it runs and keeps no site from being served. @default nobody is told */
  onProblem?: (problem: Error) => void
}

export interface SiteServerOptions extends ListenerOptions, ListenOptions {}

/** A running HTTP or HTTPS server. */
export interface SiteServer {
  port: number
  /** The page that lists the sites. */
  url: string
  /** Where a site is. */
  urlOf(key: string): string
  /** Takes no more requests and gives those that run a moment to end. Safe to call twice. */
  close(): Promise<void>
}

const MAX_CONNECTIONS = 8_192

/** How long responses may go on when the server is closed. Milliseconds. */
const CLOSING_MS = 1_000

/** How long a client may take to say what it wants, so that a slow one (Slowloris) holds nothing for long. */
const PATIENCE = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000
}

/**
 * Serves sites over HTTP, or over HTTPS when it is given a certificate.
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
 * Opens a server that withstands the open web. One listener may have several, for HTTP and HTTPS, and then shares its
 * memory between them.
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
  if (tls) {
    const secure = createSecureServer({
      ...timeouts,
      ...(await readCertificate(tls)),
      handshakeTimeout: 10_000
    })
    stopWatching = watch(secure, tls, options.onProblem)
    server = secure
  } else {
    server = createServer(timeouts)
  }
  server.timeout = 60_000 // a client that takes nothing and says nothing
  const note = limitConnections(server, maxConnections)
  // One listener for both: several are slower to call than the rest of a small answer is to make.
  server.on(
    'request',
    inTurn((req, res) => {
      note(req, res)
      listener(req, res)
    })
  )
  try {
    await listening(server, port, host)
  } catch (error) {
    stopWatching()
    throw error
  }
  // Accepting fails when the process has no more files to open. It goes on when some are closed.
  server.on('error', (error) => options.onProblem?.(error))
  let closed: Promise<void> | null = null
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      stopWatching()
      return (closed ??= closing(server))
    }
  }
}

function watch(
  server: SecureServer,
  { reloadMs, ...files }: NonNullable<ListenOptions['tls']>,
  onProblem: (problem: Error) => void = () => {}
): () => void {
  return watchCertificate(files, {
    ...(reloadMs !== undefined && { everyMs: reloadMs }),
    onChange: (certificate) => server.setSecureContext(certificate),
    onProblem
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
