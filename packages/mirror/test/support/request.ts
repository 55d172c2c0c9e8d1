import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  bytes: Buffer
  text: string
}

/** Asks 127.0.0.1 by a host name that Node.js could not resolve. Paths go out as they are written. */
export function request(
  port: number,
  host: string,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {}
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {} } = options
    const sent = httpRequest({
      host: '127.0.0.1',
      port,
      path,
      method,
      headers: { host, ...headers },
      agent: false
    })
    sent.on('error', reject)
    sent.on('response', (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const bytes = Buffer.concat(chunks)
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, text: bytes.toString() })
      })
    })
    sent.end()
  })
}

/** Sends bytes that no HTTP client would, and returns all that comes back until the server hangs up. */
export async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}) // hung up while we were still writing
  socket.write(bytes, 'latin1')
  return text(socket).catch(() => '')
}

/** Opens and closes a connection. @returns the address at the other end */
export async function connectTo(port: number, address: string): Promise<string> {
  const socket = connect(port, address)
  await once(socket, 'connect')
  const { remoteAddress = '' } = socket
  socket.destroy()
  return remoteAddress
}
