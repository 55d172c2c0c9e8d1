import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How much of the limit is freed at once, so that the search for idle connections is not made for each newcomer. */
const SHARE = 1 / 16

/**
 * Keeps a server from having more connections than it should: when there are too many, those that have waited longest
 * without a request make room, so that idle ones do not keep visitors out.
 *
 * @returns hears of every request, before it is answered
 */
export function limitConnections(server: Server, max: number): RequestListener {
  // The last response of each connection, oldest connection first; null before the first request.
  const last = new Map<Socket, ServerResponse | null>()
  /** A TLS connection is known by the TCP connection below it. */
  const below = new WeakMap<Socket, Socket>()
  const named = new Map<string, Socket>()

  server.on('connection', (socket: Socket) => {
    if (last.size >= max && makeRoom(last, max) === 0) {
      socket.destroy()
      return
    }
    last.set(socket, null)
    const name = nameOf(socket)
    named.set(name, socket)
    socket.once('close', () => {
      last.delete(socket)
      if (named.get(name) === socket) named.delete(name)
    })
  })
  server.on('secureConnection', (secure: Socket) => {
    const socket = named.get(nameOf(secure))
    if (socket) below.set(secure, socket)
  })
  return (req, res) => {
    const socket = 'encrypted' in req.socket ? (below.get(req.socket) ?? req.socket) : req.socket
    if (last.has(socket)) last.set(socket, res)
  }
}

/** @returns how many connections were closed */
function makeRoom(last: Map<Socket, ServerResponse | null>, max: number): number {
  let closed = 0
  for (const [socket, res] of last) {
    if (res && !res.writableFinished && !res.destroyed) continue
    last.delete(socket)
    socket.destroy()
    if (++closed >= max * SHARE) break
  }
  return closed
}

/** Both ends of a TLS connection have the same name, and Node.js tells neither of the other. */
function nameOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`
}
