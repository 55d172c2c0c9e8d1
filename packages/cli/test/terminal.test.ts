import { existsSync, readFileSync } from 'node:fs'
import {
  cleanEnvironment,
  CTRL_C,
  hasTerminal,
  readProjectSite,
  startAtTerminal,
  until
} from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { MAIN, STRANGER, Workbench } from './support/workbench.js'

/** Runs at a terminal; each answer is typed when its question has been shown. @returns all that was on the screen */
async function atTerminal(
  bench: Workbench,
  words: string[],
  answers: [asked: string, answer: string][],
  env: Record<string, string> = {}
) {
  const terminal = startAtTerminal(
    { command: process.execPath, args: [MAIN, ...words] },
    { cwd: bench.project, env: cleanEnvironment({ SITEDRIVE_HOME: bench.home, ...env }) }
  )
  let from = 0
  for (const [asked, answer] of answers) {
    await terminal.untilShows(asked, from)
    from = terminal.shown().length
    terminal.type(answer === CTRL_C ? answer : `${answer}\r`)
  }
  const exitCode = await terminal.ended
  return { exitCode, shown: terminal.shown() }
}

/** Answers the three questions of `key check`. @returns also what it says, without the sentences that are always the same */
async function answerCheck(bench: Workbench, answer: (position: number) => string) {
  const terminal = startAtTerminal(
    { command: process.execPath, args: [MAIN, 'key', 'check'] },
    { cwd: bench.project, env: cleanEnvironment({ SITEDRIVE_HOME: bench.home }) }
  )
  let from = 0
  for (let asked = 0; asked < 3; asked++) {
    const [, position] = await until(() => /Word (\d+): /.exec(terminal.shown().slice(from)), {
      describe: terminal.shown
    })
    from = terminal.shown().length
    terminal.type(`${answer(Number(position))}\r`)
  }
  const exitCode = await terminal.ended
  return {
    exitCode,
    shown: terminal.shown(),
    words: terminal.shown().replace(/^.*(Take the|and type|Is it the|Word).*$/gm, '')
  }
}

async function withTwoReleases(): Promise<Workbench> {
  const bench = await new Workbench({ 'dist/index.html': 'One' }).hasPublished()
  bench.write({ 'dist/index.html': 'Two' })
  return bench.hasPublished()
}

describe.skipIf(!hasTerminal)('at a terminal', () => {
  test('rollback asks, names the release that is meant, and does nothing unless the answer is yes', async () => {
    const bench = await withTwoReleases()
    const home = async () => (await readProjectSite(bench.home, bench.project))?.files['/index.html']

    const no = await atTerminal(bench, ['rollback', '1'], [['[y/N]', '']])
    expect(no.shown).toMatch(/Publish the files of release 1 \([\d: -]+, 1 file\) again, as a new release\?/)
    expect(no.shown).toContain('Nothing was changed.')
    expect([no.exitCode, await home()]).toEqual([1, 'Two'])

    const stopped = await atTerminal(bench, ['rollback', '1'], [['[y/N]', CTRL_C]])
    expect([stopped.exitCode, await home()]).toEqual([130, 'Two'])

    const yes = await atTerminal(bench, ['rollback', '1'], [['[y/N]', 'y']])
    expect([yes.exitCode, await home()]).toEqual([0, 'One'])
  })

  test('rollback to a release that is not there fails before it asks', { tags: 'long' }, async () => {
    const { exitCode, shown } = await atTerminal(await withTwoReleases(), ['rollback', '9'], [])
    expect(exitCode).toBe(1)
    expect(shown).toContain('releases 1 to 2')
    expect(shown).not.toContain('[y/N]')
  })

  test('with --yes and with --json nothing is asked', { tags: 'long' }, async () => {
    const bench = await withTwoReleases()
    expect((await atTerminal(bench, ['rollback', '1', '--yes'], [])).exitCode).toBe(0)
    expect((await atTerminal(bench, ['rollback', '2', '--json'], [])).exitCode).toBe(0)
  })

  test('init --new asks before it replaces a key', { tags: 'long' }, async () => {
    const bench = new Workbench({ 'sitedrive.json': JSON.stringify({ key: STRANGER }) })
    const no = await atTerminal(bench, ['init', '--new'], [['[y/N]', 'n']])
    expect([no.exitCode, bench.key]).toEqual([1, STRANGER])
    const yes = await atTerminal(bench, ['init', '--new'], [['[y/N]', 'yes']])
    expect(yes.exitCode).toBe(0)
    expect(bench.key).not.toBe(STRANGER)
  })

  test('publish from an unbound folder asks, and binds it', async () => {
    const clone = (await withTwoReleases()).clone({ 'dist/index.html': 'Three' })
    const { exitCode, shown } = await atTerminal(clone, ['publish', 'dist'], [['[y/N]', 'y']])
    expect(exitCode).toBe(0)
    expect(shown).toContain('Release 3: 1 ')
    expect(await clone.did('publish', 'dist')).toContain('No change')
  })

  test('whoever answers no, or presses Ctrl-C, has changed nothing', { tags: 'long' }, async () => {
    const bench = await withTwoReleases()
    await bench.json('key', 'backup')
    const clone = bench.clone({ 'dist/index.html': 'Three' })
    const strange = new Workbench({ 'sitedrive.json': JSON.stringify({ key: STRANGER }) })
    const asked: [Workbench, string[], string][] = [
      [clone, ['publish', 'dist'], '[y/N]'],
      [clone, ['run', '--dir', 'dist', '--', 'true'], '[y/N]'],
      [strange, ['init', '--new'], '[y/N]'],
      [bench, ['rollback', '1'], '[y/N]']
    ]
    for (const [at, words, question] of asked) {
      const no = await atTerminal(at, words, [[question, 'n']])
      const stopped = await atTerminal(at, words, [[question, CTRL_C]])
      expect([words, no.exitCode, stopped.exitCode]).toEqual([words, 1, 130])
      expect(no.shown + stopped.shown).not.toContain('Something unexpected')
    }
    const check = await atTerminal(bench, ['key', 'check'], [['Word ', CTRL_C]])
    expect(check.exitCode).toBe(130)
    const site = await readProjectSite(bench.home, bench.project)
    expect([site?.record.release, site?.files['/index.html']]).toEqual([2, 'Two'])
    expect(strange.key).toBe(STRANGER)
  })

  test('key check asks for three words of the backup, gives none away, and remembers that they were right', async () => {
    const bench = await new Workbench().hasKey()
    const none = await atTerminal(bench, ['key', 'check'], [])
    expect([none.exitCode, none.shown]).toEqual([
      1,
      expect.stringContaining('There is no backup to check: the secret of this key was never shown.')
    ])
    const { words } = (await bench.json('key', 'backup')).value as { words: string[] }

    const wrong = await answerCheck(bench, () => 'nonsense')
    expect(wrong.exitCode).toBe(1)
    expect(wrong.shown).toMatch(/^Words \d+, \d+ and \d+: not right\.\r?$/m)
    expect(words.filter((word) => new RegExp(`\\b${word}\\b`).test(wrong.words))).toEqual([])
    expect(existsSync(bench.state('backup-check.json'))).toBe(false)

    const right = await answerCheck(bench, (position) => ` ${words[position - 1]?.toUpperCase()} `)
    expect([right.exitCode, right.shown]).toEqual([0, expect.stringContaining('These words are right')])
    const { checkedAt } = JSON.parse(readFileSync(bench.state('backup-check.json'), 'utf8')) as {
      checkedAt: string
    }
    expect(Date.now() - Date.parse(checkedAt)).toBeLessThan(60_000)
  })

  test(
    'key restore takes the words over several lines, and asks again after a wrong one',
    { tags: 'long' },
    async () => {
      const bench = await withTwoReleases()
      const { words } = (await bench.json('key', 'backup')).value as { words: string[] }
      const other = bench.elsewhere()
      const { exitCode, shown } = await atTerminal(
        other,
        ['key', 'restore'],
        [
          ['> ', words.with(2, 'wrogn').join(' ')],
          ['Word 3, `wrogn`', words.slice(0, 12).join(' ')],
          ['12 of 24 words > ', words.slice(12).join(' ')]
        ]
      )
      expect(shown).toContain('The key is restored')
      expect(exitCode).toBe(0)
      expect(readFileSync(other.state('secret'), 'utf8')).toBe(readFileSync(bench.state('secret'), 'utf8'))

      const stopped = await atTerminal(bench.elsewhere(), ['key', 'restore'], [['> ', CTRL_C]])
      expect(stopped.exitCode).toBe(130)
    }
  )

  test('results are in color, and without it where NO_COLOR or --no-color says so', async () => {
    const bench = new Workbench({ 'dist/index.html': 'One' })
    const plain = await atTerminal(bench, ['review', 'dist', '--no-color'], [])
    expect(plain.shown).toContain('  + /index.html  3 B')
    const colored = await atTerminal(bench, ['review', 'dist'], [], { NO_COLOR: '' })
    expect(colored.shown).toContain('\x1b[32m+ /index.html\x1b[0m')
  })
})
