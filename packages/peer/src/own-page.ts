import type { IncomingMessage, ServerResponse } from 'node:http'

/** Answers with a page of this server's own, never of a site. It is not kept by any cache. */
export function sendText(
  res: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {}
): void {
  send(res, status, 'text/plain; charset=utf-8', `${text}\n`, headers)
}

/** Lists the sites that are served here. Links lead to the port that the request came to. */
export function sendSiteList(
  req: IncomingMessage,
  res: ServerResponse,
  keys: Iterable<string>,
  domain: string
): void {
  const port = req.socket.localPort ?? 80
  const items = [...keys].map((key) => {
    const url = escapeHtml(`http://${key}.${domain}:${port}/`)
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
  send(res, 200, 'text/html; charset=utf-8', page, { 'content-security-policy': "default-src 'none'" })
}

function send(
  res: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Record<string, string>
): void {
  res.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers
  })
  res.end(body)
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
