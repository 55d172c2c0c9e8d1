import type { IncomingMessage, ServerResponse } from 'node:http'
import { Head } from './response-head.js'

/** A complete answer that can be sent any number of times. */
export interface ReadyAnswer {
  head: Head
  /** A string is ASCII: it is sent in one piece with the head. */
  body: Buffer | string
}

/** Makes an answer of this server itself, not of a site. No cache keeps it. */
export function ownAnswer(
  status: number,
  body: string,
  headers: Record<string, string> = {},
  type = 'text/plain; charset=utf-8'
): ReadyAnswer {
  const byteLength = Buffer.byteLength(body)
  const all = {
    'content-type': type,
    'content-length': String(byteLength),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers
  }
  return {
    head: new Head(status, Object.entries(all).flat()),
    body: byteLength === body.length ? body : Buffer.from(body)
  }
}

/** Sends an answer; without the body when the request is a HEAD. */
export function sendReady(res: ServerResponse, { head, body }: ReadyAnswer): void {
  if (typeof body === 'string') return head.end(res, body)
  if (res.req.method === 'HEAD') return head.end(res)
  head.write(res)
  res.end(body)
}

/** Answers with a line of text of this server. */
export function sendText(
  res: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {}
): void {
  sendReady(res, ownAnswer(status, `${text}\n`, headers))
}

/** Sends a list of the sites that are served here. Links use the port of the request. */
export function sendSiteList(
  req: IncomingMessage,
  res: ServerResponse,
  keys: Iterable<string>,
  domain: string
): void {
  const scheme = 'encrypted' in req.socket ? 'https' : 'http'
  const port = req.socket.localPort ?? 80
  const items = [...keys].map((key) => {
    const url = escapeHtml(`${scheme}://${key}.${domain}:${port}/`)
    return `<li><a href="${url}">${url}</a></li>`
  })
  const list = items.length > 0 ? `<ul>\n${items.join('\n')}\n</ul>` : '<p>None yet.</p>'
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sites on this peer</title>
<h1>Sites on this peer</h1>
${list}
</html>
`
  sendReady(
    res,
    ownAnswer(200, page, { 'content-security-policy': "default-src 'none'" }, 'text/html; charset=utf-8')
  )
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
