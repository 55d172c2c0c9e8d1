import { describe, expect, test } from 'vitest'
import { entityTag, matchesTag } from '../../src/mirror/entity-tag.js'

const state = { version: 5, fork: 1, blobsLength: 9, blobsFork: 1 }
const blob = { blockOffset: 3, blockLength: 1, byteOffset: 100, byteLength: 10 }

describe('an entity tag', () => {
  test('stays the same from release to release, as long as the bytes are the same blocks', () => {
    const later = { ...state, version: 50, blobsLength: 90 }
    expect(entityTag('key', later, blob)).toBe(entityTag('key', state, blob))
  })

  test('is another for other blocks, another length, another fork and another drive', () => {
    const tags = [
      entityTag('key', state, blob),
      entityTag('other', state, blob),
      entityTag('key', { ...state, fork: 2 }, blob),
      entityTag('key', { ...state, blobsFork: 2 }, blob),
      entityTag('key', state, { ...blob, blockOffset: 4 }),
      entityTag('key', state, { ...blob, byteLength: 11 })
    ]
    expect(new Set(tags).size).toBe(tags.length)
  })

  test('is found in a list, weak or strong, and in nothing that only looks like it', () => {
    for (const header of ['"a"', 'W/"a"', '*', '"b", "a"', ' W/"b" ,W/"a" '])
      expect(matchesTag(header, '"a"')).toBe(true)
    for (const header of [undefined, '', '"b"', 'a', '"a', '"aa"', 'w/"a"', '"b"a"', 'W/*']) {
      expect([header, matchesTag(header, '"a"')]).toEqual([header, false])
    }
  })
})
