import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readSealed, writeSealed } from '../src/disk/sealed-file.js'
import { tempDir } from './support/workshop.js'

test('is read as it was written, line breaks and all', () => {
  const file = path.join(tempDir(), 'file')
  writeSealed(file, 'test 1', 'one\ntwo\n')
  expect(readSealed(file, 'test 1')).toBe('one\ntwo\n')
})

test('counts as none when it is not there, of another format, cut short, or no file', () => {
  const dir = tempDir()
  const file = path.join(dir, 'file')
  expect(readSealed(file, 'test 1')).toBe(null)
  expect(readSealed(dir, 'test 1')).toBe(null)
  writeSealed(file, 'test 1', 'body')
  expect(readSealed(file, 'test 2')).toBe(null)
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -1))
  expect(readSealed(file, 'test 1')).toBe(null)
})
