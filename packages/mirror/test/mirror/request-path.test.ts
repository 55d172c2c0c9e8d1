import { expect, test } from 'vitest'
import { encodePath, readRequestPath } from '../../src/mirror/request-path.js'

test.each([
  ['/100%/', '/100%/'],
  ['/100%25/', '/100%/'],
  ['/100%', '/100%'],
  ['/50%-off', '/50%-off'],
  ['/a%20b%', '/a b%'],
  ['/%zz%41', '/%zzA'],
  ['/%25zz', '/%zz'],
  ['/%2541', '/%41'],
  ['/%c3%bc', '/ü']
])('%s is the address of %s', (encoded, path) => {
  expect(readRequestPath(encoded)).toBe(path)
  expect(readRequestPath(encodePath(path))).toBe(path)
})

test.each(['/%E0%A4%A', '/%ff', '/a%00', '/%5c', '/%2e%2e/x', '/..', '/.', 'x', '*', ''])(
  '%j is the address of no file',
  (encoded) => expect(readRequestPath(encoded)).toBeNull()
)

test('a path of percent signs is read in linear time', () => {
  const startedAt = performance.now()
  expect(readRequestPath(`/${'%'.repeat(1_000_000)}`)).toHaveLength(1_000_001)
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})
