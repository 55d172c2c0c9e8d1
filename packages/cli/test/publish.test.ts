import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readProjectSite, sitesIn, temporaryFolder, until } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { lastLine, STRANGER, Workbench } from './support/workbench.js'

const SITE = { 'dist/index.html': '<p>Hello</p>', 'dist/about.html': '<p>About</p>', 'dist/a.css': 'a{}' }

const OUTCOME_KEYS = [
  'key',
  'link',
  'mirror',
  'release',
  'version',
  'fork',
  'added',
  'changed',
  'removed',
  'bytesWritten',
  'durationMs',
  'seeds',
  'words',
  'notLookedInto',
  'findings'
]

describe('publish', () => {
  test('makes a key, says what it did, and ends with the link alone on the last line of stdout', async () => {
    const bench = new Workbench(SITE)
    const { exitCode, stdout, stderr } = await bench.run('publish', 'dist')
    expect(exitCode).toBe(0)
    expect(stderr).toBe('')
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^Release 1: 2 new pages.*; 27 B written, in [\d.]+ m?s\.$/)
    expect(lines.find((line) => line.includes('key backup'))).toContain(bench.home)
    expect(lines.at(-1)).toBe(bench.link)
    expect((await readProjectSite(bench.home, bench.project))?.files).toEqual({
      '/index.html': '<p>Hello</p>',
      '/about.html': '<p>About</p>',
      '/a.css': 'a{}'
    })
  })

  test(
    'that would ship a secret says where it stands and how to go on, and ends with 1',
    { tags: 'long', timeout: 180_000 },
    async () => {
      const bench = await new Workbench(SITE).hasPublished()
      const token = `gh${'p_'}kV8sQ2mZ4tR7wXc9Lb3Nf6Hd1Jg5Pa0YuTqE`
      bench.write({ 'dist/keys.html': `<p>one\n<p>${token}` })
      const { exitCode, stdout, stderr } = await bench.run('publish', 'dist', '--checks', 'off')
      expect(exitCode).toBe(1)
      expect(stdout).toBe('')
      expect(stderr).toMatch(/^Error: 1 secret would be published.*\n\/keys\.html:2: a GitHub token\n/)
      const exception = /"secrets": (.*)/.exec(stderr)?.[1] ?? ''
      const asJson = await bench.json('publish', 'dist')
      expect(asJson).toMatchObject({
        exitCode: 1,
        value: {
          error: { code: 'SECRET_FOUND', message: expect.stringContaining('/keys.html:2: ') as string }
        }
      })
      const review = await bench.run('review', 'dist', '--checks', 'fail')
      expect(review.exitCode).toBe(1)
      expect(review.stdout).toContain('/keys.html:2: Here stands a GitHub token.')
      for (const output of [stderr, review.stdout, JSON.stringify(asJson)])
        expect(output).not.toContain(token.slice(4, 12))

      const file = path.join(bench.project, 'sitedrive.json')
      const project = JSON.parse(readFileSync(file, 'utf8')) as object
      writeFileSync(file, JSON.stringify({ ...project, secrets: JSON.parse(exception) as unknown }))
      expect(await bench.json('publish', 'dist')).toMatchObject({ exitCode: 0, value: { release: 2 } })
    }
  )

  test('of the folder around the site warns, and names the folder that is likely meant', async () => {
    const bench = new Workbench(SITE)
    const { exitCode, stderr } = await bench.run('publish', '.')
    expect(exitCode).toBe(0)
    expect(stderr).toContain("/dist/index.html: Whoever opens the site's address finds no page: ")
    expect(stderr).toContain('`dist/index.html` is there: did you mean `npx sitedrive publish dist`?')
  })

  test('of what is there already says so, and ends with the link too', async () => {
    const bench = await new Workbench(SITE).hasPublished()
    const { exitCode, stdout } = await bench.run('publish', 'dist')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^No change: release 1 is what you built\. .*\n/)
    expect(lastLine(stdout)).toBe(bench.link)
  })

  test('with --json prints the outcome as one object, with all its fields and no other', async () => {
    const bench = new Workbench(SITE)
    const first = await bench.json('publish', 'dist')
    expect(first.exitCode).toBe(0)
    expect(Object.keys(first.value)).toEqual(OUTCOME_KEYS)
    expect(first.value).toMatchObject({
      key: bench.key,
      link: bench.link,
      mirror: null,
      release: 1,
      fork: 0,
      added: 3,
      changed: 0,
      removed: 0,
      bytesWritten: 27,
      seeds: [],
      words: expect.stringContaining('2 new pages'),
      notLookedInto: 0,
      findings: []
    })
    expect(first.stderr).toContain('Release 1: 2 new pages')

    bench.write({ 'dist/a.css': 'b{}' })
    rmSync(path.join(bench.project, 'dist/about.html'))
    const second = await bench.json('publish', 'dist')
    expect(second.value).toMatchObject({ release: 2, added: 0, changed: 1, removed: 1, bytesWritten: 3 })

    const third = await bench.json('publish', 'dist')
    expect(Object.keys(third.value)).toEqual(OUTCOME_KEYS)
    expect(third.value).toMatchObject({
      release: 2,
      version: second.value['version'],
      added: 0,
      changed: 0,
      removed: 0,
      bytesWritten: 0,
      words: null,
      notLookedInto: 0,
      findings: []
    })
  })

  describe('of a page with a broken link', () => {
    const BROKEN = { ...SITE, 'dist/about.html': '<p><a href="/none.html">About</a>' }

    test('warns on stderr, and has the finding in its JSON', { tags: 'long' }, async () => {
      const bench = new Workbench(BROKEN)
      const { exitCode, stdout, stderr } = await bench.run('publish', 'dist')
      expect(exitCode).toBe(0)
      expect(stderr).toMatch(/^Warning: \/about\.html:1: The link `\/none\.html` leads nowhere\. .+\n$/)
      expect(lastLine(stdout)).toBe(bench.link)
      bench.write({ 'dist/a.css': 'b{}' })
      expect((await bench.json('publish', 'dist')).value['findings']).toMatchObject([
        { check: 'broken-link', level: 'error', path: '/about.html', line: 1, value: '/none.html' }
      ])
    })

    test('is refused with --checks fail, and silent with --checks off', async () => {
      const bench = new Workbench(BROKEN)
      const refused = await bench.json('publish', 'dist', '--checks', 'fail')
      expect([refused.exitCode, refused.value.error?.code]).toEqual([1, 'CHECKS_FAILED'])
      expect(refused.value.error?.message).toContain('`/none.html`')
      expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)
      const off = await bench.run('publish', 'dist', '--checks', 'off')
      expect([off.exitCode, off.stderr]).toEqual([0, ''])
    })

    test(
      'goes by SITEDRIVE_CHECKS, and by what the command line says before that',
      { tags: 'long' },
      async () => {
        const bench = new Workbench(BROKEN)
        const env = { SITEDRIVE_CHECKS: 'fail' }
        expect((await bench.with(env, 'publish', 'dist')).exitCode).toBe(1)
        expect((await bench.with(env, 'publish', 'dist', '--checks', 'warn')).exitCode).toBe(0)
        const wrong = await bench.with({ SITEDRIVE_CHECKS: 'maybe' }, 'publish', 'dist')
        expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('`maybe`')])
      }
    )
  })

  test('says on stderr what it left out and a reader might miss', async () => {
    const bench = new Workbench(SITE)
    symlinkSync('nowhere', path.join(bench.project, 'dist/link.html'))
    const { exitCode, stdout, stderr } = await bench.run('publish', 'dist')
    expect(exitCode).toBe(0)
    expect(stderr).toBe('Warning: Left out: 1 broken link: /link.html\n')
    expect(stdout).not.toContain('link.html')
  })

  test('records the generator that it is told of', { tags: 'long' }, async () => {
    const bench = new Workbench(SITE)
    await bench.did('publish', 'dist', '--generator', '@11ty/eleventy@3.1.8')
    const { value } = await bench.json('log')
    expect(value['releases']).toMatchObject([{ generator: { name: '@11ty/eleventy', version: '3.1.8' } }])
    expect(await bench.did('log')).toContain('  @11ty/eleventy 3.1.8\n')
  })

  test(
    'refuses to take most of a site away, or all of it, unless that is allowed',
    { tags: 'long' },
    async () => {
      const bench = await new Workbench(SITE).hasPublished()
      rmSync(path.join(bench.project, 'dist/about.html'))
      rmSync(path.join(bench.project, 'dist/a.css'))
      const shrink = await bench.json('publish', 'dist')
      expect([shrink.exitCode, shrink.value.error?.code]).toEqual([1, 'SHRINK_REFUSED'])
      expect(shrink.value.error?.message).toContain('--allow shrink')
      expect(await bench.did('publish', 'dist', '--allow', 'shrink')).toContain('Release 2: 1 page removed')

      rmSync(path.join(bench.project, 'dist/index.html'))
      const empty = await bench.json('publish', 'dist')
      expect([empty.exitCode, empty.value.error?.code]).toEqual([1, 'DIR_EMPTY'])
      const allowed = await bench.with({ SITEDRIVE_ALLOW: 'shrink' }, 'publish', 'dist', '--allow', 'empty')
      expect(allowed.stdout).toContain('Release 3: 1 page removed')
    }
  )

  test('does nothing and says so when SITEDRIVE_PUBLISH is 0', async () => {
    const bench = new Workbench(SITE)
    const off = await bench.with({ SITEDRIVE_PUBLISH: '0' }, 'publish', 'dist')
    expect(off).toEqual({ exitCode: 0, stdout: 'Publishing is switched off for this build.\n', stderr: '' })
    const json = await bench.with({ SITEDRIVE_PUBLISH: '0' }, 'publish', 'dist', '--json')
    expect(json.exitCode).toBe(0)
    expect(JSON.parse(json.stdout)).toEqual({
      skipped: { reason: 'off', message: 'Publishing is switched off for this build.' }
    })
    expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)
    expect(sitesIn(bench.home)).toEqual([])
  })

  test(
    'shows names with control characters so that a terminal obeys none of them',
    { tags: 'long' },
    async () => {
      const name = 'dist/evil\x1b[2J\r\n\u202etxt.html'
      const bench = new Workbench({ ...SITE, [name]: 'x' })
      const review = await bench.run('review', 'dist')
      expect(review.stdout).toContain('+ /evil\uFFFD[2J\uFFFD\uFFFD\uFFFDtxt.html')

      symlinkSync('nowhere', path.join(bench.project, 'dist/\x1b]0;owned\x07'))
      const { stdout, stderr } = await bench.run('publish', 'dist')
      expect(stderr).toContain('/\uFFFD]0;owned\uFFFD')

      bench.write({ 'dist/back\\slash\x1b[31m': '' })
      const refused = await bench.run('publish', 'dist')
      expect(refused.exitCode).toBe(1)
      expect(refused.stderr).toContain('back\\slash\uFFFD[31m')
      // oxlint-disable-next-line no-control-regex -- these are the characters in question
      expect([review.stdout, stdout, stderr, refused.stderr].join('')).not.toMatch(/[^\P{Cc}\n]/u)
    }
  )
})

describe('a publish while another one runs', () => {
  test('says whom it waits for, and goes on when that one has ended', async () => {
    const bench = await new Workbench(SITE).hasPublished()
    bench.write({ 'dist/a.css': 'b{}' })
    const holder = await bench.holdLock()
    const waiting = bench.start(['publish', 'dist'])
    await until(() => waiting.stderr().includes('Waiting for it.\n'), { describe: waiting.stderr })
    expect(waiting.stderr()).toMatch(
      new RegExp(
        `Another publish of this site is running: process ${holder.pid}, \`hold-lock\\.mjs writer\\.lock\`, since .*Waiting for it\\.\n`
      )
    )
    await holder.release()
    const { exitCode, stdout } = await waiting.ended
    expect(exitCode).toBe(0)
    expect(stdout).toContain('Release 2: 1 ')
  })

  test(
    'ends with 130 at Ctrl-C and with 143 at SIGTERM; readers keep the old release',
    { tags: 'long' },
    async () => {
      const bench = await new Workbench(SITE).hasPublished()
      bench.write({ 'dist/a.css': 'b{}' })
      const holder = await bench.holdLock()
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143]
      ] as const) {
        const waiting = bench.start(['publish', 'dist', '--json'])
        await until(() => waiting.stderr().includes('Waiting for it'), { describe: waiting.stderr })
        waiting.kill(signal)
        const { exitCode, stdout } = await waiting.ended
        expect(exitCode).toBe(code)
        expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ABORTED' } })
      }
      await holder.release()
      const site = await readProjectSite(bench.home, bench.project)
      expect(site?.record.release).toBe(1)
      expect(site?.files['/a.css']).toBe('a{}')
      expect(await bench.did('publish', 'dist')).toContain('Release 2: 1 ')
    }
  )
})

describe('who may not publish gets exit code 1, a code and a way out; nothing is published', () => {
  test('a contributor without the secret', async () => {
    const bench = (await new Workbench(SITE).hasPublished()).elsewhere()
    const { exitCode, value } = await bench.json('publish', 'dist')
    expect([exitCode, value.error?.code]).toEqual([1, 'NO_SECRET'])
    expect(value.error?.message).toMatch(/`npx sitedrive key restore`.*`npx sitedrive init --new`/)
    expect(sitesIn(bench.home)).toEqual([])
  })

  test('a clone with a key of this machine, until `init` binds it', { tags: 'long' }, async () => {
    const bench = await new Workbench(SITE).hasPublished()
    const clone = bench.clone({ 'dist/index.html': 'Other' })
    const { exitCode, value } = await clone.json('publish', 'dist')
    expect([exitCode, value.error?.code]).toEqual([1, 'NOT_BOUND'])
    expect(value.error?.message).toContain('`npx sitedrive init`')
    expect((await readProjectSite(bench.home, bench.project))?.record.release).toBe(1)

    expect(await clone.did('init')).toContain('it publishes to it from now on')
    expect(await clone.did('publish', 'dist', '--allow', 'shrink')).toContain('Release 2')
  })

  test('CI without a key, and CI without the secret', { tags: 'long' }, async () => {
    const bench = new Workbench(SITE)
    const none = await bench.with({ CI: 'true' }, 'publish', 'dist', '--json')
    expect(none.exitCode).toBe(1)
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: 'NO_PROJECT' } })
    expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)

    await bench.hasKey()
    const noSecret = await bench.elsewhere().with({ CI: 'true' }, 'publish', 'dist', '--json')
    expect(noSecret.exitCode).toBe(1)
    expect(JSON.parse(noSecret.stdout)).toMatchObject({
      error: { code: 'NO_SECRET', message: expect.stringContaining('SITEDRIVE_SECRET') }
    })
  })

  test(
    'SITEDRIVE_SECRET publishes the site that it belongs to, in 24 words or hex digits, and no other',
    { tags: 'long' },
    async () => {
      const bench = new Workbench(SITE)
      await bench.hasKey()
      const { value } = await bench.json('key', 'show', '--secret')
      const secret = value['secret'] as string
      const ci = bench.elsewhere()
      const right = await ci.with(
        { CI: 'true', SITEDRIVE_SECRET: secret },
        'publish',
        'dist',
        '--accept-loss'
      )
      expect([right.exitCode, lastLine(right.stdout)]).toEqual([0, bench.link])
      expect(existsSync(ci.state('secret'))).toBe(false)
      const { words } = (await bench.json('key', 'backup')).value as { words: string[] }
      const again = await ci.with({ CI: 'true', SITEDRIVE_SECRET: words.join(' ') }, 'publish', 'dist')
      expect(again.stdout).toContain('No change')

      const other = new Workbench(SITE)
      await other.hasKey()
      const wrong = await other.with({ SITEDRIVE_SECRET: secret }, 'publish', 'dist', '--json')
      expect(wrong.exitCode).toBe(1)
      expect(JSON.parse(wrong.stdout)).toMatchObject({
        error: { code: 'NO_SECRET', message: expect.stringContaining('belongs to another site') }
      })
      const damaged = await other.with({ SITEDRIVE_SECRET: secret.slice(1) }, 'publish', 'dist', '--json')
      expect(JSON.parse(damaged.stdout)).toMatchObject({ error: { code: 'BAD_SECRET' } })
      expect(damaged.stdout + damaged.stderr).not.toContain(secret.slice(1))
    }
  )
})

describe('a folder that cannot be published', () => {
  test(
    'is the project itself, or one without any page at first; the way on is by name',
    { tags: 'long' },
    async () => {
      const bench = new Workbench({ 'package.json': '{}', 'draft.md': '# Draft', 'dist/index.html': 'Hi' })
      for (const words of [
        ['publish', '.'],
        ['review', '.'],
        ['run', '--dir', '.', '--', 'true']
      ]) {
        const { exitCode, value } = await bench.json(...words)
        expect([exitCode, value.error?.code]).toEqual([1, 'DIR_IS_PROJECT'])
        expect(value.error?.message).toMatch(/holds `package\.json`.*dist`.*--allow project/)
      }
      bench.write({ 'notes/a.md': '# A' })
      const pageless = await bench.json('publish', 'notes')
      expect([pageless.exitCode, pageless.value.error?.code]).toEqual([1, 'NO_PAGES'])
      expect(existsSync(bench.home)).toBe(false)
      expect(await bench.did('publish', 'notes', '--allow', 'no-pages')).toContain('Release 1')
      const allowed = await bench.with({ SITEDRIVE_ALLOW: 'shrink' }, 'publish', '.', '--allow', 'project')
      expect(allowed.stdout).toContain('Release 2')
    }
  )

  test('is missing, a file, or empty', { tags: 'long' }, async () => {
    const bench = new Workbench({ file: '' })
    mkdirSync(path.join(bench.project, 'empty'))
    const codes = ['nowhere', 'file', 'empty'].map(async (dir) => {
      const { exitCode, value } = await bench.json('publish', dir)
      return [exitCode, value.error?.code]
    })
    expect(await Promise.all(codes)).toEqual([
      [1, 'DIR_MISSING'],
      [1, 'DIR_INVALID'],
      [1, 'DIR_EMPTY']
    ])
    expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)
  })

  test('lies in the data directory, or has it inside', { tags: 'long' }, async () => {
    const bench = new Workbench()
    const inside = path.join(bench.home, 'dist')
    mkdirSync(inside, { recursive: true })
    writeFileSync(path.join(inside, 'index.html'), '')
    for (const dir of [inside, path.dirname(bench.home)]) {
      const { exitCode, value } = await bench.json('publish', dir)
      expect([exitCode, value.error?.code]).toEqual([1, 'DIR_OVERLAP'])
      expect(value.error?.message).toContain('SITEDRIVE_HOME')
    }
  })
})

describe('a sitedrive.json that cannot be used is named with what is wrong', () => {
  const key = STRANGER
  const bad: [string, string, RegExp][] = [
    ['cut off', `{ "key": "${key}"`, /it is not JSON/],
    ['a list', '[]', /it is not a JSON object/],
    ['without a key', '{}', /`key` is missing/],
    [
      'an unknown field',
      `{ "key": "${key}", "sede": [] }`,
      /unknown field `sede`; known are key, name, seeds/
    ],
    [
      'a key with a typo',
      `{ "key": "hyper://${key.slice(1)}/" }`,
      /`key`: .* a key has 52 characters, this has 51/
    ],
    ['a key with a strange letter', `{ "key": "${key.replace('k', 'l')}" }`, /`l` never occurs in a key/],
    ['a dat:// link', `{ "key": "dat://${key}" }`, /`key`: .* is a Dat link/],
    ['a seed with a typo', `{ "key": "${key}", "seeds": ["${key}y"] }`, /`seeds`: .* this has 53/],
    ['a mirror that is none', `{ "key": "${key}", "mirror": "example.org" }`, /`mirror` is not an http/],
    ['control characters', '{ "\\u001b[2J": 1 }', /unknown field `\uFFFD\[2J`/]
  ]
  test.each(bad)('%s', async (_, text, says) => {
    const bench = new Workbench({ ...SITE, 'sitedrive.json': text })
    const { exitCode, stdout, stderr } = await bench.run('publish', 'dist')
    expect(exitCode).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(says)
    expect(stderr).toContain(path.join(bench.project, 'sitedrive.json'))
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(bench.projectFile()).toBe(text)
  })

  test('by every command that needs it', async () => {
    const bench = new Workbench({ ...SITE, 'sitedrive.json': '{' })
    const commands = ['init', 'review dist', 'log', 'rollback 1', 'key show', 'key backup', 'run -- true']
    const codes = commands.map(async (words) => (await bench.json(...words.split(' '))).value.error?.code)
    expect(await Promise.all(codes)).toEqual(commands.map(() => 'CONFIG_INVALID'))
    expect(bench.projectFile()).toBe('{')
  })

  test('in a --project elsewhere too', { tags: 'long' }, async () => {
    const bench = new Workbench({ 'sitedrive.json': '' })
    const { stderr } = await bench.start(['log', '--project', bench.project], { cwd: temporaryFolder() })
      .ended
    expect(stderr).toContain('it is not JSON')
  })
})
