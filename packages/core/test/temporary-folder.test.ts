import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { makeTemporaryFolder, removeTemporaryFolder } from '../src/disk/temporary-folder.js'

test('a temporary folder is removed with what is in it', async () => {
  const dir = await makeTemporaryFolder()
  writeFileSync(path.join(dir, 'block'), 'bytes')
  await removeTemporaryFolder(dir)
  expect(existsSync(dir)).toBe(false)
})

test('a temporary folder that cannot be removed fails nothing', async () => {
  const dir = await makeTemporaryFolder()
  const file = path.join(dir, 'file')
  writeFileSync(file, '')
  await removeTemporaryFolder(path.join(file, 'no folder'))
  expect(existsSync(file)).toBe(true)
  await removeTemporaryFolder(dir)
})
