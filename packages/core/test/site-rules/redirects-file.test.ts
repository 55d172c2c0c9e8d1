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
  ['https://x.example/a /b', []],
  ['/a?b=1 /b', ['1 from-query=/a?b=1']],
  ['/a#b /b', ['1 from-fragment=/a#b']],
  ['/a/:b.html /b', ['1 placeholder-part=:b.html']],
  ['/:a/:b/:a /b', ['1 placeholder-twice=:a']],
  ['/a /b/:splat', ['1 splat=/b/:splat']],
  ['/:splat /b/:splat', []],
  ['/a /b 418', ['1 status=418']],
  ['/a /b\r\n/a /b 301 x', ['2 more=x']],
  ['/a*b /c', ['1 path=/a*b']],
  ['/%2A/x /c', ['1 path=/%2A/x']],
  ['/%ff /c', ['1 path=/%ff']],
  ['/100% /c', []],
  [`${placeholders(21)} /b`, [`1 placeholder-count=${placeholders(21)}`]],
  ['/a /b\\c', ['1 target=/b\\c']],
  ['/a /b\\c 200', ['1 shown-elsewhere=/b\\c']],
  ['/a id=:id /b/:id 301', ['1 query=id=:id', '1 more=301', '1 status=/b/:id', '1 target=id=:id']],
  ['/a /b 302 Country=de', ['1 condition=Country=de', '1 more=Country=de']],
  [`/a /b # ${'x'.repeat(1_000)}`, ['1 line-length=']],
  [`# ${'x'.repeat(1_000)}`, []],
  [' '.repeat(1_001), []]
])('the faults of %j are %j', (text, expected) => {
  expect(faults(text)).toEqual(expected)
})

test('the first rule that is one too many has a fault, and no later one is used', () => {
  const text = Array.from({ length: 10_003 }, (_, n) => `/${n} /x`).join('\n')
  expect(faults(text)).toEqual(['10001 rule-count='])
  expect(readRedirectsFile(text).rules).toHaveLength(10_000)
  const patterns = Array.from({ length: 1_003 }, (_, n) => `/${n}/* /x\n/${n} /y`).join('\n')
  expect(faults(patterns)).toEqual(['2001 pattern-count='])
  expect(readRedirectsFile(patterns).rules).toHaveLength(2_003)
})

test('the rules that match come in their order, whether or not they have placeholders', () => {
  const file = '/a/b /one\n/:x/* /two\n/a/c /three\n/a/b/ /four\nhttps://h.example/a/* /five'
  const match = redirectMatcher(readRedirectsFile(file).rules)
  const found = (path: string, host?: string) => [...match(path, host)].map(({ rule }) => rule.target)
  expect(found('/a/b')).toEqual(['/one', '/two', '/four'])
  expect(found('/a/b/')).toEqual(['/one', '/two', '/four'])
  expect(found('/a/c', 'h.example')).toEqual(['/two', '/three', '/five'])
  expect([...match('/a/c')][0]?.captures).toEqual({ x: 'a', splat: 'c' })
  expect(found('/a')).toEqual(['/two'])
  expect(found('/')).toEqual([])
})

test('of a line that cannot be used the paths that it is meant for are known', () => {
  const [first, second] = readRedirectsFile('/a/:b /c 418\na /b').unusable
  expect(first?.matches?.('/a/x')).toEqual({ b: 'x' })
  expect(second?.matches).toBe(null)
})
