import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { REVIEW_HOST } from '../review-host.js'
import { TOKEN_HEADER } from './api.js'

/** Why a request is refused. */
export interface Refusal {
  status: 403 | 405 | 415
  why: string
}

/**
 * Decides who may read the review and publish.
 *
 * A request needs the token, a page of this origin, and a host name of this machine. A page of the web that gives its own
 * name this machine's address (DNS rebinding) is refused for its host name. One that sends forms or requests here (CSRF)
 * is refused for its origin and the missing token, and so is the previewed site, which has another origin.
 */
export class Guard {
  /** A new one in every process. */
  readonly token = randomBytes(24).toString('base64url')

  /** Checks every request, also those for the page's own files. */
  refuseHost(req: IncomingMessage): Refusal | null {
    // guard: review: answers to its own names alone
    return isOwnHost(req) ? null : { status: 403, why: 'This is no name of the review page.' }
  }

  /** Checks requests to the API. */
  refuseCall(req: IncomingMessage): Refusal | null {
    const { origin, [TOKEN_HEADER]: given } = req.headers
    // guard: review: is for no page of another origin, though it had the token
    if (origin !== undefined && origin !== `http://${req.headers.host}`) return FOREIGN
    // A browser sends no `origin` with a GET to its own origin, but always `sec-fetch-site`.
    const site = req.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin') return FOREIGN
    // guard: review: is open to whoever has the token alone
    if (typeof given !== 'string' || !isEqual(given, this.token)) return NO_TOKEN
    if (req.method === 'GET') return null
    if (req.method !== 'POST') return { status: 405, why: 'It takes GET and POST.' }
    if (origin === undefined) return FOREIGN
    // A form can send other types without a preflight request, but not JSON.
    // guard: review: takes nothing that a form can send
    return isJson(req) ? null : { status: 415, why: 'It takes JSON.' }
  }
}

const FOREIGN: Refusal = { status: 403, why: 'The review is for no page of another origin.' }
const NO_TOKEN: Refusal = {
  status: 403,
  why: 'The review is open to those who have its whole address, as the dev process prints it. It is another one each time that process starts.'
}

function isOwnHost({ headers, socket }: IncomingMessage): boolean {
  const { host } = headers
  return [REVIEW_HOST, '127.0.0.1'].some((name) => host === `${name}:${socket.localPort}`)
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')
}

function isEqual(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}
