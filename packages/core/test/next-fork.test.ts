import { describe, expect, test } from 'vitest'
import { nextFork } from '../src/session/next-fork.js'

describe('a fork number', () => {
  test('is above any that was seen, differs between two machines at one moment, and stays exact until 2109', () => {
    expect(nextFork([0, 2 ** 52])).toBeGreaterThan(2 ** 52)
    const ahead = Date.now() * 4096 // a clock that was wrong once
    expect(new Set(Array.from({ length: 50 }, () => nextFork([ahead]))).size).toBeGreaterThan(40)
    const now = Date.now()
    expect(new Set(Array.from({ length: 50 }, () => nextFork([], now))).size).toBeGreaterThan(30)
    expect(nextFork([], Date.UTC(2109, 0, 1))).toBeLessThan(Number.MAX_SAFE_INTEGER)
  })
})
