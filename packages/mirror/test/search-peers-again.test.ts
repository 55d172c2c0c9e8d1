import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { searchAgain } from '../src/copy/search-peers-again.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('looks at growing intervals while nobody is there, and at once small ones after somebody was', () => {
  let isAlone = true
  const looks: number[] = []
  const startedAt = Date.now()
  const stop = searchAgain(
    () => isAlone,
    () => looks.push((Date.now() - startedAt) / 1_000)
  )
  vi.advanceTimersByTime(200_000)
  expect(looks).toEqual([1, 3, 7, 15, 31, 63, 123, 183])

  isAlone = false
  vi.advanceTimersByTime(100_000)
  expect(looks.length).toBe(8)
  isAlone = true
  vi.advanceTimersByTime(1_000)
  expect(looks.length).toBe(9)

  stop()
  vi.advanceTimersByTime(1_000_000)
  expect(looks.length).toBe(9)
})
