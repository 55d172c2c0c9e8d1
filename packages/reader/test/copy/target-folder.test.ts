import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { PARTIAL_FILE, TargetFolder } from '../../src/copy/target-folder.js'
import { canMount, smallDisk } from '../../../core/test/support/small-disk.js'
import { tempDir } from '../../../mirror/test/support/folders.js'

const ORIGINAL = { key: 'y'.repeat(52), version: 2, fork: 0 }

function content(text: string) {
  const bytes = Buffer.from(text)
  return {
    byteLength: bytes.byteLength,
    hash: null,
    async *bytes() {
      yield bytes
    }
  }
}

/** A folder whose copy was broken off. */
function brokenOff(): string {
  const dir = path.join(tempDir(), 'copy')
  mkdirSync(dir)
  writeFileSync(path.join(dir, PARTIAL_FILE), JSON.stringify(ORIGINAL))
  return dir
}

describe('files of a site', () => {
  test('whose names are the same on its disk do not replace each other, when the copy goes on', async () => {
    const dir = brokenOff()
    const target = TargetFolder.open(dir, ORIGINAL)
    expect(await target.write('/Name.txt', content('first'))).toBeNull()
    // What a disk does that takes both names for the same one.
    linkSync(path.join(dir, 'Name.txt'), path.join(dir, 'name.txt'))
    expect(await target.write('/name.txt', content('second'))).toContain('the same name on this disk')
    expect(readFileSync(path.join(dir, 'Name.txt'), 'utf8')).toBe('first')
  })

  test('that are a file and a folder at once are named, and the first one stays', async () => {
    const target = TargetFolder.open(path.join(tempDir(), 'copy'), ORIGINAL)
    expect(await target.write('/a', content('file'))).toBeNull()
    expect(await target.write('/a/b', content('below'))).toContain('the same name on this disk')
    expect(await target.write('/c/d', content('below'))).toBeNull()
    expect(await target.write('/c', content('file'))).toContain('the same name on this disk')
  })

  test('that this program writes itself in a copy are not those of the site', async () => {
    for (const dir of [path.join(tempDir(), 'copy'), brokenOff()]) {
      const target = TargetFolder.open(dir, ORIGINAL)
      expect(await target.write(`/${PARTIAL_FILE}`, content('{}'))).toContain('the same name on this disk')
      expect(JSON.parse(readFileSync(path.join(dir, PARTIAL_FILE), 'utf8'))).toEqual(ORIGINAL)
    }
  })
})

test.skipIf(!canMount).each([300_000, 3_000_000])(
  'a file of %i bytes of which a part has room on the disk is not there, and the copy says so',
  async (byteLength) => {
    const { dir, fill, free } = smallDisk('4m')
    const target = TargetFolder.open(path.join(dir, 'copy'), ORIGINAL)
    const room = path.join(dir, 'room')
    writeFileSync(room, Buffer.alloc(byteLength / 2))
    fill()
    rmSync(room)
    const file = content('x'.repeat(byteLength))
    await expect(target.write('/a.txt', file)).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(existsSync(path.join(dir, 'copy/a.txt'))).toBe(false)
    free()
    expect(await target.write('/a.txt', file)).toBeNull()
  }
)

test('a copy of which nothing came leaves a folder that was there, and no other', () => {
  const [there, none] = [tempDir(), path.join(tempDir(), 'copy')]
  for (const dir of [there, none]) TargetFolder.open(dir, ORIGINAL).discardIfEmpty()
  expect([existsSync(there), existsSync(none)]).toEqual([true, false])
  expect(readdirSync(there)).toEqual([])
})

test.skipIf(!canMount)('a full disk ends a copy in words, and what is there is a part', async () => {
  const { dir, fill } = smallDisk('2m')
  const target = TargetFolder.open(path.join(dir, 'copy'), ORIGINAL)
  expect(await target.write('/a.txt', content('a'))).toBeNull()
  fill()
  const large = content('x'.repeat(1_000_000))
  await expect(target.write('/b.txt', large)).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining('run the same command again') as string
  })
  expect(readFileSync(path.join(dir, 'copy/a.txt'), 'utf8')).toBe('a')
})
