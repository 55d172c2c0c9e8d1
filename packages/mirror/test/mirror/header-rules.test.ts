import { describe, expect, test } from 'vitest'
import { parseHeaderRules } from '../../src/mirror/header-rules.js'

function headersOf(file: string, path: string, before: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(parseHeaderRules(file).applyTo(path, new Map(Object.entries(before))))
}

describe('a _headers file', () => {
  test.each([
    ['/*', '/a/b', true],
    ['/a', '/a', true],
    ['/a', '/a/', true],
    ['/a/', '/a', true],
    ['/a', '/a/b', false],
    ['/a/*', '/a/b/c', true],
    ['/a/*', '/a', true],
    ['/a/*', '/ab', false],
    ['/a*/', '/', false],
    ['/:a/', '/x', true],
    ['/*.js', '/x/app.js', true],
    ['/*.js', '/x/app.jsx', false],
    ['/a/*/c*.css', '/a/b/b/c1.css', true],
    ['/a*a', '/a', false],
    ['/:lang/*', '/de/x', true],
    ['/:lang/x', '/de/x', true],
    ['/:lang/x', '/de/y/x', false],
    ['/a%20b', '/a b', true],
    ['/:a/*/b', '/x/y/b', false],
    [`/${'*'.repeat(50)}`, '/x', false]
  ])('%s means %s: %s', (pattern, path, expected) => {
    expect(headersOf(`${pattern}\n  X-Test: 1`, path)).toEqual(expected ? { 'x-test': '1' } : {})
  })

  test('applies every block that means the path, and joins what they say', () => {
    const file = '/*\n  X-A: 1\n  Cache-Control: no-cache\n/x\n  x-a: 2\n\tx-b: 3\n/y\n  X-C: 4\n'
    expect(headersOf(file, '/x', { 'cache-control': 'ours' })).toEqual({
      'cache-control': 'no-cache',
      'x-a': '1, 2',
      'x-b': '3'
    })
  })

  test('removes headers, those of the server included', () => {
    const file =
      '/*\n  X-A: 1\n  Content-Type: text/plain\n/x\n  ! X-A\n  ! Access-Control-Allow-Origin\n  Content-Type: text/css\n'
    expect(headersOf(file, '/x', { 'access-control-allow-origin': '*' })).toEqual({
      'content-type': 'text/css'
    })
  })

  test.each([
    'Set-Cookie: a=b',
    'Strict-Transport-Security: max-age=1',
    'Clear-Site-Data: "*"',
    'Alt-Svc: h3=":1"',
    'X-Frame-Options: DENY',
    'X-Content-Type-Options: no',
    'X-Accel-Redirect: /etc/passwd',
    'X-Sendfile: /etc/passwd',
    'X-Forwarded-Host: example.org',
    'Content-Length: 1',
    'Content-Encoding: br',
    'Transfer-Encoding: chunked',
    'Connection: close',
    'Upgrade: websocket',
    'Trailer: x',
    'TE: trailers',
    'Keep-Alive: timeout=1',
    'Proxy-Authenticate: Basic',
    'ETag: "x"',
    'Vary: cookie',
    'Location: /x',
    'Hyper-Link: hyper://x',
    'Refresh: 0',
    'NEL: {}',
    'Status: 200',
    ': x',
    'X Y: 1',
    'X-Ä: 1',
    'X-Test',
    'X-Test:',
    'X-Test: a\0b',
    'X-Test: ä',
    `X-Test: ${'x'.repeat(5_000)}`
  ])('may not say %j', (line) => {
    expect(headersOf(`/*\n  ${line}\n  X-Other: 1`, '/x')).toEqual({ 'x-other': '1' })
  })

  test('may say what concerns the site alone', () => {
    const lines = [
      "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'",
      'Permissions-Policy: camera=()',
      'Referrer-Policy: no-referrer',
      'X-Robots-Tag: noindex',
      'Link: </a.css>; rel=preload; as=style',
      'Content-Language: de',
      'Content-Disposition: attachment',
      'Cross-Origin-Opener-Policy: same-origin',
      'Access-Control-Allow-Headers: x-a',
      'X-Custom: 1'
    ]
    expect(Object.keys(headersOf(`/*\n ${lines.join('\n ')}`, '/'))).toEqual(
      lines.map((line) => line.split(':')[0]!.toLowerCase())
    )
  })

  test('cannot make a head that clients refuse, nor keep the server busy', () => {
    const file = `/*\n${Array.from({ length: 800 }, (_, n) => `  X-A${n}: ${'y'.repeat(50)}`).join('\n')}`
    expect(JSON.stringify(headersOf(file, '/')).length).toBeLessThan(12_000)
    const before = performance.now()
    const rules = parseHeaderRules(`${'/a*a*a*a*a*b\n  X-A: 1\n'.repeat(2_500)}`)
    rules.applyTo(`/${'a'.repeat(16_000)}`, new Map())
    expect(performance.now() - before).toBeLessThan(1_000)
  })
})
