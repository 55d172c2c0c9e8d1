import { rmSync } from 'node:fs'
import path from 'node:path'
import { readProjectSite } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { lastLine, Workbench } from './support/workbench.js'

const SITE = { 'dist/index.html': 'One', 'dist/about.html': 'About', 'dist/a.css': 'a{}' }

/** A site with this many releases, each of which changes the home page. */
async function withReleases(count: number): Promise<Workbench> {
  const bench = new Workbench(SITE)
  for (let release = 1; release <= count; release++) {
    bench.write({ 'dist/index.html': `Release ${release}` })
    await bench.hasPublished()
  }
  return bench
}

describe('review', () => {
  test('groups what a publish would change, with sizes, and ends with 3; afterwards with 0', async () => {
    const bench = await withReleases(1)
    bench.write({ 'dist/new.html': 'New page', 'dist/index.html': 'Changed' })
    rmSync(path.join(bench.project, 'dist/about.html'))
    const { exitCode, stdout, stderr } = await bench.run('review', 'dist')
    expect(exitCode).toBe(3)
    expect(stderr).toBe('')
    expect(stdout.split('\n')).toEqual([
      'To add: 1 file, 8 B',
      '  + /new.html  8 B',
      'To change: 1 file, 7 B',
      '  ~ /index.html  7 B',
      'To remove: 1 file, 5 B',
      '  - /about.html  5 B',
      '3 changes since release 1.',
      bench.link,
      ''
    ])
    await bench.hasPublished()
    const after = await bench.run('review', 'dist')
    expect([after.exitCode, after.stdout]).toEqual([0, `No change since release 2.\n${bench.link}\n`])
  })

  test('with --json has the shape of the contract', async () => {
    const bench = await withReleases(1)
    bench.write({ 'dist/new.html': 'New page' })
    const { exitCode, value, stderr } = await bench.json('review', 'dist')
    expect([exitCode, stderr]).toEqual([3, ''])
    expect(value).toEqual({
      key: bench.key,
      release: 1,
      changes: [{ op: 'add', path: '/new.html', bytes: 8 }],
      findings: []
    })
  })

  test('of a folder without a key shows all files, and makes no key', async () => {
    const bench = new Workbench(SITE)
    const { exitCode, stdout, stderr } = await bench.run('review', 'dist')
    expect(exitCode).toBe(3)
    expect(stdout).toContain('3 changes: nothing has been published from this machine yet.')
    expect(stderr).toContain('has no key yet')
    const { value } = await bench.json('review', 'dist')
    expect(value).toMatchObject({ key: null, release: 0 })
  })

  test('needs neither the secret nor a bound folder', async () => {
    const bench = await withReleases(1)
    const clone = bench.clone({ 'dist/index.html': 'Release 1' })
    expect((await clone.run('review', 'dist')).stdout).toContain('To remove: 2 files')
    expect((await bench.elsewhere().json('review', 'dist')).value).toMatchObject({
      key: bench.key,
      release: 0
    })
  })

  test('of a folder that is not there fails', async () => {
    const { exitCode, value } = await new Workbench().json('review', 'nowhere')
    expect([exitCode, value.error?.code]).toEqual([1, 'DIR_MISSING'])
  })
})

describe('log', () => {
  test('lists the releases, newest first, with date, counts, size and what made them', async () => {
    const bench = await withReleases(2)
    await bench.did('rollback', '1')
    const { exitCode, stdout } = await bench.run('log')
    expect(exitCode).toBe(0)
    const when = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d'
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^3  ${when}  \\+0 ~1 -0 +3 files, 17 B +rollback to 1$`)),
      expect.stringMatching(new RegExp(`^2  ${when}  \\+0 ~1 -0 +3 files, 17 B$`)),
      expect.stringMatching(new RegExp(`^1  ${when}  \\+3 ~0 -0 +3 files, 17 B$`)),
      bench.link,
      ''
    ])
  })

  test('with --json has the shape of the contract', async () => {
    const bench = await withReleases(1)
    const { version } = (await bench.json('publish', 'dist')).value
    const { exitCode, value } = await bench.json('log')
    expect(exitCode).toBe(0)
    expect(value).toEqual({
      key: bench.key,
      releases: [
        {
          release: 1,
          version,
          publishedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          generator: null,
          added: 3,
          changed: 0,
          removed: 0
        }
      ]
    })
  })

  test('stops at --limit and says how many are older', async () => {
    const bench = await withReleases(3)
    const { stdout, stderr } = await bench.run('log', '-n', '2')
    expect(stdout).toMatch(/^3 .*\n2 .*\nhyper:/)
    expect(stderr).toBe('… and 1 older release: `--limit 3` lists all.\n')
    expect((await bench.json('log', '--limit=1')).value['releases']).toMatchObject([{ release: 3 }])
  })

  test('of a folder without a key, and of a site that was published elsewhere, says where to look', async () => {
    const bench = new Workbench(SITE)
    const none = await bench.json('log')
    expect([none.exitCode, none.value.error?.code]).toEqual([1, 'NO_PROJECT'])

    await bench.hasKey()
    expect(await bench.did('log')).toBe(`Nothing has been published yet.\n${bench.link}\n`)
    expect((await bench.json('log')).value).toEqual({ key: bench.key, releases: [] })

    const elsewhere = await bench.elsewhere().json('log')
    expect([elsewhere.exitCode, elsewhere.value.error?.code]).toEqual([1, 'STORE_EMPTY'])
    expect(elsewhere.value.error?.message).toContain('`sitedrive key restore`')
  })
})

describe('rollback', () => {
  test('publishes the files of an old release again and uploads nothing; the next publish says that it undoes it', async () => {
    const bench = await withReleases(3)
    const { exitCode, value, stderr } = await bench.json('rollback', '1')
    expect(exitCode).toBe(0)
    expect(value).toMatchObject({
      key: bench.key,
      release: 4,
      added: 0,
      changed: 1,
      removed: 0,
      bytesWritten: 0
    })
    expect(Object.keys(value)).toEqual(Object.keys((await bench.json('rollback', '1')).value))
    expect(stderr).toContain('The site shows the files of release 1 again.')
    expect((await readProjectSite(bench.home, bench.project))?.files['/index.html']).toBe('Release 1')

    const same = await bench.run('rollback', '1')
    expect([same.exitCode, same.stdout]).toEqual([
      0,
      `No change: release 4 has the files of release 1 already.\n${bench.link}\n`
    ])
    const next = await bench.run('publish', 'dist')
    expect(next.stdout).toMatch(/^Release 5: .*\nThis undoes the rollback to release 1\.\n/)
  })

  test('ends with the link alone on the last line', async () => {
    const bench = await withReleases(2)
    const { stdout, stderr } = await bench.run('rollback', '1', '--yes')
    expect(stdout).toMatch(/^Release 3: 1 file changed/)
    expect([lastLine(stdout), stderr]).toEqual([bench.link, ''])
  })

  test('to a release that is not there names those that are', async () => {
    const bench = await withReleases(1)
    const { exitCode, value } = await bench.json('rollback', '7')
    expect([exitCode, value.error?.code]).toEqual([1, 'NO_SUCH_RELEASE'])
    expect(value.error?.message).toContain('releases 1 to 1')
  })

  test('is refused where a publish would be', async () => {
    const bench = await withReleases(1)
    const codes = [new Workbench(), bench.clone(), bench.elsewhere()].map(
      async (place) => (await place.json('rollback', '1')).value.error?.code
    )
    expect(await Promise.all(codes)).toEqual(['NO_PROJECT', 'NOT_BOUND', 'NO_SECRET'])
  })
})
