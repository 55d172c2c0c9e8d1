import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TOKEN_HEADER } from './token-header.js'

/** Why a request is refused. */
export interface Refusal {
  status: 403 | 405 | 415
  why: string
}

export interface GuardOptions {
  /** The host names of the page, the one that people are told first. They only resolve to this machine. */
  hosts: readonly [string, ...string[]]
  /** What the page is called in a sentence, such as `the review page`. */
  page: string
  /** Who prints the address, such as `the dev process`. */
  printedBy: string
}

/**
 * Decides who may use a private page: one that shows and changes what is one person's own on this machine.
 *
 * A request needs the token, a page of this origin, and a host name of this machine. A page of the web that gives its own
 * name this machine's address (DNS rebinding) is refused for its host name. One that sends forms or requests here (CSRF)
 * is refused for its origin and the missing token, and so is a site that this machine shows, which has another origin.
 */
export class Guard {
  /** A new one in every process. */
  readonly token = randomBytes(24).toString('base64url')
  private readonly options: GuardOptions

  constructor(options: GuardOptions) {
    this.options = options
  }

  /** The address that opens the page. @param port of the server */
  urlAt(port: number): string {
    return `http://${this.options.hosts[0]}:${port}/#${this.token}`
  }

  /** Where the page is, for those who may not know its token. */
  whereabouts({ socket }: IncomingMessage): string {
    const { hosts, printedBy } = this.options
    return `It is at http://${hosts[0]}:${socket.localPort}/#…, as ${printedBy} prints it.`
  }

  /** Checks every request, also those for the page's own files. */
  refuseHost(req: IncomingMessage): Refusal | null {
    // guard: private page: answers to its own names alone
    return this.isOwnHost(req) ? null : { status: 403, why: `This is no name of ${this.options.page}.` }
  }

  /** Checks requests to the API. */
  refuseCall(req: IncomingMessage): Refusal | null {
    const { origin, [TOKEN_HEADER]: given } = req.headers
    const foreign: Refusal = { status: 403, why: `No page of another origin may use ${this.options.page}.` }
    // guard: private page: is for no page of another origin, though it had the token
    if (origin !== undefined && origin !== `http://${req.headers.host}`) return foreign
    // A browser sends no `origin` with a GET to its own origin, but always `sec-fetch-site`.
    const site = req.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin') return foreign
    // guard: private page: is open to whoever has the token alone
    if (typeof given !== 'string' || !isEqual(given, this.token)) return this.withoutToken()
    if (req.method === 'GET') return null
    if (req.method !== 'POST') return { status: 405, why: 'It takes GET and POST.' }
    if (origin === undefined) return foreign
    // A form can send other types without a preflight request, but not JSON.
    // guard: private page: takes nothing that a form can send
    return isJson(req) ? null : { status: 415, why: 'It takes JSON.' }
  }

  private withoutToken(): Refusal {
    const { page, printedBy } = this.options
    const name = `${page.charAt(0).toUpperCase()}${page.slice(1)}`
    return {
      status: 403,
      why: `${name} is open to those who have its whole address, as ${printedBy} prints it. It is another one each time that process starts.`
    }
  }

  private isOwnHost({ headers, socket }: IncomingMessage): boolean {
    return this.options.hosts.some((name) => headers.host === `${name}:${socket.localPort}`)
  }
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')
}

function isEqual(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}
