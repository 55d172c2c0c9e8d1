import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { codeOf } from '@sitedrive/core/start'
import type { DiffKind, ErrorAnswer, PublishRequest, RollbackRequest } from './api.js'
import { thrownFailureMessage } from '../build-failure-message.js'
import { REVIEW_HOST } from '../review-host.js'
import type { Guard, Refusal } from './guard.js'
import { pageFile } from './page-files.js'
import { RefusedRun } from './publish-all.js'
import type { Review } from './review-session.js'

/** No request of the page is longer. Bytes. */
const MAX_BODY = 10_000

const PROTECTION = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

/** Serves the files of the review page, and its API to requests that the guard lets through. */
export function reviewListener(guard: Guard, review: Review): RequestListener {
  const routes: Record<
    string,
    (req: IncomingMessage, res: ServerResponse, query: URLSearchParams) => unknown
  > = {
    'GET /api/review': async (_req, res) => sendJson(res, 200, await review.answer()),
    'GET /api/events': (_req, res) => review.openEvents(res),
    'GET /api/log': async (_req, res, query) =>
      sendJson(res, 200, await review.history(Number(query.get('limit')) || undefined)),
    'GET /api/diff': async (_req, res, query) => {
      const path = query.get('path') ?? ''
      const kind: DiffKind = query.get('kind') === 'html' ? 'html' : 'words'
      const diff = await review.diff(path, kind)
      if (!diff) return sendError(res, 404, 'NO_SUCH_FILE', `Neither side has \`${path}\`.`)
      sendJson(res, 200, diff)
    },
    'POST /api/publish': async (req, res) =>
      sendJson(res, 202, await review.publish((await bodyOf(req)) as PublishRequest)),
    'POST /api/publish/cancel': async (req, res) => {
      await bodyOf(req)
      review.cancel()
      sendJson(res, 202, {})
    },
    'POST /api/rollback': async (req, res) =>
      sendJson(res, 202, await review.rollback((await bodyOf(req)) as RollbackRequest))
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    protect(req, res, review.framePort)
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

  return (req, res) => {
    answer(req, res).catch((error: unknown) => {
      if (res.headersSent) return res.destroy()
      if (error instanceof BadRequest) return sendError(res, 400, 'BAD_REQUEST', error.message)
      if (error instanceof RefusedRun) return sendError(res, 409, error.code, error.message)
      sendError(res, 500, codeOf(error) || 'FAILED', thrownFailureMessage(error))
    })
  }
}

/** Sets the security headers of every answer. @param framePort the port of frames and images */
function protect(req: IncomingMessage, res: ServerResponse, framePort: number): void {
  for (const [name, value] of Object.entries(PROTECTION)) res.setHeader(name, value)
  const frames = `http://*.localhost:${framePort}`
  res.setHeader(
    'content-security-policy',
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      `img-src 'self' ${frames}`,
      `frame-src ${frames}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'"
    ].join('; ')
  )
  if (req.method !== 'GET') res.setHeader('connection', 'close')
}

function answerPage(req: IncomingMessage, res: ServerResponse, path: string): void {
  if (req.method !== 'GET') return sendText(res, 405, 'It can only be read.')
  const file = pageFile(path)
  if (!file) return sendText(res, 404, 'There is no such page here.')
  res.writeHead(200, { 'content-type': file.type, 'content-length': file.body.byteLength })
  res.end(file.body)
}

function refuse(req: IncomingMessage, res: ServerResponse, { status, why }: Refusal): void {
  if (req.url?.startsWith('/api/')) sendError(res, status, 'REFUSED', why)
  else
    sendText(
      res,
      status,
      `${why} It is at http://${REVIEW_HOST}:${req.socket.localPort}/#…, as the dev process prints it.`
    )
}

class BadRequest extends Error {}

async function bodyOf(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req) {
    size += (chunk as Buffer).byteLength
    if (size > MAX_BODY) throw new BadRequest('The request is too long.')
    chunks.push(chunk as Buffer)
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}')
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // refused below
  }
  throw new BadRequest('The request is not a JSON object.')
}

function sendJson(res: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': body.byteLength })
  res.end(body)
}

function sendError(res: ServerResponse, status: number, code: string, message: string): void {
  sendJson(res, status, { error: { code, message } } satisfies ErrorAnswer)
}

function sendText(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  res.end(`${text}\n`)
}
