import { ServerResponse } from 'node:http'

/** What Node.js notes of a response and does not document, the same since Node.js 10: its head as text. */
interface NodeResponse {
  _header: string | null
  _keepAliveTimeout?: number
  _maxRequestsPerSocket?: number
}

/**
 * The head of an answer that is sent many times.
 *
 * Node.js checks and joins a head's lines anew for each response, which is a tenth of all that a 304 costs. So the text
 * that it makes is kept and used again for as long as it would make the same: in the same second, which is in `date`, and on
 * connections that are kept alive in the same way. Any other response is left to Node.js.
 */
export class Head {
  readonly status: number
  /** Names and values in turns, as `writeHead` takes them. */
  readonly fields: readonly string[]
  private text = ''
  private second = 0
  private keepAliveMs: number | undefined

  constructor(status: number, fields: readonly string[]) {
    this.status = status
    this.fields = fields
  }

  /** @param body of ASCII; leaves in one piece with the head, without a second buffer for the system to gather */
  end(res: ServerResponse, body = ''): void {
    const isWhole = this.write(res)
    if (body === '' || res.req.method === 'HEAD') res.end()
    else if (isWhole) {
      const response = res as unknown as NodeResponse
      response._header += body
      res.end()
    } else res.end(body, 'latin1')
  }

  /** @returns whether the head is a text that a body may be joined to */
  write(res: ServerResponse): boolean {
    const second = Math.floor(Date.now() / 1000)
    const response = res as unknown as NodeResponse
    const isUsual = isUsualResponse(res)
    if (isUsual && this.second === second && this.keepAliveMs === response._keepAliveTimeout) {
      res.statusCode = this.status
      response._header = this.text
      return true
    }
    res.writeHead(this.status, this.fields as string[])
    if (!isUsual || typeof response._header !== 'string') return false
    this.text = response._header
    this.second = second
    this.keepAliveMs = response._keepAliveTimeout
    return true
  }
}

/** A response whose head Node.js would make of nothing else than the status and the fields. */
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
