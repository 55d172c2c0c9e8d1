import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { isStillHeld, readCompleteMark, writeCompleteMark } from '../src/copy/complete-mark.js'
import { tempDir } from './support/folders.js'

const mark = { version: 5, fork: 1, blobsLength: 9, blobsFork: 1, proof: null }

test('a mark is read as it was written', () => {
  const file = path.join(tempDir(), 'complete.json')
  writeCompleteMark(file, { ...mark, version: 4 })
  writeCompleteMark(file, mark)
  expect(readCompleteMark(file)).toEqual(mark)
})

test.each([
  '',
  '{}',
  'null',
  '[1]',
  '{"version":-1,"fork":0,"blobsLength":0,"blobsFork":0}',
  '{"version":"5"}'
])('a damaged mark counts as none: %s', (text) => {
  const file = path.join(tempDir(), 'complete.json')
  expect(readCompleteMark(file)).toBeNull()
  writeFileSync(file, text)
  expect(readCompleteMark(file)).toBeNull()
})

test('a mark holds for a copy that grew, and for none that was cut or reorganised', () => {
  expect(isStillHeld(mark, mark)).toBe(true)
  expect(isStillHeld(mark, { ...mark, version: 6, blobsLength: 20 })).toBe(true)
  expect(isStillHeld(mark, { ...mark, version: 4 })).toBe(false)
  expect(isStillHeld(mark, { ...mark, blobsLength: 8 })).toBe(false)
  expect(isStillHeld(mark, { ...mark, fork: 2, version: 6 })).toBe(false)
  expect(isStillHeld(mark, { ...mark, blobsFork: 2 })).toBe(false)
  expect(isStillHeld({ ...mark, version: 0 }, mark)).toBe(false)
})
