import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** This share of the limit is freed at once, so that not every new connection starts a search for idle ones. */
const SHARE = 1 / 16

/**
 * Limits the connections of a server: when there are too many, the connections that are idle for the longest time are
 * closed, so that they do not keep visitors out.
 *
 * @returns a listener that must be called with every request before it is answered
 */
export function limitConnections(server: Server, max: number): RequestListener {
  // What each connection was last busy with, oldest connection first; null before the first request.
  const last = new Map<Socket, Busy | null>()
  /** The TCP connection below each TLS connection. */
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
    if (req.httpVersionMajor === 2) return countStream(req.socket, res)
    const socket = 'encrypted' in req.socket ? (below.get(req.socket) ?? req.socket) : req.socket
    if (last.has(socket)) last.set(socket, res)
  }

  function countStream(session: Socket, res: ServerResponse): void {
    const socket = named.get(nameOf(session))
    const streams = socket && last.get(socket)
    if (!socket || streams === undefined) return
    const counted = streams instanceof OpenStreams ? streams : new OpenStreams()
    counted.count++
    res.once('close', () => counted.count--)
    last.set(socket, counted)
  }
}

/** A connection is in use until it is finished or destroyed. */
type Busy = Pick<ServerResponse, 'writableFinished' | 'destroyed'>

/** The responses of a connection of HTTP/2, which has many at a time. */
class OpenStreams implements Busy {
  count = 0
  readonly destroyed = false

  get writableFinished(): boolean {
    return this.count === 0
  }
}

/** @returns how many connections were closed */
function makeRoom(last: Map<Socket, Busy | null>, max: number): number {
  let closed = 0
  for (const [socket, res] of last) {
    if (res && !res.writableFinished && !res.destroyed) continue
    last.delete(socket)
    socket.destroy()
    if (++closed >= max * SHARE) break
  }
  return closed
}

/** A TLS socket and its TCP socket have the same name. Node.js offers no other way from one to the other. */
function nameOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`
}
