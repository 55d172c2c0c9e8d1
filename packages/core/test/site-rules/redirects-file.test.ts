import { expect, test } from 'vitest'
import { readRedirectsFile, redirectMatcher } from '../../src/site-rules/redirects-file.js'

/** The faults of each line that cannot be used, as `line fault=word`. */
function faults(text: string): string[] {
  return readRedirectsFile(text).unusable.flatMap(({ line, faults }) =>
    [...faults].map(([fault, word]) => `${line} ${fault}=${word}`)
  )
}

const placeholders = (count: number) => Array.from({ length: count }, (_, n) => `/:p${n}`).join('')

test.each([
  ['/a /b', []],
  ['# /a\n\n  /a /b 200! # c', []],
  ['/a%2F* /b', []],
  [`${placeholders(20)} /b`, []],
  ['/a', ['1 no-target=']],
  ['a /b', ['1 from=a']],
  ['/a /b 418', ['1 status=418']],
  ['/a /b\r\n/a /b 301 x', ['2 more=x']],
  ['/a*b /c', ['1 path=/a*b']],
  ['/%2A/x /c', ['1 path=/%2A/x']],
  ['/%zz /c', ['1 path=/%zz']],
  [`${placeholders(21)} /b`, [`1 placeholder-count=${placeholders(21)}`]],
  ['/a /b\\c', ['1 target=/b\\c']],
  ['/a /b\\c 200', ['1 shown-elsewhere=/b\\c']],
  ['/a id=:id /b/:id 301', ['1 query=id=:id', '1 more=301', '1 status=/b/:id', '1 target=id=:id']],
  ['/a /b 302 Country=de', ['1 condition=Country=de', '1 more=Country=de']],
  [`# ${'x'.repeat(1_000)}`, ['1 line-length=']],
  [' '.repeat(1_001), ['1 line-length=']]
])('the faults of %j are %j', (text, expected) => {
  expect(faults(text)).toEqual(expected)
})

test('the first rule that is one too many has a fault, and no later one is used', () => {
  const text = Array.from({ length: 2_003 }, (_, n) => `/${n} /x`).join('\n')
  expect(faults(text)).toEqual(['2001 rule-count='])
  expect(readRedirectsFile(text).rules).toHaveLength(2_000)
})

test('the first rule that matches counts, whether or not it has placeholders', () => {
  const match = redirectMatcher(readRedirectsFile('/a/b /one\n/:x/* /two\n/a/c /three').rules)
  expect(match('/a/b')?.rule.target).toBe('/one')
  expect(match('/a/c')).toMatchObject({ rule: { target: '/two' }, captures: { x: 'a', splat: 'c' } })
  expect(match('/a')).toBe(null)
})

test('of a line that cannot be used the paths that it is meant for are known', () => {
  const [first, second] = readRedirectsFile('/a/:b /c 418\na /b').unusable
  expect(first?.matches?.('/a/x')).toEqual({ b: 'x' })
  expect(second?.matches).toBe(null)
})
