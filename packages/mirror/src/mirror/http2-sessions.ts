import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import {
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session
} from 'node:http2'
import type { Server } from 'node:https'
import type { TLSSocket } from 'node:tls'

/** What a client that knows both is offered, best first. */
export const PROTOCOLS = ['h2', 'http/1.1']

/** As many requests as may wait on a connection of HTTP/1.1. Each may hold blocks of a file in memory. */
const MAX_STREAMS = 100

/** As Node.js limits the head of a request of HTTP/1.1. Bytes. */
const MAX_HEAD_BYTES = 16 * 1024

/**
 * Above this, Node.js refuses the requests of a session. It counts what waits to be sent, such as a hundred small files of up to 1 MiB,
 * whose bytes the cache has anyway. Megabytes.
 */
const MAX_WAITING_MB = 128

/** A session is cut when neither side has sent anything for so long. Milliseconds. */
const SILENT_MS = 60_000

export interface Http2Sessions {
  /** Takes no more requests; running ones go on. */
  close(): void
  /** Cuts what is still open. */
  destroy(): void
}

/**
 * Lets an HTTPS server speak HTTP/2 as well, on the connections whose clients choose it. All others stay as they are: a server of
 * `node:http2` that does both has no limits of time for HTTP/1.1.
 *
 * @param server made with `PROTOCOLS`
 * @param listener gets requests and responses of HTTP/2 in the form of those of HTTP/1.1
 * @param idleMs a session without a request is closed after it. Milliseconds
 */
export function speakHttp2(server: Server, listener: RequestListener, idleMs: number): Http2Sessions {
  const sessions = new Set<Http2Session>()
  const http2 = createServer({
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEAD_BYTES },
    maxSessionMemory: MAX_WAITING_MB
  })
  http2.on('request', (req: Http2ServerRequest, res: Http2ServerResponse) => {
    req.headers.host ??= req.headers[':authority'] // RFC 9113, 8.3.1
    // Node.js ends a stream whose answer is complete and whose body nobody reads.
    listener(req as unknown as IncomingMessage, res as unknown as ServerResponse)
  })
  http2.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.on('error', () => {}) // a broken connection is normal
    session.setTimeout(SILENT_MS, () => session.destroy())
    closeWhenIdle(session, idleMs)
  })
  http2.on('sessionError', () => {})

  const ownListeners = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[]
  server.removeAllListeners('secureConnection')
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.emit('connection', socket)
    else for (const own of ownListeners) own.call(server, socket)
  })
  return {
    close: () => sessions.forEach((session) => session.close()),
    destroy: () => sessions.forEach((session) => session.destroy())
  }
}

function closeWhenIdle(session: Http2Session, idleMs: number): void {
  let open = 0
  let timer: NodeJS.Timeout | undefined
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(() => session.close(), idleMs).unref()
  }
  wait()
  session.on('stream', (stream) => {
    open++
    clearTimeout(timer)
    stream.once('close', () => --open === 0 && wait())
  })
  session.once('close', () => clearTimeout(timer))
}
