import { expect, test } from 'vitest'
import * as zlib from 'node:zlib'
import { acceptedEncodings } from '../../src/mirror/accepted-encoding.js'

test.each([
  ['gzip, deflate, br, zstd', 'br zstd gzip'],
  ['zstd', 'zstd'],
  ['zstd, br;q=0.9, gzip;q=0.95', 'zstd gzip br'],
  ['zstd;q=0, gzip', 'gzip'],
  ['gzip', 'gzip'],
  ['X-GZIP', 'gzip'],
  ['br;q=0.1, gzip;q=0.9', 'gzip br'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br zstd gzip'],
  ['*;q=0', ''],
  ['gzip;q=0, *', 'br zstd'],
  ['identity', ''],
  ['brotli', ''],
  ['gzip;q=x', ''],
  ['', ''],
  [undefined, ''],
  ['gzip,'.repeat(10_000), '']
])('%s lets us use: %s', (header, expected) => {
  const has = (coding: string) => coding !== 'zstd' || 'createZstdCompress' in zlib
  expect(acceptedEncodings(header).join(' ')).toBe(expected.split(' ').filter(has).join(' '))
})

test('the same codings are the same array, however they are written', () => {
  expect(acceptedEncodings('br,gzip')).toBe(acceptedEncodings('gzip, br;q=1.0'))
  for (let i = 0; i < 2_000; i++) acceptedEncodings(`gzip, x${i}`)
  expect(acceptedEncodings('br,gzip')).toBe(acceptedEncodings('gzip, deflate, br'))
})
