import { expect, test } from 'vitest'
import { readHeadersFile } from '../../src/site-rules/headers-file.js'

/** Each line that is passed over, as `line fault name`. */
function passedOver(text: string): string[] {
  return readHeadersFile(text).unusable.map(({ line, fault, name }) => `${line} ${fault} ${name}`.trim())
}

test('what stands under a path is read', () => {
  const [block, ...more] = readHeadersFile('# c\n/a%20b\n  X-A: b: c\n\n  ! Content-Type\n').blocks
  expect(more).toEqual([])
  expect(block).toMatchObject({ set: [['x-a', 'b: c']], removed: ['content-type'] })
  expect(block?.matches('/a b')).toBe(true)
})

test.each([
  ['/*\n  X-A: 1\n  ! X-A\n # c\n\n', []],
  ['  X-A: 1', ['1 outside']],
  ['X-A: 1\n/*\nX-A: 1', ['1 outside']],
  ['https://:p.pages.dev/*\n  X-A: 1\n  X-B', ['1 address']],
  ['/:a/*/b\n  X-A: 1', ['1 path']],
  ['/*\n  X-A', ['2 no-colon']],
  ['/*\n  Set-Cookie: a', ['2 name set-cookie']],
  ['/*\n  ! Set-Cookie', ['2 name set-cookie']],
  ['/*\n  X-A: ä', ['2 value x-a']],
  ['/*\n  X-A:', ['2 value x-a']],
  [`/*\n  X-A: ${'x'.repeat(4_000)}`, ['2 line-length']],
  [`# ${'x'.repeat(4_000)}`, []]
])('of %j is passed over: %j', (text, expected) => {
  expect(passedOver(text)).toEqual(expected)
})

test('white space around a line says nothing', () => {
  const { blocks, unusable } = readHeadersFile(' /a\nX-A: 1\n\t/b\n  X-B: 2\nhttps://x/\nX-C: 3\n/c\n! X-D')
  expect(blocks.map(({ set, removed }) => [set, removed])).toEqual([
    [[['x-a', '1']], []],
    [[['x-b', '2']], []],
    [[], ['x-d']]
  ])
  expect(blocks[1]?.matches('/b')).toBe(true)
  expect(unusable.map(({ line }) => line)).toEqual([5])
})

test('a header that reaches beyond the site is not set', () => {
  const text = '/*\n  Set-Cookie: a\n  X-Accel-Redirect: /etc/passwd\n  X-A: \0\n  X-B: 1'
  expect(readHeadersFile(text).blocks[0]?.set).toEqual([['x-b', '1']])
})

test('the first block that is one too many is told, and no later one is used', () => {
  const text = Array.from({ length: 503 }, (_, n) => `/${n}\n  X-A: ä`).join('\n')
  const { blocks, unusable } = readHeadersFile(text)
  expect(blocks).toHaveLength(500)
  expect(unusable.at(-1)).toEqual({ line: 1001, text: '/500', fault: 'block-count', name: '' })
})
