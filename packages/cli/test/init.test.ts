import { existsSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { sitesIn } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { lastLine, STRANGER, Workbench } from './support/workbench.js'

const HEX = 'aa'.repeat(32) // STRANGER in another spelling

describe('init', () => {
  test('makes a key for the folder, keeps its secret to itself, and prints the link', async () => {
    const bench = new Workbench()
    const { exitCode, stdout, stderr } = await bench.run('init')
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(lastLine(stdout)).toBe(bench.link)
    expect(JSON.parse(bench.projectFile())).toEqual({ key: bench.key, seeds: [] })
    expect(sitesIn(bench.home)).toEqual([bench.key])
    expect(statSync(bench.state('secret')).mode & 0o777).toBe(0o600)
    expect(bench.head().exclusive).toBe(true)
  })

  test('says of a new seed whom it has to trust, and what comes next', async () => {
    const bench = new Workbench({ 'dist/index.html': 'one' })
    const before = await bench.did('init', '--seed', STRANGER)
    const { publisherKey } = (await bench.json('key', 'show')).value
    expect(before).toContain(`npx sitedrive peer --trust ${String(publisherKey)}`)
    expect(before).toContain('Next: build the site. The publish hands it to the seed.')
    expect(await bench.did('init')).not.toContain('Next:')
  })

  test.each([
    ['http://localhost:4480/', 'is not the key of a peer: it is a web address.'],
    ['127.0.0.1:4480', 'is not the key of a peer: a key has letters and digits alone, and no `.`.'],
    ['l'.repeat(52), 'is not the key of a peer: `l` never occurs in a key']
  ])('a seed `%s` is told to be none', async (text, why) => {
    const bench = new Workbench()
    const { exitCode, value } = await bench.json('init', '--seed', text)
    expect([exitCode, value.error?.code]).toEqual([1, 'BAD_KEY'])
    expect(value.error?.message).toContain(why)
  })

  test('takes name, seeds in any spelling, and mirror', async () => {
    const bench = new Workbench()
    const words = [
      '--name',
      ' My blog ',
      '--seed',
      STRANGER.toUpperCase(),
      HEX,
      '--mirror',
      'https://example.org'
    ]
    const { exitCode, value } = await bench.json('init', ...words)
    expect(exitCode).toBe(0)
    expect(value).toEqual({
      key: bench.key,
      link: bench.link,
      name: 'My blog',
      seeds: [STRANGER],
      mirror: 'https://example.org/',
      isNew: true
    })
    expect(JSON.parse(bench.projectFile())).toEqual({
      key: bench.key,
      name: 'My blog',
      seeds: [STRANGER],
      mirror: 'https://example.org/'
    })
  })

  test(
    'edits what is there: a seed is added once, the rest stays; without a change the file stays',
    { tags: 'long' },
    async () => {
      const bench = new Workbench()
      await bench.did('init', '--name', 'Blog', '--seed', STRANGER)
      const { key } = bench
      const other = STRANGER.replaceAll('ik', 'yb').replace(/.$/, 'y')
      await bench.did('init', '--seed', other, '--seed', HEX.toUpperCase())
      expect(JSON.parse(bench.projectFile())).toEqual({ key, name: 'Blog', seeds: [STRANGER, other] })
      await bench.did('init', '--name', 'Diary')
      expect(JSON.parse(bench.projectFile())).toEqual({ key, name: 'Diary', seeds: [STRANGER, other] })

      const { mtimeMs } = statSync(path.join(bench.project, 'sitedrive.json'))
      const again = await bench.json('init', '--seed', HEX)
      expect(again.value).toMatchObject({ isNew: false, seeds: [STRANGER, other] })
      expect(again.stderr).toContain('nothing was changed')
      expect(statSync(path.join(bench.project, 'sitedrive.json')).mtimeMs).toBe(mtimeMs)
    }
  )

  test(
    'refuses a seed with a typo, a dat:// link and the own key, and writes nothing',
    { tags: 'long' },
    async () => {
      const bench = new Workbench()
      const refused = async (seed: string) => (await bench.json('init', '--seed', seed)).value.error?.code
      expect(await refused(STRANGER.slice(1))).toBe('BAD_KEY')
      expect(await refused(`hyper://${STRANGER}/`)).toBe('BAD_KEY')
      expect(await refused(`dat://${HEX}`)).toBe('DAT_LINK')
      expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)
      await bench.did('init')
      const text = bench.projectFile()
      expect(await refused(bench.key)).toBe('BAD_OPTION')
      expect(bench.projectFile()).toBe(text)
    }
  )

  test('never makes a key in CI', async () => {
    const bench = new Workbench()
    const { exitCode, stdout } = await bench.with({ CI: 'true' }, 'init', '--json')
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NO_PROJECT' } })
    expect(sitesIn(bench.home)).toEqual([])
  })
})

describe('in a folder that carries a key', () => {
  test("somebody else's is left alone, and the ways out are named", async () => {
    const text = JSON.stringify({ key: STRANGER, seeds: [] })
    const bench = new Workbench({ 'sitedrive.json': text })
    for (const words of [[], ['--seed', HEX]]) {
      const { exitCode, value } = await bench.json('init', ...words)
      expect([exitCode, value.error?.code]).toEqual([1, 'NO_SECRET'])
      expect(value.error?.message).toMatch(/`npx sitedrive key restore`.*`npx sitedrive init --new`/)
    }
    expect(bench.projectFile()).toBe(text)
    expect(sitesIn(bench.home)).toEqual([])
  })

  test('in a folder that lost its sitedrive.json takes up the key that it published to', async () => {
    const bench = new Workbench({ 'dist/index.html': 'one' })
    await bench.did('publish', 'dist')
    const { key } = bench
    rmSync(path.join(bench.project, 'sitedrive.json'))
    const lost = await bench.json('publish', 'dist')
    expect([lost.exitCode, lost.value.error?.code]).toEqual([1, 'NO_PROJECT'])
    const { value, stderr } = await bench.json('init')
    expect(value).toMatchObject({ key, isNew: false })
    expect(stderr).toContain('This folder published to this site before')
    expect(bench.key).toBe(key)
    expect(await bench.did('publish', 'dist')).toContain('No change: release 1')
  })

  test(
    '--new replaces it only with --yes where nobody can be asked, and takes nothing over',
    { tags: 'long' },
    async () => {
      const text = JSON.stringify({ key: STRANGER, name: 'Theirs', seeds: [STRANGER] })
      const bench = new Workbench({ 'sitedrive.json': text, 'dist/index.html': 'Mine' })
      const asked = await bench.json('init', '--new')
      expect([asked.exitCode, asked.value.error?.code]).toEqual([1, 'CONFIG_EXISTS'])
      expect(asked.value.error?.message).toContain('--new --yes')
      expect(bench.projectFile()).toBe(text)

      await bench.did('init', '--new', '--yes', '--name', 'Mine')
      expect(bench.key).not.toBe(STRANGER)
      expect(JSON.parse(bench.projectFile())).toEqual({ key: bench.key, name: 'Mine', seeds: [] })
      expect(lastLine(await bench.did('publish', 'dist'))).toBe(bench.link)
    }
  )
})
