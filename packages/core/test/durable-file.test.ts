import path from 'node:path'
import { expect, test } from 'vitest'
import { createFile, replaceFile } from '../src/disk/durable-file.js'
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
