import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Offenders } from '../src/holepunch/offenders.js'

const MINUTE = 60_000
const KEY = randomBytes(32)

test('who offends three times is refused for ten minutes, and twice as long each time after', () => {
  let now = 0
  const offenders = new Offenders(() => now)
  for (let time = 0; time < 2; time++) offenders.note(KEY)
  expect(offenders.refuses(KEY)).toBe(false)
  offenders.note(KEY)
  now += 10 * MINUTE - 1
  expect(offenders.refuses(KEY)).toBe(true)
  now += 1
  expect(offenders.refuses(KEY)).toBe(false)
  offenders.note(KEY)
  now += 20 * MINUTE - 1
  expect(offenders.refuses(KEY)).toBe(true)
  expect(offenders.refuses(randomBytes(32))).toBe(false)
})

test('who behaved for an hour is as new', () => {
  let now = 0
  const offenders = new Offenders(() => now)
  for (let time = 0; time < 3; time++) offenders.note(KEY)
  now += 71 * MINUTE
  offenders.note(KEY)
  expect(offenders.refuses(KEY)).toBe(false)
})

test('an address is refused when nine came from there, whatever their keys, and this machine’s never', () => {
  const offenders = new Offenders(() => 0)
  const some = () => randomBytes(32)
  for (let time = 0; time < 8; time++) {
    offenders.note(some(), '203.0.113.5')
    for (const local of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) offenders.note(some(), local)
    // One network of 64 bits is one customer.
    offenders.note(some(), `2001:db8:1:2::${time}`)
  }
  expect(offenders.refuses(some(), '203.0.113.5')).toBe(false)
  offenders.note(some(), '::ffff:203.0.113.5')
  offenders.note(some(), '2001:db8:1:2:3::9')
  expect(offenders.refuses(some(), '203.0.113.5')).toBe(true)
  expect(offenders.refuses(some(), '2001:db8:1:2:ffff::1')).toBe(true)
  expect(offenders.refuses(some(), '203.0.113.6')).toBe(false)
  expect(offenders.refuses(some(), '127.0.0.1')).toBe(false)
})

test('an address of IPv6 belongs to its network however it is written', () => {
  for (const [written, same, other] of [
    ['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:db8:0:1::1'],
    ['2001:db8::4:5:6:7', '2001:0db8:0000:0000:1::', '2001:db8:1::1'],
    ['1::2:3:4:5:6:7', '1:0:2:3::', '1:2:3:4::']
  ] as const) {
    const offenders = new Offenders(() => 0)
    for (let time = 0; time < 9; time++) offenders.note(randomBytes(32), written)
    expect([written, offenders.refuses(randomBytes(32), same)]).toEqual([written, true])
    expect([written, offenders.refuses(randomBytes(32), other)]).toEqual([written, false])
  }
})

test('a host of one-time keys takes bounded memory, and the last ones are remembered', () => {
  const offenders = new Offenders(() => 0)
  for (let n = 0; n < 10_000; n++) offenders.note(randomBytes(32))
  expect(offenders.size).toBe(4_096)
  for (let time = 0; time < 3; time++) offenders.note(KEY)
  for (let n = 0; n < 1_000; n++) offenders.note(randomBytes(32))
  expect(offenders.refuses(KEY)).toBe(true)
})
