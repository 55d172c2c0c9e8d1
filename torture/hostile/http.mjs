import { request } from 'node:http'

/** A visitor waits so long for a whole answer. Milliseconds. */
const PATIENCE_MS = 10_000
/** A server waits 10 s for a block that nobody sends, and then says so. Milliseconds. */
export const STALLED_MS = 40_000

export class NoAnswer extends Error {}

/**
 * Asks a server of this machine, whatever its host name.
 *
 * @returns {Promise<{ status: number, bytes: Buffer, isWhole: boolean }>} `isWhole`: the answer came to its end in time
 * @throws {NoAnswer} when no answer began in time. Other errors: the connection broke off
 */
export function get(url, path, headers = {}, patienceMs = PATIENCE_MS) {
  const { host, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, agent: false, headers: { host, ...headers } }
    const chunks = []
    let status = null
    const sent = request(options, (answer) => {
      status = answer.statusCode
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => resolve({ status, bytes: Buffer.concat(chunks), isWhole: true }))
    })
    const timer = setTimeout(() => {
      if (status !== null) resolve({ status, bytes: Buffer.concat(chunks), isWhole: false })
      sent.destroy(new NoAnswer(`no answer for ${path} in ${patienceMs / 1_000} s`))
    }, patienceMs)
    sent.on('close', () => clearTimeout(timer))
    sent.on('error', reject)
    sent.end()
  })
}
