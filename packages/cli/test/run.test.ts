import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readProjectSite, until } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { lastLine, Workbench } from './support/workbench.js'

/** A build that writes these folders, and says `built` on stdout. */
function build(...dirs: string[]): string[] {
  const script = `
    const { mkdirSync, writeFileSync } = require('fs')
    for (const dir of ${JSON.stringify(dirs)}) {
      mkdirSync(dir, { recursive: true })
      writeFileSync(dir + '/index.html', 'Built at ' + process.hrtime.bigint())
    }
    console.log('built')`
  return ['--', process.execPath, '-e', script]
}

describe('run', () => {
  test('runs a build in the project folder and publishes the folder that it wrote', async () => {
    const bench = new Workbench({ 'public/logo.svg': 'Source, not output' })
    const { exitCode, stdout } = await bench.withProcess({}, 'run', ...build('_site'))
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^built\nRelease 1: 1 new page/)
    expect(lastLine(stdout)).toBe(bench.link)
    expect(Object.keys((await readProjectSite(bench.home, bench.project))?.files ?? {})).toEqual([
      '/index.html'
    ])
  })

  test(
    'publishes the folder that --dir names, whatever else the build writes',
    { tags: 'long' },
    async () => {
      const bench = new Workbench()
      const { exitCode } = await bench.withProcess(
        {},
        'run',
        '--dir',
        'www/html',
        ...build('dist', 'www/html')
      )
      expect(exitCode).toBe(0)
      expect(Object.keys((await readProjectSite(bench.home, bench.project))?.files ?? {})).toEqual([
        '/index.html'
      ])
    }
  )

  test('with --json keeps what the build prints away from stdout', { tags: 'long' }, async () => {
    const bench = new Workbench()
    const { exitCode, value, stderr } = await bench.jsonProcess('run', ...build('dist'))
    expect(exitCode).toBe(0)
    expect(value).toMatchObject({ key: bench.key, release: 1, added: 1 })
    expect(stderr).toMatch(/^built\n/)
  })

  test("leaves the command's own options to the command", { tags: 'long' }, async () => {
    const bench = new Workbench()
    const { stdout } = await bench.withProcess(
      {},
      'run',
      '--dir',
      'x',
      '--',
      'echo',
      '--json',
      '--help',
      '--project',
      'y'
    )
    expect(stdout).toMatch(/^--json --help --project y\n/)
  })

  test('takes options in front of -- and has the publish ones', { tags: 'long' }, async () => {
    const bench = new Workbench()
    const { exitCode } = await bench.withProcess(
      {},
      'run',
      '--dir=dist',
      '--generator',
      'make@4.3',
      '--project',
      '.',
      ...build('dist')
    )
    expect(exitCode).toBe(0)
    expect(await bench.did('log')).toContain('make 4.3')
  })

  test(
    'runs the build and says that it does not publish when SITEDRIVE_PUBLISH is 0',
    { tags: 'long' },
    async () => {
      const bench = new Workbench()
      const { exitCode, stdout } = await bench.withProcess(
        { SITEDRIVE_PUBLISH: '0' },
        'run',
        ...build('dist')
      )
      expect(exitCode).toBe(0)
      expect(stdout).toBe('built\nPublishing is switched off for this build.\n')
      expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)
    }
  )

  test('tells a damaged sitedrive.json before the build, not after it', async () => {
    const bench = new Workbench({ 'sitedrive.json': '{' })
    const { exitCode, stdout } = await bench.withProcess({}, 'run', ...build('dist'))
    expect(exitCode).toBe(1)
    expect(stdout).toBe('')
  })
})

describe('a build that fails publishes nothing', () => {
  test('and its exit code is passed on', async () => {
    const bench = new Workbench({ 'dist/index.html': 'hi' })
    const words = ['run', '--dir', 'dist', '--', process.execPath, '-e', 'process.exit(42)']
    const { exitCode, stderr } = await bench.run(...words)
    expect(exitCode).toBe(42)
    expect(stderr).toMatch(/^Error: `.*` failed with exit code 42\. Nothing was published\.\n$/)
    const json = await bench.json(...words)
    expect([json.exitCode, json.value.error?.code]).toEqual([42, 'COMMAND_FAILED'])
    expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)
  })

  test('also when a signal ended it', { tags: 'long' }, async () => {
    const bench = new Workbench({ 'dist/index.html': 'hi' })
    const words = [
      'run',
      '--dir',
      'dist',
      '--',
      process.execPath,
      '-e',
      'process.kill(process.pid, "SIGKILL")'
    ]
    expect((await bench.run(...words)).exitCode).toBe(137)
  })

  test('also when it cannot be started, with the likely reason', { tags: 'long' }, async () => {
    const bench = new Workbench()
    const missing = await bench.jsonProcess('run', '--', 'no-such-program', 'x')
    expect([missing.exitCode, missing.value.error?.code]).toEqual([1, 'COMMAND_FAILED'])
    expect(missing.value.error?.message).toMatch(
      /`no-such-program x` could not be started: there is no such program.*npx/
    )
    const quoted = await bench.jsonProcess('run', '--', 'npm run build')
    expect(quoted.value.error?.message).toContain('leave out the quotes')
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143]
  ] as const)(
    'also when %s stops both, though the build then ends well',
    { tags: 'long' },
    async (signal, code) => {
      const bench = new Workbench({ 'dist/index.html': 'hi' })
      const script = `process.on('${signal}', () => process.exit(0)); setInterval(() => {}, 1000); console.log('up')`
      const started = bench.start(['run', '--dir', 'dist', '--', process.execPath, '-e', script])
      await until(() => started.stdout().includes('up'))
      started.kill(signal)
      const { exitCode, stderr } = await started.ended
      expect(exitCode).toBe(code)
      expect(stderr).toContain('Nothing was published')
      expect(existsSync(path.join(bench.project, 'sitedrive.json'))).toBe(false)
    }
  )
})

describe('without --dir, a build whose folder cannot be told publishes nothing', () => {
  test('when it wrote to several', { tags: 'long' }, async () => {
    const { exitCode, value } = await new Workbench().jsonProcess('run', ...build('dist', 'build'))
    expect([exitCode, value.error?.code]).toEqual([1, 'DIR_MISSING'])
    expect(value.error?.message).toMatch(/wrote to `dist`, `build`.*sitedrive run --dir dist -- …/)
  })

  test('when it wrote to none of those that are there', { tags: 'long' }, async () => {
    const { value } = await new Workbench({ 'public/a': '', 'out/b': '' }).jsonProcess('run', ...build('www'))
    expect(value.error?.message).toContain('the command changed none of `public`, `out`')
  })

  test('when there is none', { tags: 'long' }, async () => {
    const { value } = await new Workbench().jsonProcess('run', ...build('www'))
    expect(value.error?.message).toContain('there is no `_site`, `dist`, `public`, `build`, `out`, `site`')
  })

  test('a folder is told by a file that was removed from it, too', { tags: 'long' }, async () => {
    const bench = new Workbench({ 'dist/a.html': 'a', 'dist/b.html': 'b', 'out/c.html': 'c' })
    const { exitCode } = await bench.withProcess(
      {},
      'run',
      '--',
      process.execPath,
      '-e',
      'require("fs").rmSync("dist/b.html")'
    )
    expect(exitCode).toBe(0)
    expect(Object.keys((await readProjectSite(bench.home, bench.project))?.files ?? {})).toEqual(['/a.html'])
  })
})

describe('a build and the secret of the site', () => {
  const CORE = fileURLToPath(import.meta.resolve('@sitedrive/core'))

  /** A build with a plugin that must publish, and with a dependency that looks around in a process of its own. */
  const PRYING = `
    import { spawnSync } from 'node:child_process'
    import { mkdirSync, writeFileSync } from 'node:fs'
    import { createPublisher } from ${JSON.stringify(CORE)}
    mkdirSync('dist', { recursive: true })
    writeFileSync('dist/index.html', 'Built')
    const look = process.platform === 'linux' ? 'cat /proc/self/environ /proc/self/cmdline /proc/$PPID/environ /proc/$PPID/cmdline; env' : 'env'
    writeFileSync('seen.txt', spawnSync('sh', ['-c', look]).stdout)
    const outcome = await createPublisher({ projectDir: '.', required: true }).publish('dist')
    console.log(outcome.message ?? outcome.status)`

  async function withSecret() {
    const bench = new Workbench({ 'build.mjs': PRYING })
    await bench.hasKey()
    const { secret } = (await bench.json('key', 'show', '--secret')).value as { secret: string }
    return {
      bench,
      ci: bench.elsewhere(),
      env: { CI: 'true', SITEDRIVE_SECRET: secret, SECRET_OF_THE_SITE: secret }
    }
  }

  const RUN = ['run', '--accept-loss', '--', process.execPath, 'build.mjs']

  test('the build never sees it, and its plugin leaves publishing to run', async () => {
    const { bench, ci, env } = await withSecret()
    const { exitCode, stdout } = await ci.withProcess(env, ...RUN)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^Publishing is left to `sitedrive run`.*\nRelease 1: 1 new page/)
    const seen = readFileSync(path.join(bench.project, 'seen.txt'), 'utf8')
    expect(seen).toContain('SITEDRIVE_HOME')
    expect(seen).not.toContain(env.SITEDRIVE_SECRET)
  })

  test('the build makes no key of its own where the folder has none', { tags: 'long' }, async () => {
    const { ci, env } = await withSecret()
    const fresh = new Workbench({ 'build.mjs': PRYING.replace(', required: true', '') })
    const { exitCode, stdout } = await fresh.withProcess({ SITEDRIVE_SECRET: env.SITEDRIVE_SECRET }, ...RUN)
    expect(exitCode).toBe(1)
    expect(stdout).toContain('no key is made')
    expect(existsSync(path.join(fresh.project, 'sitedrive.json'))).toBe(false)
    expect(existsSync(path.join(ci.home, 'sites'))).toBe(false)
  })

  test(
    'without it in the environment the plugin of the build publishes by itself',
    { tags: 'long' },
    async () => {
      const bench = new Workbench({ 'build.mjs': PRYING })
      const { stdout } = await bench.withProcess({}, 'run', '--', process.execPath, 'build.mjs')
      expect(stdout).toMatch(/^published\nNo change: release 1/)
    }
  )
})
