import type { IncomingMessage, ServerResponse } from 'node:http'
import { escapeHtml } from './escape-html.js'
import { ownAnswer, sendReady } from './own-page.js'
import { plainPage, POLICY } from './page-in-words.js'

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
  const page = plainPage('Sites on this peer', list)
  sendReady(res, ownAnswer(200, page, { 'content-security-policy': POLICY }, 'text/html; charset=utf-8'))
}
