import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { tempDir } from './support/workshop.js'
import { describe, expect, test } from 'vitest'

const bundle = fileURLToPath(new URL('../bundle', import.meta.url))
const SEAL_BYTES = 32

/** Uses the bundle in a process whose folder for caches is in `home`. @returns what it printed */
function useBundle(home: string, { dir = bundle, env = {} as Record<string, string> } = {}): string {
  const script = `
    const { describeProgress, linkOf } = await import(${JSON.stringify(pathToFileURL(path.join(dir, 'index.js')).href)})
    const { checkSite } = await import(${JSON.stringify(pathToFileURL(path.join(dir, 'content-entry.js')).href)})
    console.log(linkOf('key'), typeof describeProgress, typeof checkSite)`
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, HOME: home, XDG_CACHE_HOME: home, LOCALAPPDATA: home, CI: '', ...env }
  })
}

function keptIn(home: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted()
}

/** Another one for a file that was written again. */
function stamps(home: string): Record<string, number> {
  return Object.fromEntries(keptIn(home).map((file) => [path.basename(file), statSync(file).ino]))
}

describe('what was compiled of a bundle', () => {
  test('is kept, and the next process begins with it', () => {
    const home = tempDir()
    const printed = useBundle(home)
    expect(printed).toContain('hyper://key/')
    const kept = stamps(home)
    expect(Object.keys(kept)).toContainEqual(expect.stringMatching(/^index-.*\.cjs-/))
    expect(useBundle(home)).toBe(printed)
    expect(stamps(home)).toEqual(kept)
  })

  test('is compiled anew when the kept bytes are damaged, in whatever place', () => {
    const home = tempDir()
    const printed = useBundle(home)
    const kept = keptIn(home)
    const whole = kept.map((file) => readFileSync(file))
    for (const damage of [flipInside, flipSeal, cutOff, emptied]) {
      kept.forEach((file, at) => writeFileSync(file, damage(whole[at]!)))
      const before = stamps(home)
      expect(useBundle(home)).toBe(printed)
      const mended = stamps(home)
      for (const [name, stamp] of Object.entries(before)) expect(mended[name]).not.toBe(stamp)
      expect(useBundle(home)).toBe(printed)
      expect(stamps(home)).toEqual(mended)
    }
  })

  test('is not used for a file that was edited since, though it has as many bytes as before', () => {
    const home = tempDir()
    const dir = path.join(tempDir(), 'bundle')
    cpSync(bundle, dir, { recursive: true })
    expect(useBundle(home, { dir })).toContain('hyper://key/')
    for (const name of readdirSync(dir).filter((each) => each.endsWith('.cjs'))) {
      const file = path.join(dir, name)
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('hyper://', 'hypes://'))
    }
    expect(useBundle(home, { dir })).toContain('hypes://key/')
  })

  test('is not kept where it cannot be written, nor on a machine that builds once', () => {
    const home = path.join(tempDir(), 'file')
    writeFileSync(home, '')
    expect(useBundle(home)).toContain('hyper://key/')
    const fresh = tempDir()
    expect(useBundle(fresh, { env: { CI: '1' } })).toContain('hyper://key/')
    expect(keptIn(fresh)).toEqual([])
  })

  test.skipIf(process.platform === 'win32')('is not taken from a folder that others can write to', () => {
    const home = tempDir()
    const printed = useBundle(home)
    const kept = keptIn(home)
    for (const file of kept) {
      const damaged = flipInside(readFileSync(file)).subarray(SEAL_BYTES)
      writeFileSync(file, Buffer.concat([createHash('sha256').update(damaged).digest(), damaged]))
    }
    chmodSync(path.dirname(kept[0]!), 0o777)
    expect(useBundle(home)).toBe(printed)
  })
})

/** Every 97th bit of the code is another one. */
function flipInside(bytes: Buffer): Buffer {
  const damaged = Buffer.from(bytes)
  for (let at = SEAL_BYTES + 64; at < damaged.length; at += 97) damaged[at]! ^= 1
  return damaged
}

function flipSeal(bytes: Buffer): Buffer {
  const damaged = Buffer.from(bytes)
  damaged[0]! ^= 1
  return damaged
}

function cutOff(bytes: Buffer): Buffer {
  return bytes.subarray(0, -1000)
}

function emptied(): Buffer {
  return Buffer.alloc(0)
}
