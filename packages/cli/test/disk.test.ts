import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { sitesIn, temporaryFolder } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Workbench } from './support/workbench.js'

const canMount = process.platform === 'linux' && process.getuid?.() === 0

/** A data directory on a small disk of its own. */
function benchOnSmallDisk(): { bench: Workbench; fill: () => void; free: () => void } {
  const disk = path.join(temporaryFolder(), 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk])
  onTestFinished(() => void execFileSync('umount', ['-l', disk]))
  const filler = path.join(disk, 'filler')
  return {
    bench: Object.assign(new Workbench({ 'dist/index.html': 'One' }), { home: path.join(disk, 'home') }),
    fill: () => {
      // Block by block: a write that is too large for the rest leaves the rest free.
      for (let flag = 'w'; ; flag = 'a') {
        try {
          writeFileSync(filler, Buffer.alloc(4_096), { flag })
        } catch {
          return
        }
      }
    },
    free: () => rmSync(filler)
  }
}

describe.skipIf(!canMount)('on a full disk', () => {
  test.each([['init'], ['publish', 'dist'], ['watch', 'dist'], ['peer', '--port', '0']])(
    '%s fails with DISK_FULL, and leaves no key behind',
    async (...words) => {
      const { bench, fill, free } = benchOnSmallDisk()
      fill()
      const { exitCode, value } = await bench.jsonProcess(...words)
      expect([exitCode, value.error?.code]).toEqual([1, 'DISK_FULL'])
      expect(value.error?.message).toContain('free some space, then try again.')
      expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)
      free()
      expect(sitesIn(bench.home)).toEqual([])
      expect((await bench.json('status', '--all')).value).toEqual({ sites: [] })
    }
  )

  test('a backup shows no words, since what it would remember is lost; everything that only reads goes on', async () => {
    const { bench, fill, free } = benchOnSmallDisk()
    await bench.hasKey()
    fill()
    const backup = await bench.json('key', 'backup')
    expect([backup.exitCode, backup.value]).toEqual([
      1,
      { error: { code: 'DISK_FULL', message: expect.any(String) as string } }
    ])
    for (const words of [['key', 'show'], ['log'], ['status'], ['seeds', 'list']])
      expect((await bench.json(...words)).exitCode).toBe(0)
    free()
    expect((await bench.json('key', 'backup')).value['words']).toHaveLength(24)
  })
})

describe.skipIf(!canMount)('a project folder that is read-only', () => {
  function makeReadOnly({ project }: Workbench): void {
    execFileSync('mount', ['--bind', project, project])
    onTestFinished(() => void execFileSync('umount', ['-l', project]))
    execFileSync('mount', ['-o', 'remount,ro,bind', project])
  }

  test('gets no key, is named, and each try leaves nothing behind', async () => {
    const bench = new Workbench({ 'dist/index.html': 'One' })
    makeReadOnly(bench)
    for (const words of [['init'], ['publish', 'dist']]) {
      const { exitCode, value } = await bench.json(...words)
      expect([exitCode, value.error?.code]).toEqual([1, 'PROJECT_READ_ONLY'])
      expect(value.error?.message).toContain(
        `sitedrive.json could not be written: \`${bench.project}\` is read-only for you (EROFS).`
      )
    }
    expect(sitesIn(bench.home)).toEqual([])
  })

  test('publishes all the same once it has a key, and says what cannot be edited', async () => {
    const bench = await new Workbench({ 'dist/index.html': 'One' }).hasKey()
    makeReadOnly(bench)
    expect((await bench.json('publish', 'dist')).value).toMatchObject({ release: 1 })
    const named = await bench.json('init', '--name', 'Blog')
    expect([named.exitCode, named.value.error?.code]).toEqual([1, 'PROJECT_READ_ONLY'])
  })
})
