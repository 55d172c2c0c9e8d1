import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { json } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { codeOf, messageOf } from '../error.js'
import { RECORD_PATH } from '../holepunch/reserved-paths.js'

/** What a mirror shows at a web address of a site. */
export interface WebAddressFacts {
  url: string
  /** The release that it shows, and when that was published; null: it shows none, or `problem` says why it cannot be asked. */
  shown: { release: number; publishedAt: string } | null
  /** The key of the site that it says it shows, z-base-32; null: it does not say. */
  key: string | null
  /** The status of its answer; null: it did not answer. */
  status: number | null
  /** How far its clock is ahead of the one of this machine, milliseconds, to about a second; null: it does not say. */
  aheadMs: number | null
  /** When its certificate ends, milliseconds since 1970; null: it has none, or it was not accepted. */
  certificateEndsMs: number | null
  /** Why it did not answer, part of a sentence; null: it did. */
  problem: string | null
}

const MAX_REDIRECTS = 3
/** A record is at most some 30 KB. */
const MAX_RECORD_BYTES = 1024 * 1024

/** Asks a mirror which release of a site it shows. @param timeoutMs for all of it */
export async function examineWebAddress(url: string, timeoutMs: number): Promise<WebAddressFacts> {
  const facts: WebAddressFacts = {
    url,
    shown: null,
    key: null,
    status: null,
    aheadMs: null,
    certificateEndsMs: null,
    problem: null
  }
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await getRecord(new URL(RECORD_PATH, url), signal, MAX_REDIRECTS)
    const { statusCode = 0, headers, socket } = answer
    facts.status = statusCode
    facts.key = /^hyper:\/\/([a-z0-9]{52})\b/.exec(String(headers['hyper-link'] ?? ''))?.[1] ?? null
    facts.aheadMs = numberOrNull(Date.parse(headers.date ?? '') - Date.now())
    facts.certificateEndsMs = certificateEnd(socket as TLSSocket)
    facts.shown = statusCode === 200 ? recordIn(await limited(answer)) : null
    answer.destroy()
  } catch (error) {
    facts.problem = describe(error, timeoutMs)
  }
  return facts
}

async function getRecord(url: URL, signal: AbortSignal, redirects: number): Promise<IncomingMessage> {
  const answer = await get(url, signal)
  const { location } = answer.headers
  const isMoved = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0)
  if (!isMoved || location === undefined || redirects === 0 || !URL.canParse(location, url.href))
    return answer
  answer.destroy()
  return getRecord(new URL(location, url), signal, redirects - 1)
}

function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:'
  if (!isTls && url.protocol !== 'http:') throw new Error(`it leads to \`${url.protocol}\``)
  // Node.js cannot resolve names below localhost.
  const isHere = /(^|\.)localhost$/.test(url.hostname)
  return new Promise((resolve, reject) => {
    const request = (isTls ? requestHttps : requestHttp)({
      host: isHere ? '127.0.0.1' : url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || (isTls ? 443 : 80),
      path: url.pathname + url.search,
      headers: { host: url.host, accept: 'application/json' },
      agent: false,
      signal,
      ...(isTls && { servername: url.hostname })
    })
    request.once('response', resolve)
    request.once('error', reject)
    request.end()
  })
}

async function limited(answer: IncomingMessage): Promise<unknown> {
  let bytes = 0
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength
    if (bytes > MAX_RECORD_BYTES) answer.destroy(new Error('its release record is too large'))
  })
  try {
    return await json(answer)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function recordIn(value: unknown): WebAddressFacts['shown'] {
  const { release, publishedAt } = (value ?? {}) as Record<string, unknown>
  return Number.isSafeInteger(release) && typeof publishedAt === 'string'
    ? { release: Number(release), publishedAt }
    : null
}

function certificateEnd(socket: Partial<TLSSocket>): number | null {
  return numberOrNull(Date.parse(socket.getPeerCertificate?.().valid_to ?? ''))
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value
}

function describe(error: unknown, timeoutMs: number): string {
  const code = codeOf(error)
  if (code === 'ABORT_ERR' || (error as Error).name === 'TimeoutError')
    return `no answer in ${Math.round(timeoutMs / 1000)} s`
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name is not known to DNS'
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  return messageOf(error)
}
