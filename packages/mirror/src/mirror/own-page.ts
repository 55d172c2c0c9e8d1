import type { IncomingMessage, ServerResponse } from 'node:http'
import { Head } from './response-head.js'

/** A complete answer that can be sent any number of times. */
export interface ReadyAnswer {
  head: Head
  /** A string is ASCII: it is sent in one piece with the head. */
  body: Buffer | string
  /** The same as a page, for clients that accept one. */
  html?: ReadyAnswer
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
export function sendReady(res: ServerResponse, answer: ReadyAnswer): void {
  const { head, body } = answer.html && acceptsHtml(res.req) ? answer.html : answer
  if (typeof body === 'string') return head.end(res, body)
  if (res.req.method === 'HEAD') return head.end(res)
  head.write(res)
  res.end(body)
}

/** Browsers name HTML when a person opens an address. Elements and scripts of a page, and other programs, do not. */
function acceptsHtml({ headers }: IncomingMessage): boolean {
  return /\btext\/html\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(headers.accept ?? '')
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
