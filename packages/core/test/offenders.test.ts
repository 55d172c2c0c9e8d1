import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Offenders } from '../src/holepunch/offenders.js'

const MINUTE = 60_000
const KEY = randomBytes(32)

test('who offends three times is refused for ten minutes, and twice as long each time after', () => {
  let now = 0
  const offenders = new Offenders(() => now)
  for (let time = 0; time < 2; time++) offenders.record(KEY)
  expect(offenders.isRefused(KEY)).toBe(false)
  offenders.record(KEY)
  now += 10 * MINUTE - 1
  expect(offenders.isRefused(KEY)).toBe(true)
  now += 1
  expect(offenders.isRefused(KEY)).toBe(false)
  offenders.record(KEY)
  now += 20 * MINUTE - 1
  expect(offenders.isRefused(KEY)).toBe(true)
  expect(offenders.isRefused(randomBytes(32))).toBe(false)
})

test('who behaved for an hour is as new', () => {
  let now = 0
  const offenders = new Offenders(() => now)
  for (let time = 0; time < 3; time++) offenders.record(KEY)
  now += 71 * MINUTE
  offenders.record(KEY)
  expect(offenders.isRefused(KEY)).toBe(false)
})

test('an address is refused when nine came from there, whatever their keys, and this machine’s never', () => {
  const offenders = new Offenders(() => 0)
  const some = () => randomBytes(32)
  for (let time = 0; time < 8; time++) {
    offenders.record(some(), '203.0.113.5')
    for (const local of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) offenders.record(some(), local)
    // One network of 64 bits is one customer.
    offenders.record(some(), `2001:db8:1:2::${time}`)
  }
  expect(offenders.isRefused(some(), '203.0.113.5')).toBe(false)
  offenders.record(some(), '::ffff:203.0.113.5')
  offenders.record(some(), '2001:db8:1:2:3::9')
  expect(offenders.isRefused(some(), '203.0.113.5')).toBe(true)
  expect(offenders.isRefused(some(), '2001:db8:1:2:ffff::1')).toBe(true)
  expect(offenders.isRefused(some(), '203.0.113.6')).toBe(false)
  expect(offenders.isRefused(some(), '127.0.0.1')).toBe(false)
})

test('an address of IPv6 belongs to its network however it is written', () => {
  for (const [written, same, other] of [
    ['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:db8:0:1::1'],
    ['2001:db8::4:5:6:7', '2001:0db8:0000:0000:1::', '2001:db8:1::1'],
    ['1::2:3:4:5:6:7', '1:0:2:3::', '1:2:3:4::']
  ] as const) {
    const offenders = new Offenders(() => 0)
    for (let time = 0; time < 9; time++) offenders.record(randomBytes(32), written)
    expect([written, offenders.isRefused(randomBytes(32), same)]).toEqual([written, true])
    expect([written, offenders.isRefused(randomBytes(32), other)]).toEqual([written, false])
  }
})

test('a host of one-time keys takes bounded memory, and the last ones are remembered', () => {
  const offenders = new Offenders(() => 0)
  for (let n = 0; n < 10_000; n++) offenders.record(randomBytes(32))
  expect(offenders.size).toBe(4_096)
  for (let time = 0; time < 3; time++) offenders.record(KEY)
  for (let n = 0; n < 1_000; n++) offenders.record(randomBytes(32))
  expect(offenders.isRefused(KEY)).toBe(true)
})
