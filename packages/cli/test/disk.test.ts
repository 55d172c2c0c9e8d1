import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { sitesIn, until } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { canMount, smallDisk } from '../../core/test/support/small-disk.js'
import { readyOf } from './support/live-commands.js'
import { Workbench } from './support/workbench.js'

/** A data directory on a small disk of its own. */
function benchOnSmallDisk(size = '4m'): { bench: Workbench; fill: () => void; free: () => void } {
  const { dir, ...disk } = smallDisk(size)
  const bench = Object.assign(new Workbench({ 'dist/index.html': 'One' }), { home: path.join(dir, 'home') })
  return { bench, ...disk }
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

describe.skipIf(!canMount)('a disk that is full for a while', () => {
  test('stops a watch no longer than it is full', async () => {
    const { bench, fill, free } = benchOnSmallDisk('40m')
    const watch = bench.start(['--json', 'watch', 'dist'], { env: { SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' } })
    const { url } = await readyOf(watch)
    const shown = async () => (await fetch(url)).text()
    await until(async () => (await shown()).endsWith('One'), { describe: watch.stderr })
    fill()
    bench.write({ 'dist/index.html': 'Two', 'dist/large.bin': randomBytes(1_000_000).toString('base64') })
    await until(() => watch.stderr().includes('goes on by itself when there is room again'), {
      describe: watch.stderr
    })
    expect(await shown()).toMatch(/One$/)
    free()
    await until(async () => (await shown()).endsWith('Two'), { describe: watch.stderr })
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
