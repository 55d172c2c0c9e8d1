import { get, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { until } from '@sitedrive/testing'
import type { Started } from './workbench.js'

/** What `watch` and `preview` print with `--json`. */
export interface Ready {
  key: string
  link: string
  url: string
  /** Of `watch` alone. */
  reviewUrl?: string
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export async function readyOf(started: Started): Promise<Ready> {
  await until(() => started.stdout().includes('\n'), { describe: started.stderr })
  return JSON.parse(started.stdout()) as Ready
}

/** Asks for a page, under whatever host name. */
export function ask(
  url: string,
  { page = '/', host = 'localhost', address = '127.0.0.1', cookie = '' } = {}
): Promise<Answer> {
  const { port } = new URL(url)
  const headers = { host, ...(cookie && { cookie }) }
  return new Promise((resolve, reject) => {
    get({ host: address, port, path: page, headers, agent: false }, (answer) => {
      const { statusCode: status = 0, headers: answered } = answer
      text(answer).then((body) => resolve({ status, headers: answered, body }), reject)
    }).on('error', reject)
  })
}

/** Waits until a page holds some text. */
export function untilShows(url: string, content: string, page = '/'): Promise<Answer> {
  return until(async () => {
    const answer = await ask(url, { page }).catch(() => null)
    return answer?.status === 200 && answer.body.includes(content) && answer
  })
}

export function untilSays(started: Started, words: string): Promise<true> {
  return until(() => started.stderr().includes(words), { timeoutMs: 120_000, describe: started.stderr })
}
