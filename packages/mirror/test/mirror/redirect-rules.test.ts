import { describe, expect, test } from 'vitest'
import { parseRedirects, withQuery } from '../../src/mirror/redirect-rules.js'

function ruled(file: string, path: string, host?: string): string | null {
  const found = parseRedirects(file).ruleFor(path, host)
  if (!found) return null
  const { ruling, isForced } = found
  const target = ruling.kind === 'send' ? ruling.location : ruling.path
  return `${ruling.kind} ${ruling.status}${isForced ? '!' : ''} ${target}`
}

describe('a rule of _redirects', () => {
  test.each([
    ['/a /b', '/a', 'send 301 /b'],
    ['/a /b 302', '/a', 'send 302 /b'],
    ['  /a\t/b   308  # moved', '/a', 'send 308 /b'],
    ['/a /b 200', '/a', 'show 200 /b'],
    ['/a /b 200!', '/a', 'show 200! /b'],
    ['/a /gone.html 410', '/a', 'show 410 /gone.html'],
    ['/a /b', '/a/', 'send 301 /b'],
    ['/a/ /b', '/a', 'send 301 /b'],
    ['/:a/x/ /b/:a', '/1/x', 'send 301 /b/1'],
    ['/:a/x /b/:a', '/1/x/', 'send 301 /b/1'],
    ['/a /a/', '/a/', null],
    ['/a /a/\n/a/ /b', '/a/', 'send 301 /b'],
    ['/a /a?x=1', '/a', null],
    ['/:a/:b /?l=:a&s=:b#:a', '/x&y=1/b+c', 'send 301 /?l=x%26y%3D1&s=b%2Bc#x&y=1'],
    [
      '/x/* https://a:splat@example.org/:splat',
      '/x/b@evil.example/',
      'send 301 https://a:splat@example.org/b@evil.example/'
    ],
    ['https://Blog.example.org/* /blog/:splat', '/x', null],
    ['https://blog.example.org/* /blog/:splat', '/x', 'send 301 /blog/x', 'blog.example.org'],
    ['http://blog.example.org:80/a /b\n/a /c', '/a', 'send 301 /b', 'blog.example.org'],
    ['https://blog.example.org /b', '/', 'send 301 /b', 'blog.example.org'],
    ['/a /b', '/A', null],
    ['/a https://example.org/x?y=1#z', '/a', 'send 301 https://example.org/x?y=1#z'],
    ['/a //example.org/x', '/a', null],
    ['/news/* /blog/:splat', '/news/2024/x', 'send 301 /blog/2024/x'],
    ['/news/* /blog/:splat', '/news/', 'send 301 /blog/'],
    ['/news/* /blog/:splat', '/news', 'send 301 /blog/'],
    ['/news/* /blog/:splat', '/newspaper', null],
    ['/:year/:slug /posts/:slug-:year.html 200', '/2024/ü', 'show 200 /posts/ü-2024.html'],
    ['/:year/:slug /:slug?y=:year', '/2024/ü', 'send 301 /%C3%BC?y=2024'],
    ['/:a /x/:a', '/', null],
    ['/a%20b /c', '/a b', 'send 301 /c'],
    ['/ü /c', '/ü', 'send 301 /c'],
    ['/a /ü', '/a', 'send 301 /%C3%BC'],
    ['/x/* /:other/:splat', '/x/1', 'send 301 /:other/1'],
    ['/a /one\n/a /two', '/a', 'send 301 /one'],
    ['/* /all\n/a /one', '/a', 'send 301 /all'],
    ['/b/* /all\n/a /one', '/a', 'send 301 /one'],
    ['/x/* /:splat', '/x//example.org', 'send 301 /example.org'],
    ['/x* /y', '/x', null],
    ['/*/x /y', '/x', null],
    ['/a', '/a', null],
    ['a /b', '/a', null],
    ['/a /b 418', '/a', null],
    ['/a /b 301 Country=de', '/a', null],
    ['/a https://example.org/ 200', '/a', null],
    ['/a https://example.org/ 404', '/a', null],
    ['/a javascript:alert(1)', '/a', null],
    ['/a data:text/html,x', '/a', null],
    ['/a ftp://example.org/', '/a', null],
    ['/a /\\example.org', '/a', null],
    ['/a https:///example.org', '/a', null],
    ['/:host https://:host/', '/a', null],
    ['/%ff /b', '/a', null],
    ['# /a /b\n\n   \n', '/a', null]
  ])('%j makes of %s: %s', (file, path, expected, host?: string) => {
    expect(ruled(file, path, host)).toBe(expected)
  })

  test('carries no value into a header unencoded', () => {
    expect(ruled('/x/* /:splat', '/x/a\r\nset-cookie: b')).toBe('send 301 /a%0D%0Aset-cookie:%20b')
    expect(ruled('/x/* /?a=:splat', '/x/b?c#d')).toBe('send 301 /?a=b%3Fc%23d')
  })

  test('does not look at what a value brings along', () => {
    expect(ruled('/:a/:b /:a', '/:b/x')).toBe('send 301 /:b')
    expect(ruled('/:toString/:constructor /:constructor', '/x/y')).toBe('send 301 /y')
    expect(ruled('/x /:constructor', '/x')).toBe('send 301 /:constructor')
  })
})

describe('a _redirects file', () => {
  test('loses the lines that are wrong alone', () => {
    const file = `/a /b\n/c\n/d /e 302 Language=de\n/f ${'/f'.repeat(500)}\n/g https://x.example/ 200\n/h /i\r\n`
    expect(['/a', '/c', '/d', '/f', '/g', '/h'].map((path) => ruled(file, path))).toEqual([
      'send 301 /b',
      null,
      null,
      null,
      null,
      'send 301 /i'
    ])
  })

  test('has at most 10,000 rules, and 1,000 with placeholders', () => {
    const rules = Array.from({ length: 10_000 }, (_, n) => `/${n} /x`)
    expect(ruled(rules.join('\n'), '/9999')).toBe('send 301 /x')
    expect(ruled([...rules, '/y /z'].join('\n'), '/y')).toBe(null)
    const patterns = Array.from({ length: 1_000 }, (_, n) => `/${n}/* /x`)
    expect(ruled(patterns.join('\n'), '/999/1')).toBe('send 301 /x')
    const more = [...patterns, '/y/* /z', '/w /z'].join('\n')
    expect([ruled(more, '/y/1'), ruled(more, '/w')]).toEqual([null, 'send 301 /z'])
  })

  test('of the largest size is read and asked in no time', () => {
    const before = performance.now()
    const rules = parseRedirects(Array.from({ length: 1_000 }, (_, n) => `/:a/:b/:c/${n}/* /x`).join('\n'))
    for (let i = 0; i < 10; i++) rules.ruleFor('/a'.repeat(8_000))
    expect(performance.now() - before).toBeLessThan(1_000)
  })
})

test.each([
  ['/b', '', '/b'],
  ['/b', '?', '/b'],
  ['/b', '?x=1', '/b?x=1'],
  ['/b?y=2', '?x=1', '/b?y=2&x=1'],
  ['/b?y=2&z=3&w', '?y=1&w=2', '/b?z=3&y=1&w=2'],
  ['/b?y=2#part', '?y=1&y=3', '/b?y=1&y=3#part'],
  ['/b#part', '?x=1', '/b?x=1#part'],
  ['/b', '?x=\x80', '/b?x=%C2%80']
])('to %s the query %j is added: %s', (location, query, expected) => {
  expect(withQuery(location, query)).toBe(expected)
})
