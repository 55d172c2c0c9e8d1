import { expect, test } from 'vitest'
import { KnownSources } from '../src/history/known-sources.js'

test('what a build does not name stays known, and only what is new is handed on', () => {
  const known = new KnownSources()
  expect(known.add({ '/a': 'a.md', '/b': 'b.md' })).toEqual({ '/a': 'a.md', '/b': 'b.md' })
  expect(known.add({ '/a': 'a.md', '/b': 'c.md' })).toEqual({ '/b': 'c.md' })
  expect(known.add(undefined)).toEqual({})
  expect(known.all).toEqual({ '/a': 'a.md', '/b': 'c.md' })
})
