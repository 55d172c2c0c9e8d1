import { expect, test } from 'vitest'
import { readRange } from '../../src/mirror/byte-range.js'

test.each([
  ['bytes=0-0', { start: 0, end: 0 }],
  ['bytes=2-5', { start: 2, end: 5 }],
  ['Bytes=2-', { start: 2, end: 9 }],
  ['bytes=2-99999999999999999999999999', { start: 2, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-30', { start: 0, end: 9 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  [undefined, null],
  ['', null],
  ['bytes=', null],
  ['bytes=-', null],
  ['bytes=5-2', null],
  ['bytes=0-1,3-4', null],
  ['bytes=0-1, bytes=3-4', null],
  ['bytes=a-b', null],
  ['bytes=0x1-2', null],
  ['lines=0-1', null],
  [`bytes=0-1${',0-1'.repeat(10_000)}`, null],
  [`bytes=${'1'.repeat(10_000)}-`, null]
])('of ten bytes %s is %o', (header, expected) => {
  expect(readRange(header, 10)).toEqual(expected)
})

test('nothing is no part of an empty file', () => {
  expect(readRange('bytes=0-', 0)).toBe('unsatisfiable')
  expect(readRange('bytes=-1', 0)).toBe('unsatisfiable')
})
