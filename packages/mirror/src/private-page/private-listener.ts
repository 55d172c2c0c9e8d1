import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Guard, Refusal } from './guard.js'
import type { PageFile } from './page-files.js'

/** Any answer of the API that is not what was asked for. */
export interface ErrorAnswer {
  error: { code: string; message: string }
}

/** Answers one call of the API. The guard has let it through. */
export type Route = (req: IncomingMessage, res: ServerResponse, query: URLSearchParams) => unknown

export interface PrivatePage {
  guard: Guard
  /** A file of the page by the path of the request. */
  files: (path: string) => PageFile | null
  /** By method and path: `GET /api/log`. */
  routes: Readonly<Record<string, Route>>
  /** What an error of a route is told as. */
  describeError: (error: unknown) => { status: number; code: string; message: string }
  /** Further origins of pictures and frames, in words of a content security policy; none when it is left out. */
  frames?: () => string
}

/** No request of a page is longer. Bytes. */
const MAX_BODY = 10_000

const PROTECTION = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

/** Serves the files of a private page, and its API, below `/api/`, to requests that the guard lets through. */
export function privateListener({
  guard,
  files,
  routes,
  describeError,
  frames
}: PrivatePage): RequestListener {
  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    protect(req, res, frames?.() ?? null)
    const refusal = guard.refuseHost(req)
    if (refusal) return refuse(req, res, refusal)
    const [path = '', ...query] = (req.url ?? '/').split('?')
    if (!path.startsWith('/api/')) return answerPage(req, res, path)
    const call = guard.refuseCall(req)
    if (call) return refuse(req, res, call)
    const name = `${req.method} ${path}`
    const route = Object.hasOwn(routes, name) ? routes[name] : undefined
    if (!route) return sendError(res, 404, 'NO_SUCH_CALL', 'There is no such call.')
    await route(req, res, new URLSearchParams(query.join('?')))
  }

  function answerPage(req: IncomingMessage, res: ServerResponse, path: string): void {
    if (req.method !== 'GET') return sendLine(res, 405, 'It can only be read.')
    const file = files(path)
    if (!file) return sendLine(res, 404, 'There is no such page here.')
    res.writeHead(200, { 'content-type': file.type, 'content-length': file.body.byteLength })
    res.end(file.body)
  }

  function refuse(req: IncomingMessage, res: ServerResponse, { status, why }: Refusal): void {
    if (req.url?.startsWith('/api/')) sendError(res, status, 'REFUSED', why)
    else sendLine(res, status, `${why} ${guard.whereabouts(req)}`)
  }

  return (req, res) => {
    answer(req, res).catch((error: unknown) => {
      if (res.headersSent) return res.destroy()
      if (error instanceof BadRequest) return sendError(res, 400, 'BAD_REQUEST', error.message)
      const { status, code, message } = describeError(error)
      sendError(res, status, code, message)
    })
  }
}

/** Sets the security headers of every answer. @param frames the origins of frames and images; null: none but its own images */
function protect(req: IncomingMessage, res: ServerResponse, frames: string | null): void {
  for (const [name, value] of Object.entries(PROTECTION)) res.setHeader(name, value)
  res.setHeader(
    'content-security-policy',
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      frames === null ? "img-src 'self'" : `img-src 'self' ${frames}`,
      ...(frames === null ? [] : [`frame-src ${frames}`]),
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'"
    ].join('; ')
  )
  if (req.method !== 'GET') res.setHeader('connection', 'close')
}

class BadRequest extends Error {}

/** The JSON object that a request has sent. A request that has none is answered with 400. */
export async function bodyOf(req: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req) {
    size += (chunk as Buffer).byteLength
    if (size > MAX_BODY) throw new BadRequest('The request is too long.')
    chunks.push(chunk as Buffer)
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}')
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // refused below
  }
  throw new BadRequest('The request is not a JSON object.')
}

export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': body.byteLength })
  res.end(body)
}

export function sendError(res: ServerResponse, status: number, code: string, message: string): void {
  sendJson(res, status, { error: { code, message } } satisfies ErrorAnswer)
}

function sendLine(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  res.end(`${text}\n`)
}
