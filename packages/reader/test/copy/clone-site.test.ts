import { hash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { cloneSite, type CloneOptions } from '../../src/copy/clone-site.js'
import { PARTIAL_FILE } from '../../src/copy/target-folder.js'
import type { SiteSource } from '../../src/site/site-source.js'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { HandMadeDrive } from '../../../mirror/test/support/hand-made-drive.js'
import { PublishedSite } from '../../../mirror/test/support/published-site.js'
import { until } from '../../../mirror/test/support/until.js'
import { fetched, never } from '../support/fetched.js'
import { VanillaDrive } from '../support/vanilla-drive.js'

/** The files of a folder and their bytes as hex of their sha256. */
function filesIn(dir: string): Record<string, string> {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(path.join(dir, name)).isFile()
  )
  return Object.fromEntries(
    names.toSorted().map((name) => [name, sha256(readFileSync(path.join(dir, name)))])
  )
}

function sha256(bytes: string | Buffer): string {
  return hash('sha256', bytes, 'hex')
}

function hashes(files: Record<string, string | Buffer>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files)
      .map(([name, bytes]): [string, string] => [name, sha256(bytes)])
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
  )
}

const clone = (drive: SiteSource, dir: string, options: Partial<CloneOptions> = {}) =>
  cloneSite(drive, { dir, signal: never, stallMs: 30_000, ...options })

/** The error of a clone that must fail. */
async function failed(cloning: Promise<unknown>): Promise<Error & { code: string }> {
  try {
    await cloning
  } catch (error) {
    return error as Error & { code: string }
  }
  throw new Error('it did not fail')
}

describe('a clone', () => {
  test('has the files of the newest release, byte for byte, and nothing else', async () => {
    const files = {
      'index.html': '<h1>Home</h1>',
      'posts/one/index.html': 'one',
      'big.bin': randomBytes(3_000_000),
      'empty.txt': '',
      'über.txt': 'u',
      '.well-known/security.txt': 'contact'
    }
    const site = new PublishedSite()
    await site.publish({ 'index.html': 'old', 'gone.html': 'gone' })
    await site.publish(files)
    await site.goOnline()
    const { drive } = await fetched(site.key)
    const dir = path.join(tempDir(), 'copy')
    const copied = await clone(drive, dir)
    expect(filesIn(dir)).toEqual(hashes(files))
    expect(copied).toMatchObject({ files: 6, leftOutCount: 0 })
  })

  test('has the files of an old release, when that is asked for', async () => {
    const site = new PublishedSite()
    await site.publish({ 'index.html': 'first' })
    await site.publish({ 'index.html': 'second', 'new.html': 'new' })
    await site.goOnline()
    const { drive } = await fetched(site.key)
    const dir = path.join(tempDir(), 'copy')
    await clone(drive, dir, { release: 1 })
    expect(filesIn(dir)).toEqual(hashes({ 'index.html': 'first' }))
    expect((await failed(clone(drive, path.join(tempDir(), 'none'), { release: 9 }))).code).toBe(
      'NO_SUCH_RELEASE'
    )
  })

  test('of a drive that plain Hyperdrive wrote has its files', async () => {
    const files = { 'index.html': 'plain', 'a/b/c.bin': randomBytes(500_000), empty: '' }
    const vanilla = await VanillaDrive.open()
    await vanilla.put(files)
    const { drive } = await fetched(vanilla.key)
    const dir = path.join(tempDir(), 'copy')
    await clone(drive, dir)
    expect(filesIn(dir)).toEqual(hashes(files))
  })

  test('leaves a folder alone that has other files, and one that is a file', async () => {
    const vanilla = await VanillaDrive.open()
    await vanilla.put({ 'index.html': 'site' })
    const { drive } = await fetched(vanilla.key)
    const dir = tempDir()
    writeFileSync(path.join(dir, 'mine.txt'), 'mine')
    expect(await failed(clone(drive, dir))).toMatchObject({
      code: 'DIR_INVALID',
      message: expect.stringContaining('not empty')
    })
    expect(await failed(clone(drive, path.join(dir, 'mine.txt')))).toMatchObject({ code: 'DIR_INVALID' })
    expect(filesIn(dir)).toEqual(hashes({ 'mine.txt': 'mine' }))
  })

  test('goes on where it was broken off, with the release that it was begun with', async () => {
    const site = new PublishedSite()
    const files = Object.fromEntries(Array.from({ length: 1_200 }, (_, n) => [`p${n}.html`, `page ${n}`]))
    await site.publish({ 'index.html': 'home', ...files })
    await site.goOnline()
    const { drive } = await fetched(site.key)
    const dir = path.join(tempDir(), 'copy')
    const stop = new AbortController()
    await failed(
      clone(drive, dir, { signal: stop.signal, onProgress: ({ files: done }) => done > 300 && stop.abort() })
    )
    expect(existsSync(path.join(dir, PARTIAL_FILE))).toBe(true)
    const part = Object.keys(filesIn(dir)).length
    expect(part).toBeGreaterThan(300)
    expect(part).toBeLessThan(1_200)
    writeFileSync(path.join(dir, 'p0.html'), 'torn') // as a power cut leaves it

    await site.publish({ 'index.html': 'newer' })
    await site.goOnline()
    const again = await fetched(site.key)
    await clone(again.drive, dir)
    expect(filesIn(dir)).toEqual(hashes({ 'index.html': 'home', ...files }))
  })

  test('whose peers are gone ends in words, and leaves no empty folder', async () => {
    const vanilla = await VanillaDrive.open()
    await vanilla.put({ 'index.html': 'home' })
    const { drive } = await fetched(vanilla.key)
    await drive.fetchIndexTo(drive.newestState!.version, never)
    await vanilla.leave()
    await until('nobody is connected', () => drive.peers === 0)
    const dir = path.join(tempDir(), 'copy')
    const error = await failed(clone(drive, dir, { stallMs: 300 }))
    expect(error.code).toBe('NOT_HELD')
    expect(error.message).toContain('Nobody who has the site is connected any more')
    expect(error.message).toContain('Run the same command again later')
    expect(existsSync(dir)).toBe(false)
  })
})

describe('a clone of a hostile drive', () => {
  test('writes nothing outside of its folder, and names what it left out', async () => {
    const vanilla = await VanillaDrive.open()
    await vanilla.put({ '/index.html': 'home' })
    const blob = await vanilla.blobOf('/index.html')
    const names = [
      '/../outside.txt',
      '/a/../../outside.txt',
      'outside.txt',
      '//outside.txt',
      '/..',
      '/nul\0.txt',
      '/..\\outside.txt',
      '/.git/hooks/post-checkout',
      '/a/.GIT/config'
    ]
    await vanilla.nameRaw(Object.fromEntries(names.map((name) => [name, { blob }])))
    await vanilla.nameRaw({ '/link': { blob: null, linkname: '../../../../etc/passwd' } })
    const { drive } = await fetched(vanilla.key)
    const root = tempDir()
    const dir = path.join(root, 'inner', 'copy')
    const copied = await clone(drive, dir)
    expect(Object.keys(filesIn(root)).toSorted()).toEqual([
      `inner/copy/${PARTIAL_FILE}`,
      'inner/copy/index.html'
    ])
    expect(copied.leftOut.map(({ path: name }) => name).toSorted()).toEqual([...names, '/link'].toSorted())
    expect(existsSync(path.join(dir, PARTIAL_FILE))).toBe(true)
  })

  test('does not write a file whose bytes are not those that were signed', async () => {
    const drive = await HandMadeDrive.open()
    const right = await drive.store(Buffer.from('right'))
    const large = randomBytes(2_000_000)
    const wrong = await drive.store(large)
    await drive.sign({
      '/right.txt': { blob: right, as: Buffer.from('right') },
      '/wrong.txt': { blob: right, as: Buffer.from('other') },
      '/wrong.bin': { blob: wrong, as: Buffer.from('other') }
    })
    const { drive: copy } = await fetched(drive.key)
    const dir = path.join(tempDir(), 'copy')
    const copied = await clone(copy, dir)
    expect(Object.keys(filesIn(dir))).toEqual([PARTIAL_FILE, 'right.txt'])
    expect(copied.leftOut.map(({ path: name }) => name)).toEqual(['/wrong.bin', '/wrong.txt'])
  })

  test('leaves out files that point where no bytes can be', async () => {
    const drive = await HandMadeDrive.open()
    const right = await drive.store(Buffer.from('right'))
    await drive.point({
      '/right.txt': right,
      '/beyond.txt': { ...right, blockOffset: 2 ** 50 },
      '/negative.txt': { ...right, blockOffset: -1 },
      '/longer.txt': { ...right, byteLength: 60_000 },
      '/huge.txt': { ...right, byteLength: 10 ** 13 },
      '/words.txt': { ...right, byteLength: 'ten' }
    })
    const { drive: copy } = await fetched(drive.key)
    const dir = path.join(tempDir(), 'copy')
    const copied = await clone(copy, dir)
    expect(Object.keys(filesIn(dir))).toEqual([PARTIAL_FILE, 'right.txt'])
    expect(copied.leftOutCount).toBe(5)
  })

  test('is not begun when it says that it has more bytes than the disk has room for', async () => {
    const vanilla = await VanillaDrive.open()
    const { core } = await vanilla.drive.getBlobs()
    await core.append(Array.from({ length: 10_000 }, () => Buffer.from('x')))
    const blob = { blockOffset: 0, blockLength: 10_000, byteOffset: 0, byteLength: 10_000 * 16 * 1024 * 1024 }
    await vanilla.nameRaw(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`/${n}.bin`, { blob }])))
    const { drive: copy } = await fetched(vanilla.key)
    const dir = path.join(tempDir(), 'copy')
    const error = await failed(clone(copy, dir))
    expect(error.code).toBe('DISK_FULL')
    expect(error.message).toContain('16777.2 GB')
    expect(existsSync(dir)).toBe(false)
  })

  test('follows no link that lies in its folder, when it goes on', async () => {
    const drive = await HandMadeDrive.open()
    const content = await drive.store(Buffer.from('from the site'))
    await drive.point({ '/a/b.txt': content, '/c.txt': content })
    const { drive: copy } = await fetched(drive.key)
    const { version, fork } = copy.newestState!
    const root = tempDir()
    const dir = path.join(root, 'copy')
    for (const name of ['copy', 'outside']) mkdirSync(path.join(root, name))
    writeFileSync(path.join(root, 'victim.txt'), 'mine')
    writeFileSync(path.join(dir, PARTIAL_FILE), JSON.stringify({ key: drive.key, version, fork }))
    symlinkSync(path.join(root, 'outside'), path.join(dir, 'a'))
    symlinkSync(path.join(root, 'victim.txt'), path.join(dir, 'c.txt'))
    const copied = await clone(copy, dir)
    expect(copied.leftOut.map(({ path: name }) => name)).toEqual(['/a/b.txt', '/c.txt'])
    expect(readdirSync(path.join(root, 'outside'))).toEqual([])
    expect(readFileSync(path.join(root, 'victim.txt'), 'utf8')).toBe('mine')
  })
})
