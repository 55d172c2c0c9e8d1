import { describe, expect, test } from 'vitest'
import type { Head } from '../src/machine/signed-head.js'
import { nextFork, standingOf } from '../src/session/standing.js'

const STORE = { version: 10, fork: 0, blobsLength: 20, indexHash: 'aa' }
const HEAD: Head = { ...STORE, release: 3, exclusive: true, intent: null }

describe('the standing of a machine', () => {
  test('is alone when nobody else has the key and the store is what was signed', () => {
    expect(standingOf(HEAD, STORE)).toEqual({ kind: 'alone' })
  })

  test('is shared when the key was ever exported or restored', () => {
    expect(standingOf({ ...HEAD, exclusive: false }, STORE)).toEqual({ kind: 'shared' })
  })

  test('is unfinished after a publish that did not end, however far it got', () => {
    const intent = { version: 15, fork: 0, blobsLength: 30 }
    expect(standingOf({ ...HEAD, intent }, STORE)).toEqual({ kind: 'unfinished' })
    expect(standingOf({ ...HEAD, intent }, { ...STORE, blobsLength: 25 })).toEqual({ kind: 'unfinished' })
    expect(standingOf({ ...HEAD, intent: { ...intent, fork: 9 } }, { ...STORE, fork: 9 })).toEqual({
      kind: 'unfinished'
    })
  })

  test('is shared when the store holds more than was noted here', () => {
    expect(standingOf(HEAD, { ...STORE, version: 11 })).toEqual({ kind: 'shared' })
    expect(standingOf(HEAD, { ...STORE, fork: 5, version: 2 })).toEqual({ kind: 'shared' })
  })

  test.each([
    ['index', { version: 9 }],
    ['blobs', { blobsLength: 19 }],
    ['index, being another of the same length', { indexHash: 'bb' }]
  ])('is behind when the store lacks something of its %s', (_what, lacking) => {
    expect(standingOf(HEAD, { ...STORE, ...lacking })).toMatchObject({ kind: 'behind' })
  })

  test('is behind when the store is at a lower fork', () => {
    expect(standingOf({ ...HEAD, fork: 7 }, STORE)).toMatchObject({ kind: 'behind' })
  })

  test('is behind when nothing is known of what was signed', () => {
    expect(standingOf(null, STORE)).toMatchObject({ kind: 'behind' })
    expect(standingOf(null, { ...STORE, version: 0 })).toMatchObject({ kind: 'behind' })
  })
})

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
