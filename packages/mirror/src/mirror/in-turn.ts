import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** How many requests may wait for earlier answers of their connection. Browsers send none ahead. */
const MAX_AHEAD = 100

/**
 * Answers the requests of one connection one after the other. Node.js hands out pipelined requests as they come; a client
 * that takes nothing could have a thousand answers begun with one packet, each with blocks of a file in memory.
 */
export function inTurn(listener: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, number>()
  return (req, res) => {
    // A response is given its socket when the one before it is through.
    if (res.socket) {
      listener(req, res)
      return
    }
    const { socket } = req
    const ahead = (waiting.get(socket) ?? 0) + 1
    if (ahead > MAX_AHEAD) {
      socket.destroy()
      return
    }
    waiting.set(socket, ahead)
    res.once('socket', () => {
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1)
      process.nextTick(listener, req, res) // not in the middle of the handing over
    })
  }
}
