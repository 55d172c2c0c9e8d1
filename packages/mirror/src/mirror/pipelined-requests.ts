import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** The number of requests that may wait for the earlier answers of their connection. Browsers do not pipeline requests. */
const MAX_AHEAD = 100

/**
 * Answers the requests of one connection one after the other. Node.js passes pipelined requests on as they arrive: with one
 * packet, a client that reads nothing could start a thousand answers, each with blocks of a file in memory.
 */
export function inTurn(listener: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, number>()
  return (req, res) => {
    // Node.js assigns the socket to a response when the response before it has ended.
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
      process.nextTick(listener, req, res) // only after Node.js has assigned the socket completely
    })
  }
}
