import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createFile, replaceFile } from '../src/disk/durable-file.js'
import { canMount, smallDisk } from './support/small-disk.js'
import { tempDir } from './support/workshop.js'

test('who cannot write a file is told its name and why, and not the name of a temporary one', () => {
  const file = path.join(tempDir(), 'gone', 'sitedrive.json')
  const error = expect.objectContaining({
    code: 'DATA_DIR_UNUSABLE',
    message: `\`${file}\` cannot be used: ENOENT: no such file or directory. Mend its owner and permissions, then try again.`
  }) as Error
  expect(() => replaceFile(file, 'text')).toThrow(error)
  expect(() => createFile(file, 'text', 0o644)).toThrow(error)
})

test.skipIf(!canMount)('a text of which a part has room on the disk replaces nothing', () => {
  const { dir, fill } = smallDisk('4m')
  const file = path.join(dir, 'state.json')
  replaceFile(file, 'before')
  const room = path.join(dir, 'room')
  writeFileSync(room, Buffer.alloc(100_000))
  fill()
  rmSync(room)
  expect(() => replaceFile(file, 'x'.repeat(500_000))).toThrow(
    expect.objectContaining({ code: 'DISK_FULL' }) as Error
  )
  expect(readFileSync(file, 'utf8')).toBe('before')
})
