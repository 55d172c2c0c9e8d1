import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { readProjectSite } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
// Not public: only a publish writes.
import { deriveKeys } from '../../core/dist/holepunch/key-pairs.js'
import { openSiteWriter } from '../../core/dist/holepunch/site-store.js'
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
  test('groups pages by what happens to them, with sizes, and ends with 3; afterwards with 0', async () => {
    const bench = await withReleases(1)
    bench.write({ 'dist/new.html': 'New page', 'dist/index.html': 'Changed' })
    rmSync(path.join(bench.project, 'dist/about.html'))
    const { exitCode, stdout, stderr } = await bench.run('review', 'dist')
    expect(exitCode).toBe(3)
    expect(stderr).toBe('')
    expect(stdout.split('\n')).toEqual([
      'New: 1 page, 8 B',
      '  + /new.html  8 B',
      'Changed: 1 page, 7 B',
      '  ~ /index.html  7 B',
      'Removed: 1 page, 5 B',
      '  - /about.html  5 B',
      expect.stringMatching(/^Since release 1: 1 new page.*; 1 changed.*; 1 removed.*\.$/),
      bench.link,
      ''
    ])
    await bench.hasPublished()
    const after = await bench.run('review', 'dist')
    expect([after.exitCode, after.stdout]).toEqual([0, `No change since release 2.\n${bench.link}\n`])
  })

  test(
    'shows problems first, pages with their titles, other files by their kind, and noise in one line',
    { tags: 'long' },
    async () => {
      const page = (title: string, rest = '') => `<!doctype html><title>${title}</title>${rest}`
      const built = (year: number) => page('Old', `<!-- ${year}-01-02T03:04:05Z -->`)
      const menu = (links: string) =>
        Object.fromEntries(
          [1, 2, 3, 4, 5].map((n) => [`dist/${n}.html`, page(`${n}`, `<nav>${links}</nav>`)])
        )
      const bench = await new Workbench({
        ...SITE,
        ...menu('Home'),
        'dist/old.html': built(2025)
      }).hasPublished()
      bench.write({
        ...menu('Home, News'),
        'dist/new.html': page('New <b>', '<a href="/nowhere.html">x</a><a href="/about.html">y</a>'),
        'dist/a.css': 'b{}',
        'dist/a.png': 'PNG'
      })
      const { exitCode, stdout } = await bench.run('review', 'dist')
      expect(exitCode).toBe(3)
      expect(stdout.split('\n')).toEqual([
        '1 problem:',
        expect.stringMatching(/^ {2}\/new\.html:1: The link `\/nowhere\.html` leads nowhere\. /),
        '',
        expect.stringMatching(/^New: 1 page, /),
        expect.stringMatching(/^ {2}\+ \/new\.html {2}“New <b>” {2}\d+ B$/),
        'The same change on 5 pages: /1.html, /2.html, /3.html and 2 more',
        '1 image: 3 B',
        '  + /a.png  3 B',
        '1 style sheet: 3 B',
        '  ~ /a.css  3 B',
        expect.stringMatching(/^Since release 1: 1 new page/),
        bench.link,
        ''
      ])
      bench.write({ 'dist/old.html': built(2026) })
      expect((await bench.run('review', 'dist')).stdout).toContain(
        'Nothing that a reader sees: 1 file (build time 1)\n'
      )
    }
  )

  test(
    'without a folder takes the usual one that is there, and asks for a name where that is not clear',
    { tags: 'long' },
    async () => {
      const bench = await withReleases(1)
      expect((await bench.run('review')).stdout).toBe(`No change since release 1.\n${bench.link}\n`)
      bench.write({ 'public/index.html': 'x' })
      const several = await bench.json('review')
      expect([several.exitCode, several.value.error?.code]).toEqual([2, 'BAD_OPTION'])
      expect(several.value.error?.message).toContain('There are `dist`, `public` in')
      const none = await new Workbench().json('review')
      expect([none.exitCode, none.value.error?.code]).toEqual([1, 'DIR_MISSING'])
    }
  )

  test('with --against compares with another folder, and needs no release', { tags: 'long' }, async () => {
    const bench = new Workbench({ ...SITE, 'base/index.html': 'One', 'base/gone.html': 'Gone' })
    const { exitCode, stdout, stderr } = await bench.run('review', 'dist', '--against', 'base')
    expect([exitCode, stderr]).toEqual([3, ''])
    expect(stdout.split('\n')).toEqual([
      'New: 1 page, 5 B',
      '  + /about.html  5 B',
      'Removed: 1 page, 4 B',
      '  - /gone.html  4 B',
      '1 style sheet: 3 B',
      '  + /a.css  3 B',
      expect.stringMatching(/^Against `base`: 1 new page.*; 1 removed.*\.$/),
      ''
    ])
    const same = await bench.run('review', 'dist', '--against', 'dist')
    expect([same.exitCode, same.stdout]).toEqual([0, 'No change against `dist`.\n'])
  })

  test(
    'with --checks fail ends with 1 when readers would meet something broken, with off does not look',
    { tags: 'long' },
    async () => {
      const bench = new Workbench({ 'dist/index.html': '<a href="/none.html">x</a>' })
      const failing = await bench.json('review', 'dist', '--checks', 'fail')
      expect([failing.exitCode, failing.value['findings']]).toEqual([1, [expect.anything()]])
      const off = await bench.json('review', 'dist', '--checks', 'off')
      expect([off.exitCode, off.value['findings']]).toEqual([3, []])
      expect((await bench.with({ SITEDRIVE_CHECKS: 'fail' }, 'review', 'dist')).exitCode).toBe(1)
      bench.write({ 'dist/index.html': 'x' })
      expect((await bench.run('review', 'dist', '--checks', 'fail')).exitCode).toBe(3)
    }
  )

  test('with --json has the shape of the contract', async () => {
    const bench = await withReleases(1)
    bench.write({ 'dist/new.html': 'New page', 'dist/a.css': 'b{}' })
    const { exitCode, value, stderr } = await bench.json('review', 'dist')
    expect([exitCode, stderr]).toEqual([3, ''])
    const page = { op: 'add', path: '/new.html', bytes: 8 }
    const style = { op: 'change', path: '/a.css', bytes: 3 }
    expect(value).toEqual({
      key: bench.key,
      release: 1,
      words: expect.stringContaining('1 new page'),
      changes: [style, page],
      pages: [{ ...page, url: '/new.html', title: null, source: null, noise: null }],
      files: [{ ...style, kind: 'style', noise: null }],
      alike: [],
      findings: []
    })
  })

  test('of a folder without a key shows all files, and makes no key', { tags: 'long' }, async () => {
    const bench = new Workbench(SITE)
    const { exitCode, stdout, stderr } = await bench.run('review', 'dist')
    expect(exitCode).toBe(3)
    expect(stdout).toContain('Nothing has been published from this machine yet: 2 new pages')
    expect(stderr).toContain('has no key yet')
    const { value } = await bench.json('review', 'dist')
    expect(value).toMatchObject({ key: null, release: 0 })
  })

  test('needs neither the secret nor a bound folder', { tags: 'long' }, async () => {
    const bench = await withReleases(1)
    const clone = bench.clone({ 'dist/index.html': 'Release 1' })
    expect((await clone.run('review', 'dist')).stdout).toContain('Removed: 1 page')
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
      expect.stringMatching(/^ {3}1 /),
      expect.stringMatching(new RegExp(`^1  ${when}  \\+3 ~0 -0 +3 files, 17 B$`)),
      expect.stringMatching(/^ {3}2 new pages/),
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
      mirror: null,
      fork: null,
      releases: [
        {
          release: 1,
          version,
          publishedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          generator: null,
          added: 3,
          changed: 0,
          removed: 0,
          words: expect.stringContaining('2 new pages'),
          held: true
        }
      ]
    })
  })

  test('stops at --limit and says how many are older', { tags: 'long' }, async () => {
    const bench = await withReleases(3)
    const { stdout, stderr } = await bench.run('log', '-n', '2')
    expect(stdout).toMatch(/^3 .*\n {3}.*\n2 .*\n {3}.*\nhyper:/)
    expect(stderr).toBe('… and 1 older release: `--limit 3` lists all.\n')
    expect((await bench.json('log', '--limit=1')).value['releases']).toMatchObject([{ release: 3 }])
  })

  test(
    'of a folder without a key, and of a site that was published elsewhere, says where to look',
    { tags: 'long' },
    async () => {
      const bench = new Workbench(SITE)
      const none = await bench.json('log')
      expect([none.exitCode, none.value.error?.code]).toEqual([1, 'NO_PROJECT'])

      await bench.hasKey()
      expect(await bench.did('log')).toBe(`Nothing has been published yet.\n${bench.link}\n`)
      expect((await bench.json('log')).value).toEqual({
        key: bench.key,
        mirror: null,
        fork: null,
        releases: []
      })

      const elsewhere = await bench.elsewhere().json('log')
      expect([elsewhere.exitCode, elsewhere.value.error?.code]).toEqual([1, 'STORE_EMPTY'])
      expect(elsewhere.value.error?.message).toContain('`npx sitedrive key restore`')
    }
  )
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

  test('ends with the link alone on the last line', { tags: 'long' }, async () => {
    const bench = await withReleases(2)
    const { stdout, stderr } = await bench.run('rollback', '1', '--yes')
    expect(stdout).toMatch(/^Release 3: 1 /)
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

describe('verify', () => {
  test('says of the newest release, or of another, that all its files are what was signed', async () => {
    const bench = await withReleases(2)
    const { exitCode, stdout, stderr } = await bench.run('verify')
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`Release 2: 3 files, 17 B: all are what was signed.\n${bench.link}\n`)
    const { value } = await bench.json('verify', '--release', '1')
    expect(value).toMatchObject({
      key: bench.key,
      release: 1,
      files: 3,
      checked: 3,
      damaged: [],
      notHeld: []
    })
    const missing = await bench.json('verify', '--release', '3')
    expect([missing.exitCode, missing.value.error?.code]).toEqual([1, 'NO_SUCH_RELEASE'])
    expect((await bench.run('verify', '--release', 'x')).exitCode).toBe(2)
  })

  test('names what is not, and ends with 1', async () => {
    const bench = await withReleases(1)
    await loseBlobs(bench, Buffer.alloc(2_000, 'x'))
    const { exitCode, stdout } = await bench.run('verify')
    expect(exitCode).toBe(1)
    expect(stdout.split('\n')).toEqual([
      'Release 1: 3 files, 17 B: 4 are not what was signed.',
      '  /.well-known/sitedrive.json: its bytes are not those that were signed',
      '  /a.css: its bytes are not those that were signed',
      '  /about.html: its bytes are not those that were signed',
      '  /index.html: its bytes are not those that were signed',
      bench.link,
      ''
    ])
    const { value, exitCode: code } = await bench.json('verify')
    expect(code).toBe(1)
    expect(value).toMatchObject({ damaged: [{}, {}, {}, { path: '/index.html' }] })
  })
})

/** Puts other blocks where the index points, as a fault of a publish may. */
async function loseBlobs(bench: Workbench, block: Buffer): Promise<void> {
  const secret = Buffer.from(readFileSync(bench.state('secret'), 'utf8').trim(), 'hex')
  const writer = await openSiteWriter(bench.state('site'), deriveKeys(secret))
  const { blobsLength } = await writer.state()
  await writer.bump(2 ** 41, 0)
  await writer.append(Array.from({ length: blobsLength }, () => block))
  await writer.close()
}
