import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { request } from './request.js'
import type { Mirror } from './serve-published.js'

/**
 * A request, and the answer to it.
 *
 * - request: `GET /path`, then each header after ` > `. `<tag>` and `<date>` stand for the `ETag` and the `Last-Modified` of the file
 * - answer: the status, the body in quotes where it matters, then each header that matters after ` > `; `-` for a header that is
 *   not there
 * - difference: where servers do something else, the first cell of the row about it in docs/static-hosting.md
 */
export type Case = [request: string, answer: string, difference?: string]

/** Makes a test of each row. @param mirror is asked for when the tests run */
export function testTable(mirror: () => Mirror, rows: readonly Case[]): void {
  test.each(rows)('%s: %s', async (asked, answer) => {
    expect(await answerTo(mirror(), asked, answer)).toBe(answer)
  })

  const differences = [...new Set(rows.flatMap(([, , difference]) => difference ?? []))]
  if (differences.length === 0) return
  test('docs/static-hosting.md names where servers do something else', () => {
    expect(TOLD).toEqual(expect.arrayContaining(differences))
  })
}

const DOCS = path.join(import.meta.dirname, '../../../../docs/static-hosting.md')
/** The first cells of its tables. */
const TOLD = [...readFileSync(DOCS, 'utf8').matchAll(/^\| (.+?) +\|/gm)].map(([, cell]) => cell)

/** What a mirror answers, with as much of it as is wanted. */
async function answerTo({ port, key }: Mirror, asked: string, wanted: string): Promise<string> {
  const host = `${key}.localhost`
  const [line = '', ...sent] = asked.split(' > ')
  const [method = '', target = ''] = line.split(' ')
  const { headers: known } = asked.includes('<')
    ? await request(port, host, target)
    : { headers: {} as Record<string, string> }
  const headers = Object.fromEntries(
    sent.map((header) => {
      const [name = '', ...value] = header.split(': ')
      const written = value.join(': ').replace('<tag>', known.etag ?? '')
      return [name, written.replace('<date>', known['last-modified'] ?? '')]
    })
  )
  const answer = await request(port, host, target, { method, headers })
  const [first = '', ...named] = wanted.split(' > ')
  const body = first.includes('"') ? ` "${answer.text}"` : ''
  const found = named.map((header) => {
    const name = header.slice(0, header.indexOf(':'))
    const value = answer.headers[name]
    return `${name}: ${value === undefined ? '-' : String(value)}`
  })
  return [answer.status + body, ...found].join(' > ')
}
