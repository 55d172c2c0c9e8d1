import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { Workbench } from './support/workbench.js'

const COMMANDS = [
  ['status'],
  ['doctor'],
  ['init'],
  ['publish'],
  ['run'],
  ['review'],
  ['log'],
  ['rollback'],
  ['seeds'],
  ['seeds', 'add'],
  ['seeds', 'remove'],
  ['seeds', 'list'],
  ['key'],
  ['key', 'show'],
  ['key', 'backup'],
  ['key', 'check'],
  ['key', 'restore'],
  ['key', 'list']
]

describe('help', () => {
  test('names every command, on stdout', async () => {
    const { exitCode, stdout, stderr } = await new Workbench().run('--help')
    expect(exitCode).toBe(0)
    for (const [name] of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(stderr).toBe('')
  })

  test('of every command names its own and the common options', async () => {
    const bench = new Workbench()
    await Promise.all(
      COMMANDS.map(async (words) => {
        const { exitCode, stdout } = await bench.run(...words, '--help')
        expect(exitCode).toBe(0)
        expect(stdout).toContain(`sitedrive ${words.join(' ')}`)
        for (const option of ['--project', '--json', '--bootstrap', '--no-color', '--help']) {
          expect(stdout).toContain(option)
        }
      })
    )
    expect((await bench.run('help', 'rollback')).stdout).toContain('sitedrive rollback [options] <release>')
  })

  test('of `watch` and its page say the same of what it cannot have twice', async () => {
    const { stdout } = await new Workbench().run('watch', '--help')
    const page = readFileSync(new URL('../../../docs/commands/watch.md', import.meta.url), 'utf8')
    // When it takes the place of another process.
    expect(stdout).toContain('gone for 5 seconds')
    expect(page).toMatch(/gone for\s5 s/)
  })

  test('is shown on stderr, as wrong usage, when no command is given', async () => {
    const bench = new Workbench()
    for (const words of [[], ['key']]) {
      const { exitCode, stdout, stderr } = await bench.run(...words)
      expect(exitCode).toBe(2)
      expect(stdout).toBe('')
      expect(stderr).toContain('Usage: sitedrive')
    }
    const { exitCode, value } = await bench.json()
    expect(exitCode).toBe(2)
    expect(value).toEqual({ error: { code: 'BAD_OPTION', message: 'No command was given.' } })
  })

  test('the version is that of the package', async () => {
    const file = fileURLToPath(new URL('../package.json', import.meta.url))
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
    expect(await new Workbench().run('--version')).toEqual({
      exitCode: 0,
      stdout: `${version}\n`,
      stderr: ''
    })
  })
})

describe('wrong usage ends with exit code 2 and one line that says what is right', () => {
  const wrong: [words: string[], says: RegExp][] = [
    [['publsh', 'dist'], /Unknown command 'publsh'. Did you mean publish\?/],
    [['deploy'], /^Error: Unknown command 'deploy'\. `npx sitedrive publish <dir>` publishes a folder\.$/m],
    [['login'], /There is no account/],
    [['key', 'shwo'], /Unknown command 'shwo'. Did you mean show\? `npx sitedrive key --help`/],
    [['publish', 'dist', '--acept-loss'], /Unknown option '--acept-loss'. Did you mean --accept-loss\?/],
    [['log', '--jsno'], /Unknown option '--jsno'. Did you mean --json\?/],
    [['publish'], /Which folder\? `npx sitedrive publish <dir>`/],
    [['publish', 'a', 'b'], /Too many arguments for 'publish'/],
    [['key', 'check'], /needs a terminal, and takes no `--json`\. Run it at a terminal\./],
    [['seeds', 'add'], /Missing required argument 'key'/],
    [['run'], /Missing required argument 'command'/],
    [['review', 'dist', '--checks', 'maybe'], /'maybe' is invalid. Allowed choices are warn, fail, off/],
    [['rollback'], /Missing required argument 'release'/],
    [['rollback', 'first'], /'first' is invalid for argument 'release'. It is a number/],
    [['rollback', '0'], /'0' is invalid/],
    [['log', '--limit', 'all'], /'all' is invalid. It is a number/],
    [['log', '-n'], /argument missing/],
    [['publish', 'dist', '--generator', 'hugo'], /'hugo' is invalid. Expected name@version/],
    [
      ['publish', 'dist', '--allow', 'all'],
      /`all` cannot be allowed; known are `empty`, `shrink`, `project` and `no-pages`/
    ],
    [['init', '--mirror', 'example.org'], /`example.org` is not the address of a mirror/],
    [['init', '--name', ' '], /name of a site is not empty/],
    [['log', '--bootstrap', 'localhost'], /`localhost` is no DHT node: expected host:port/]
  ]
  test.each(wrong)('%j', async (words, says) => {
    const bench = new Workbench({ 'dist/index.html': 'hi' })
    const { exitCode, stdout, stderr } = await bench.run(...words)
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(says)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)
  })

  test('a folder that is not there, beside one that may be meant', async () => {
    const bench = new Workbench({ 'dist/index.html': 'hi' })
    for (const command of ['publish', 'review']) {
      const { exitCode, value } = await bench.json(command, 'dits')
      expect([exitCode, value.error?.code]).toEqual([1, 'DIR_MISSING'])
      expect(value.error?.message).toContain('Did you mean `dist`?')
    }
    expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)
  })

  test('of the real process, too', async () => {
    const { exitCode, stdout, stderr } = await new Workbench().run('publsh', 'dist')
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toBe(
      "Error: Unknown command 'publsh'. Did you mean publish? `npx sitedrive --help` shows how it is used.\n"
    )
  })

  test('with --json as BAD_OPTION, wherever it was found', async () => {
    const bench = new Workbench({ 'dist/index.html': 'hi' })
    const rows = [['publsh'], ['publish', 'dist', '--allow', 'all'], ['log', '-n', '0']].map(
      async (words) => {
        const { exitCode, value } = await bench.json(...words)
        return [exitCode, Object.keys(value), Object.keys(value.error ?? {}), value.error?.code]
      }
    )
    const expected = [2, ['error'], ['code', 'message'], 'BAD_OPTION']
    expect(await Promise.all(rows)).toEqual([expected, expected, expected])
  })

  test('a wrong DHT node in SITEDRIVE_BOOTSTRAP, and a wrong word in SITEDRIVE_ALLOW', async () => {
    const bench = new Workbench({ 'dist/index.html': 'hi' })
    const ended = await Promise.all([
      bench.with({ SITEDRIVE_BOOTSTRAP: 'nowhere:0' }, 'log'),
      bench.with({ SITEDRIVE_ALLOW: 'everything' }, 'publish', 'dist')
    ])
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([2, 2])
    expect(ended[0].stderr).toContain('`nowhere:0` is no DHT node')
    expect(ended[1].stderr).toContain('`everything` cannot be allowed')
  })
})

describe('--project', () => {
  test('works as if started there, in front of the command and behind it', { tags: 'long' }, async () => {
    const bench = new Workbench({ 'dist/index.html': 'hi' })
    const cwd = temporaryFolder()
    const first = await bench.start(['--project', bench.project, 'publish', 'dist'], { cwd }).ended
    expect(first.stdout).toContain('Release 1')
    const second = await bench.start(['publish', 'dist', '--project', path.relative(cwd, bench.project)], {
      cwd
    }).ended
    expect(second.stdout).toContain('No change')
  })

  test('must name a folder that is there', async () => {
    const bench = new Workbench({ file: '' })
    const missing = await bench.json('log', '--project', 'nowhere')
    expect([missing.exitCode, missing.value.error?.code]).toEqual([1, 'DIR_MISSING'])
    const file = await bench.json('log', '--project', 'file')
    expect([file.exitCode, file.value.error?.code]).toEqual([1, 'DIR_INVALID'])
  })
})

describe('what nobody expected', () => {
  test('is one line and a hint, and the stack with SITEDRIVE_DEBUG', async () => {
    const bench = new Workbench({ 'dist/index.html': 'hi' })
    const preload = path.join(temporaryFolder(), 'preload.cjs')
    writeFileSync(
      preload,
      `require('node:crypto').hash = () => { throw new Error('nobody expected this') }
       require('node:module').syncBuiltinESMExports()`
    )
    const broken = { NODE_OPTIONS: `--require ${JSON.stringify(preload)}` }
    const { exitCode, stdout, stderr } = await bench.withProcess(broken, 'publish', 'dist')
    expect(exitCode).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^Error: Something unexpected went wrong: .* SITEDRIVE_DEBUG=1 shows where\.\n$/)

    const debug = await bench.withProcess({ ...broken, SITEDRIVE_DEBUG: '1' }, 'publish', 'dist', '--json')
    expect(JSON.parse(debug.stdout)).toMatchObject({ error: { code: 'UNEXPECTED' } })
    expect(debug.stderr).toMatch(/\n {4}at /)
  })

  test('a reader of stdout that leaves early ends nothing', { tags: 'long' }, async () => {
    const bench = new Workbench({ 'dist/index.html': 'hi' })
    const started = bench.start(['publish', 'dist'])
    started.closeStdout()
    expect((await started.ended).exitCode).toBe(0)
    expect(await bench.did('log')).toContain('+1')
  })
})

describe('native modules', () => {
  const preload = fileURLToPath(new URL('support/report-natives.cjs', import.meta.url))

  async function nativesOf(bench: Workbench, ...words: string[]): Promise<string> {
    const file = path.join(temporaryFolder(), 'natives')
    writeFileSync(file, '')
    const env = { NODE_OPTIONS: `--require ${JSON.stringify(preload)}`, NATIVES_FILE: file }
    const { exitCode, stderr } = await bench.withProcess(env, ...words)
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    return readFileSync(file, 'utf8')
  }

  test('are loaded by a first publish, and neither by help nor by a publish that changes nothing', async () => {
    const bench = new Workbench({ 'dist/index.html': 'hi' })
    expect(await nativesOf(bench, '--help')).toBe('')
    expect(await nativesOf(bench, 'publish', 'dist')).toContain('.node')
    expect(await nativesOf(bench, 'publish', 'dist')).toBe('')
    expect(await nativesOf(bench, 'key', 'list')).toBe('')
  })
})
