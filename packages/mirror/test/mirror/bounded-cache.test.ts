import { expect, test } from 'vitest'
import { BoundedCache } from '../../src/mirror/bounded-cache.js'

test('a cache never weighs more than its limit, and forgets what was used least recently', () => {
  const cache = new BoundedCache<number>(10_000)
  for (let i = 0; i < 100; i++) {
    cache.set(`k${i}`, i, 800)
    cache.get('k0')
    expect(cache.weight).toBeLessThanOrEqual(10_000)
  }
  expect(cache.get('k0')).toBe(0)
  expect(cache.get('k1')).toBeUndefined()
  expect(cache.get('k99')).toBe(99)
})

test('what alone is too heavy is not kept, and drives nothing out', () => {
  const cache = new BoundedCache<number>(1_000)
  cache.set('small', 1, 100)
  cache.set('large', 2, 1_000)
  expect([cache.get('small'), cache.get('large')]).toEqual([1, undefined])
})

test('an entry that is set again weighs once', () => {
  const cache = new BoundedCache<number>(1_000)
  for (let i = 0; i < 10; i++) cache.set('same', i, 100)
  expect([cache.size, cache.get('same')]).toEqual([1, 9])
  cache.delete('same')
  cache.delete('same')
  expect([cache.size, cache.weight]).toEqual([0, 0])
})
