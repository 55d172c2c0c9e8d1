import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { inWords, sendReady } from '@sitedrive/mirror/parts'
import { metricsText, type ResponseCounts } from './metrics.js'
import type { PeerStatus } from './peer-status.js'
import { statusPage } from './status-page.js'

export interface OwnPagesOptions {
  status: () => PeerStatus
  responses: () => ResponseCounts
}

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // The status page has one style element, and loads or runs nothing else.
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

const NO_PAGE = inWords({
  status: 404,
  title: 'Page not found',
  text: 'No such page. The status is at /.',
  way: { href: '/', label: 'Go to the status of this peer' }
})

/** Serves the peer's own pages: `/`, `/status.json`, `/metrics` and `/health`. Never throws. */
export function ownPages({ status, responses }: OwnPagesOptions): RequestListener {
  const pages: Record<string, () => { code?: number; type: string; body: string }> = {
    '/': () => ({ type: 'text/html; charset=utf-8', body: statusPage(status()) }),
    '/status.json': () => ({ type: 'application/json', body: `${JSON.stringify(status())}\n` }),
    '/metrics': () => ({
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: metricsText(status(), responses())
    }),
    '/health': () => {
      return status().isHealthy
        ? { type: 'text/plain; charset=utf-8', body: 'ok\n' }
        : { code: 503, type: 'text/plain; charset=utf-8', body: 'not ok: see the status page\n' }
    }
  }

  return (req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      return send(req, res, 405, 'text/plain; charset=utf-8', 'These pages can only be read.\n', {
        allow: 'GET, HEAD',
        // The rest of a request body is not worth reading. HTTP/2 ends it without closing the connection.
        ...(req.httpVersionMajor < 2 && { connection: 'close' })
      })
    }
    const path = (req.url ?? '').split('?', 1)[0] ?? ''
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined
    if (!page) return sendReady(res, NO_PAGE)
    const { code = 200, type, body } = page()
    send(req, res, code, type, body)
  }
}

function send(
  req: IncomingMessage,
  res: ServerResponse,
  code: number,
  type: string,
  body: string,
  headers: Record<string, string> = {}
): void {
  res.writeHead(code, {
    ...HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    ...headers
  })
  res.end(req.method === 'HEAD' ? undefined : body)
}
