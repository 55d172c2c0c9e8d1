import { describe, expect, test } from 'vitest'
import { parseRedirects, withQuery } from '../../src/mirror/redirect-rules.js'

function ruled(file: string, path: string): string | null {
  const found = parseRedirects(file).ruleFor(path)
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
    ['/a /b', '/a/', null],
    ['/a /b', '/A', null],
    ['/a https://example.org/x?y=1#z', '/a', 'send 301 https://example.org/x?y=1#z'],
    ['/a //example.org/x', '/a', 'error'],
    ['/news/* /blog/:splat', '/news/2024/x', 'send 301 /blog/2024/x'],
    ['/news/* /blog/:splat', '/news/', 'send 301 /blog/'],
    ['/news/* /blog/:splat', '/news', null],
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
    ['/x* /y', '/x', 'error'],
    ['/*/x /y', '/x', 'error'],
    ['/a', '/a', 'error'],
    ['a /b', '/a', 'error'],
    ['/a /b 418', '/a', 'error'],
    ['/a /b 301 Country=de', '/a', 'error'],
    ['/a https://example.org/ 200', '/a', 'error'],
    ['/a https://example.org/ 404', '/a', 'error'],
    ['/a javascript:alert(1)', '/a', 'error'],
    ['/a data:text/html,x', '/a', 'error'],
    ['/a ftp://example.org/', '/a', 'error'],
    ['/a /\\example.org', '/a', 'error'],
    ['/a https:///example.org', '/a', 'error'],
    ['/:host https://:host/', '/a', 'error'],
    ['/%zz /b', '/a', 'error'],
    ['# /a /b\n\n   \n', '/a', null]
  ])('%j makes of %s: %s', (file, path, expected) => {
    if (expected === 'error') expect(() => parseRedirects(file)).toThrow(/^Line 1 of _redirects /)
    else expect(ruled(file, path)).toBe(expected)
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
  test('is refused with the number of the line that is wrong', () => {
    expect(() => parseRedirects('/a /b\n\n# c\n/d\n')).toThrow('Line 4 of _redirects names no target.')
    expect(() => parseRedirects(`/a /b\r\n/a ${'/b'.repeat(500)}`)).toThrow(/^Line 2 of _redirects is longer/)
  })

  test('has at most 2,000 rules', () => {
    const rules = Array.from({ length: 2_000 }, (_, n) => `/${n} /x`)
    expect(ruled(rules.join('\n'), '/1999')).toBe('send 301 /x')
    expect(() => parseRedirects([...rules, '/y /z'].join('\n'))).toThrow(
      /^Line 2001 of _redirects is one too many/
    )
  })

  test('of the largest size is read and asked in no time', () => {
    const before = performance.now()
    const rules = parseRedirects(Array.from({ length: 2_000 }, (_, n) => `/:a/:b/:c/${n}/* /x`).join('\n'))
    for (let i = 0; i < 10; i++) rules.ruleFor('/a'.repeat(8_000))
    expect(performance.now() - before).toBeLessThan(1_000)
  })
})

test.each([
  ['/b', '', '/b'],
  ['/b', '?', '/b'],
  ['/b', '?x=1', '/b?x=1'],
  ['/b?y=2', '?x=1', '/b?y=2&x=1'],
  ['/b#part', '?x=1', '/b?x=1#part'],
  ['/b', '?x=\x80', '/b?x=%C2%80']
])('to %s the query %j is added: %s', (location, query, expected) => {
  expect(withQuery(location, query)).toBe(expected)
})
