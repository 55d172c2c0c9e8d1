import { expect, test } from 'vitest'
import type { Finding } from '../src/content/content-types.js'
import { describeFinding } from '../src/outcome/report.js'
import { formatBytes, plural, printable } from '../src/text.js'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [99_400, '99.4 kB'],
  [123_456, '123 kB'],
  [999_600, '1.0 MB'],
  [3_000_000_000, '3.0 GB']
])('%i bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test('numbers of files have their plural and their separators', () => {
  expect([plural(1, 'file'), plural(2, 'file'), plural(10_100, 'file')]).toEqual([
    '1 file',
    '2 files',
    '10,100 files'
  ])
})

test('control characters and text direction marks are made visible', () => {
  expect(printable('a\u001b[31mred\u202egpj.exe\nb')).toBe('a\uFFFD[31mred\uFFFDgpj.exe\uFFFDb')
})

test('a finding is one line: where, what is wrong, and what to do', () => {
  const finding: Finding = {
    check: 'broken-link',
    level: 'error',
    path: '/a/index.html',
    alsoIn: [],
    count: 1,
    source: null,
    line: 7,
    value: '/b/',
    what: 'The link `/b/` leads nowhere.',
    remedy: 'Mend\u001b it.'
  }
  expect(describeFinding(finding)).toBe('/a/index.html:7: The link `/b/` leads nowhere. Mend\uFFFD it.')
  expect(describeFinding({ ...finding, source: 'src/a.md', line: null })).toMatch(/^src\/a\.md: The link/)
})
