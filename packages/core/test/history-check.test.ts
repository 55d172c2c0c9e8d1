import { describe, expect, test } from 'vitest'
import type { Head } from '../src/machine/signed-head.js'
import { checkHistory } from '../src/session/history-check.js'

const STORE = { version: 10, fork: 0, blobsLength: 20, indexHash: 'aa' }
const HEAD: Head = { ...STORE, release: 3, exclusive: true, intent: null }

describe('the history check of a machine', () => {
  test('is alone when nobody else has the key and the store is what was signed', () => {
    expect(checkHistory(HEAD, STORE)).toEqual({ kind: 'alone' })
  })

  test('is shared when the key was ever exported or restored', () => {
    expect(checkHistory({ ...HEAD, exclusive: false }, STORE)).toEqual({ kind: 'shared' })
  })

  test('is unfinished after a publish that did not end, however far it got', () => {
    const intent = { version: 15, fork: 0, blobsLength: 30 }
    expect(checkHistory({ ...HEAD, intent }, STORE)).toEqual({ kind: 'unfinished' })
    expect(checkHistory({ ...HEAD, intent }, { ...STORE, blobsLength: 25 })).toEqual({ kind: 'unfinished' })
    expect(checkHistory({ ...HEAD, intent: { ...intent, fork: 9 } }, { ...STORE, fork: 9 })).toEqual({
      kind: 'unfinished'
    })
  })

  test('is shared when the store holds more than was noted here', () => {
    expect(checkHistory(HEAD, { ...STORE, version: 11 })).toEqual({ kind: 'shared' })
    expect(checkHistory(HEAD, { ...STORE, fork: 5, version: 2 })).toEqual({ kind: 'shared' })
  })

  test.each([
    ['index', { version: 9 }],
    ['blobs', { blobsLength: 19 }],
    ['index, being another of the same length', { indexHash: 'bb' }]
  ])('is behind when the store lacks something of its %s', (_what, lacking) => {
    expect(checkHistory(HEAD, { ...STORE, ...lacking })).toMatchObject({ kind: 'behind' })
  })

  test('is behind when the store is at a lower fork', () => {
    expect(checkHistory({ ...HEAD, fork: 7 }, STORE)).toMatchObject({ kind: 'behind' })
  })

  test('is behind when nothing is known of what was signed', () => {
    expect(checkHistory(null, STORE)).toMatchObject({ kind: 'behind' })
    expect(checkHistory(null, { ...STORE, version: 0 })).toMatchObject({ kind: 'behind' })
  })
})
