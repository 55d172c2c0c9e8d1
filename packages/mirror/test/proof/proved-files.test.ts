import { statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ProvedFiles } from '../../src/proof/proved-files.js'
import { tempDir } from '../support/folders.js'

const blob = (blockOffset: number, blockLength = 1) => ({
  blockOffset,
  blockLength,
  byteOffset: blockOffset * 10,
  byteLength: 10
})
const CLAIM = 'a'.repeat(43)

test('what was proved is known after a restart, by its place and its hash', () => {
  const file = path.join(tempDir(), 'proved.bin')
  const proved = new ProvedFiles(file, 5)
  proved.add(blob(0), CLAIM)
  expect(proved.has(blob(0), CLAIM)).toBe(true)
  proved.save(5)
  proved.add(blob(1), CLAIM)
  proved.save(5)
  const again = new ProvedFiles(file, 5)
  expect(again.has(blob(0), CLAIM)).toBe(true)
  expect(again.has(blob(1), CLAIM)).toBe(true)
  expect(again.has(blob(0), 'b'.repeat(43))).toBe(false)
  expect(again.has({ ...blob(0), byteLength: 9 }, CLAIM)).toBe(false)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(file).size).toBeLessThan(100)
})

test('a move to another fork leaves what lies below the cut, then and after a restart', () => {
  const file = path.join(tempDir(), 'proved.bin')
  const proved = new ProvedFiles(file, 5)
  for (const at of [0, 1, 2]) proved.add(blob(at, 2), CLAIM)
  proved.save(5)
  proved.add(blob(7), CLAIM)
  proved.truncated(3)
  const left = (of: ProvedFiles) => [0, 1, 2, 7].filter((at) => of.has(blob(at, at === 7 ? 1 : 2), CLAIM))
  expect(left(proved)).toEqual([0, 1])
  proved.save(6)
  expect(left(new ProvedFiles(file, 6))).toEqual([0, 1])
})

test('a fork that the file does not speak of, and a file that is none, count as nothing', () => {
  const file = path.join(tempDir(), 'proved.bin')
  const proved = new ProvedFiles(file, 5)
  proved.add(blob(0), CLAIM)
  proved.save(5)
  expect(new ProvedFiles(file, 6).has(blob(0), CLAIM)).toBe(false)
  for (const content of ['', 'sdproof1', 'something else, longer than the head of it is']) {
    writeFileSync(file, content)
    const again = new ProvedFiles(file, 5)
    expect(again.has(blob(0), CLAIM)).toBe(false)
    again.add(blob(1), CLAIM)
    again.save(5)
    expect(new ProvedFiles(file, 5).has(blob(1), CLAIM)).toBe(true)
  }
})
