import { ServerResponse } from 'node:http'

/** Undocumented fields of a response in Node.js, the same since Node.js 10. `_header` is the head as text. */
interface NodeResponse {
  _header: string | null
  _keepAliveTimeout?: number
  _maxRequestsPerSocket?: number
}

/**
 * The head of an answer that is sent many times.
 *
 * Node.js checks and joins a head's lines for each response, which is a tenth of the cost of a 304. So its text is kept and
 * used again while it would be the same: in the same second, because of `date`, and on connections with the same
 * keep-alive time. Node.js makes the head of all other responses.
 */
export class Head {
  readonly status: number
  /** Names and values alternate, as `writeHead` expects them. */
  readonly fields: readonly string[]
  /** Without a length, Node.js must write the head: it cuts the body into chunks then. */
  private readonly isSized: boolean
  private text = ''
  private second = 0
  private keepAliveMs: number | undefined

  constructor(status: number, fields: readonly string[]) {
    this.status = status
    this.fields = fields
    this.isSized = status === 304 || fields.includes('content-length')
  }

  /** @param body ASCII; it is sent in one piece with the head, without a second buffer */
  end(res: ServerResponse, body = ''): void {
    const isWhole = this.write(res)
    if (body === '' || res.req.method === 'HEAD') res.end()
    else if (isWhole) {
      const response = res as unknown as NodeResponse
      response._header += body
      res.end()
    } else res.end(body, 'latin1')
  }

  /** @returns true when a body may be appended to the text of the head */
  write(res: ServerResponse): boolean {
    const second = Math.floor(Date.now() / 1000)
    const response = res as unknown as NodeResponse
    const isUsual = this.isSized && isUsualResponse(res)
    if (isUsual && this.second === second && this.keepAliveMs === response._keepAliveTimeout) {
      res.statusCode = this.status
      response._header = this.text
      return true
    }
    writeHead(res, this.status, this.fields)
    if (!isUsual || typeof response._header !== 'string') return false
    this.text = response._header
    this.second = second
    this.keepAliveMs = response._keepAliveTimeout
    return true
  }
}

/** Names that HTTP/2 has no use for: closing a connection would end other answers. */
const OF_CONNECTIONS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade'])

/** Writes a head in HTTP/1.1 or HTTP/2. @param fields names and values alternate; no name comes twice */
export function writeHead(res: ServerResponse, status: number, fields: readonly string[]): void {
  if (res.req.httpVersionMajor < 2) {
    res.writeHead(status, fields as string[])
    return
  }
  const headers: Record<string, string> = {}
  for (let at = 0; at < fields.length; at += 2)
    if (!OF_CONNECTIONS.has(fields[at]!.toLowerCase())) headers[fields[at]!] = fields[at + 1]!
  res.writeHead(status, headers)
}

/** True for a response whose head depends on nothing but the status and the fields. */
function isUsualResponse(res: ServerResponse): boolean {
  const { req } = res
  return (
    res.constructor === ServerResponse &&
    res.writeHead === ServerResponse.prototype.writeHead &&
    (res as unknown as NodeResponse)._header === null &&
    res.shouldKeepAlive &&
    !(res as unknown as NodeResponse)._maxRequestsPerSocket &&
    res.sendDate &&
    !res.strictContentLength &&
    req.httpVersionMajor === 1 &&
    req.httpVersionMinor === 1 &&
    res.getHeaderNames().length === 0
  )
}
