import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { recordedAddress } from '@sitedrive/core/preview'
import {
  cleanEnvironment,
  hasTerminal,
  isAlive,
  localDht,
  previewPids,
  startAtTerminal,
  temporaryFolder,
  until
} from '@sitedrive/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ask, readyOf, untilSays, untilShows, type Ready } from './support/live-commands.js'
import { MAIN, Workbench, type Started } from './support/workbench.js'

/** A folder that is watched by a process of its own, on a network of its own. */
async function watching(
  files: Record<string, string>,
  ...options: string[]
): Promise<{ bench: Workbench; watch: Started; ready: Ready; again: (...more: string[]) => Started }> {
  const { variable } = await localDht()
  const bench = new Workbench(files)
  const again = (...more: string[]) =>
    bench.start(['--json', 'watch', 'dist', ...more], { env: { SITEDRIVE_BOOTSTRAP: variable } })
  const watch = again(...options)
  return { bench, watch, ready: await readyOf(watch), again }
}

/** Which state of the preview a page is of. */
async function versionAt(url: string): Promise<number> {
  const { body } = await ask(url)
  return Number(/data-update="\d+\.(\d+)"/.exec(body)?.[1])
}

/** Where the preview of a project is, as the processes of its machine find it; null: nobody shows it. */
function previewAddress({ project, home }: Workbench): string | null {
  return recordedAddress({ SITEDRIVE_HOME: home }, project)
}

function linesOf(watch: Started, pattern: RegExp): string[] {
  return watch
    .stderr()
    .split('\n')
    .filter((line) => pattern.test(line))
}

test('what a tool writes is shown, and a line tells of each update', async () => {
  const { bench, watch, ready } = await watching({ 'dist/index.html': 'One', 'dist/old.html': 'Old' })
  await untilShows(ready.url, 'One')
  await untilSays(watch, '2 added — 0 browsers, 0 peers')
  bench.write({ 'dist/index.html': 'Two', 'dist/posts/index.html': 'Posts' })
  rmSync(path.join(bench.project, 'dist/old.html'))
  await untilShows(ready.url, 'Two')
  await untilSays(watch, '1 added, 1 changed, 1 removed — ')
  expect((await ask(ready.url, { page: '/old.html' })).status).toBe(404)

  watch.kill('SIGINT')
  const { exitCode, stdout } = await watch.ended
  expect([exitCode, stdout.split('\n').length]).toEqual([0, 2])
})

test(
  'for people the address is the last line, below the link that is the same tomorrow',
  { tags: 'long' },
  async () => {
    const { variable } = await localDht()
    const bench = new Workbench({ 'dist/index.html': 'One' })
    const said: string[] = []
    for (let day = 0; day < 2; day++) {
      const watch = bench.start(['watch', 'dist'], { env: { SITEDRIVE_BOOTSTRAP: variable } })
      await until(() => /^http.*\n/m.test(watch.stdout()), { describe: watch.stderr })
      watch.kill('SIGTERM')
      const { exitCode, stdout } = await watch.ended
      expect(exitCode).toBe(0)
      said.push(stdout)
    }
    expect(said[0]).toMatch(
      /^Preview link: hyper:\/\/[a-z0-9]{52}\/#[a-z0-9]{56}\nReview and publish: http:\/\/review\.localhost:\d+\/#[\w-]{32}\n.*\nhttp:\/\/localhost:\d+\/\n$/
    )
    // The token of the review page is another one each time.
    const lines = said.map((each) => each.replace(/#[\w-]{32}\n/, '\n'))
    expect(lines[1]).toBe(lines[0])
  }
)

test('a build that writes 5,000 equal files pushes nothing', { tags: 'long', timeout: 180_000 }, async () => {
  const files = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, n) => [`dist/posts/${n % 50}/${n}.html`, `Post ${n}`])
  )
  const { bench, watch, ready } = await watching({ ...files, 'dist/index.html': 'Version 0' })
  await untilSays(watch, '5001 added')
  const change = async (n: number) => {
    const before = await versionAt(ready.url)
    bench.write({ 'dist/index.html': `Version ${n}` })
    await untilShows(ready.url, `Version ${n}`)
    return (await versionAt(ready.url)) - before
  }
  const one = await change(1)
  bench.write(files)
  expect(await change(2)).toBe(one)
  await until(() => linesOf(watch, / 1 changed — /).length === 2, { describe: watch.stderr })
})

test(
  'a page that its writer pauses over is shown as it was, until it is whole',
  { timeout: 180_000 },
  async () => {
    const { bench, ready } = await watching({ 'dist/index.html': 'START whole END' }, '--settle', '1200')
    await untilShows(ready.url, 'whole')
    const file = path.join(bench.project, 'dist/index.html')
    const writer = spawn(process.execPath, [
      '-e',
      `const fs = require('node:fs')
    const out = fs.openSync(${JSON.stringify(file)}, 'w')
    const pieces = ['START', ...Array.from({ length: 20 }, (_, n) => ' piece ' + n), ' END']
    const timer = setInterval(() => {
      const piece = pieces.shift()
      if (piece) fs.writeSync(out, piece)
      else clearInterval(timer)
    }, 150)`
    ])
    onTestFinished(() => void writer.kill('SIGKILL'))
    const seen = new Set<string>()
    await until(async () => {
      const text = (await ask(ready.url)).body.replace(/<script.*<\/script>/, '')
      seen.add(text)
      return text.includes('piece 19')
    })
    expect([...seen].map((text) => text.replace(/( piece \d+)+/, ' pieces'))).toEqual([
      'START whole END',
      'START pieces END'
    ])
  }
)

describe('the folder', () => {
  test('may come later, and is waited for', async () => {
    const { bench, watch, ready } = await watching({ 'readme.md': 'not built yet' })
    await untilSays(watch, 'Waiting for dist …')
    expect((await ask(ready.url)).status).toBe(503)
    bench.write({ 'dist/index.html': 'One' })
    await untilShows(ready.url, 'One')
  })

  test('may be deleted and made again: what was shown stays until there is something new', async () => {
    const { bench, watch, ready } = await watching({ 'dist/index.html': 'One' })
    await untilShows(ready.url, 'One')
    const dist = path.join(bench.project, 'dist')
    rmSync(dist, { recursive: true })
    await untilSays(watch, 'Waiting for dist …')
    expect((await ask(ready.url)).body).toContain('One')
    bench.write({ 'dist/index.html': 'Two' })
    await untilShows(ready.url, 'Two')
    // As builds do that begin with an empty folder.
    for (const text of ['Three', 'Four']) {
      rmSync(dist, { recursive: true })
      bench.write({ 'dist/index.html': text, 'dist/posts/index.html': text })
      await untilShows(ready.url, text, '/posts/')
    }
  })

  test('does not show what `.sitedriveignore` names', async () => {
    const { bench, ready } = await watching({
      '.sitedriveignore': 'drafts/',
      'dist/index.html': 'One',
      'dist/drafts/secret.html': 'Secret'
    })
    await untilShows(ready.url, 'One')
    bench.write({ 'dist/drafts/secret.html': 'Secret, edited', 'dist/index.html': 'Two' })
    await untilShows(ready.url, 'Two')
    expect((await ask(ready.url, { page: '/drafts/secret.html' })).status).toBe(404)
  })

  test('cannot be a file, nor hold the data directory', async () => {
    const bench = new Workbench({ dist: 'a file', 'index.html': 'One' })
    const file = await bench.json('watch', 'dist')
    expect([file.exitCode, file.value.error?.code]).toEqual([1, 'DIR_INVALID'])
    const home = path.join(bench.project, '.home')
    const overlap = await bench.with(
      { SITEDRIVE_HOME: home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:1' },
      'watch',
      '.'
    )
    expect(overlap.exitCode).toBe(1)
    expect(overlap.stderr).toContain('SITEDRIVE_HOME')
  })
})

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a second process for one project says where the first one shows it, and goes on in its place after %s',
  { tags: 'long', timeout: 180_000 },
  async (signal) => {
    const { bench, watch, ready, again } = await watching({ 'dist/index.html': 'One' })
    const second = again()
    expect(await readyOf(second)).toEqual({ key: null, link: null, url: ready.url, reviewUrl: null })
    await until(() => second.stderr().trimEnd().endsWith(ready.url), { describe: second.stderr })
    expect(second.stderr()).toContain('`sitedrive --json watch dist`')
    bench.write({ 'dist/index.html': 'Two' })
    await untilShows(ready.url, 'Two')

    watch.kill(signal)
    await watch.ended
    bench.write({ 'dist/index.html': 'Three' })
    await until(() => second.stdout().trimEnd().split('\n').length === 2, { describe: second.stderr })
    const [, own = ''] = second.stdout().split('\n')
    const { url, link } = JSON.parse(own) as { url: string; link: string }
    expect({ url, link }).toEqual({ url: ready.url, link: ready.link })
    await untilShows(url, 'Three')
    second.kill('SIGTERM')
    expect((await second.ended).exitCode).toBe(0)
  }
)

describe('SIGHUP ends it as Ctrl-C does, and the file with the address goes', () => {
  test('when a signal is all there is', async () => {
    const { bench, watch } = await watching({ 'dist/index.html': 'One' })
    expect(previewAddress(bench)).not.toBeNull()
    watch.kill('SIGHUP')
    const { exitCode, stderr } = await watch.ended
    expect(exitCode).toBe(0)
    expect(stderr).toContain('Stopping.')
    expect(previewAddress(bench)).toBeNull()
  })

  test.skipIf(!hasTerminal)('when its terminal is closed, and nothing can be printed', async () => {
    const { variable } = await localDht()
    const bench = new Workbench({ 'dist/index.html': 'One' })
    const env = cleanEnvironment({ SITEDRIVE_HOME: bench.home, SITEDRIVE_BOOTSTRAP: variable })
    const command = { command: process.execPath, args: [MAIN, 'watch', 'dist'] }
    const terminal = startAtTerminal(command, { cwd: bench.project, env })
    await terminal.untilShows('http://localhost:')
    const [pid = 0] = previewPids(bench.home)
    expect(isAlive(pid)).toBe(true)
    expect(previewAddress(bench)).toContain('http://localhost:')
    terminal.hangUp()
    await until(() => !isAlive(pid))
    expect(previewAddress(bench)).toBeNull()
  })
})

test('a second process that waits for its turn ends when it is told to', { tags: 'long' }, async () => {
  const { ready, again } = await watching({ 'dist/index.html': 'One' })
  const second = again()
  await readyOf(second)
  second.kill('SIGTERM')
  expect((await second.ended).exitCode).toBe(0)
  await untilShows(ready.url, 'One')
})

test('a link that another process is serving cannot be taken from it', { tags: 'long' }, async () => {
  const { watch, ready, again } = await watching({ 'dist/index.html': 'One' })
  const other = await again('--new-link').ended
  expect(other.exitCode).toBe(1)
  expect(other.stdout).toContain('PREVIEW_RUNNING')
  watch.kill('SIGTERM')
  await watch.ended
  const { link } = await readyOf(again('--new-link'))
  expect(link).not.toBe(ready.link)
})

// The launcher that comes with `open` asks $BROWSER where there is no desktop.
test.skipIf(process.platform !== 'linux')(
  '`--open` shows the address in the browser, also that of the process which shows the project already',
  async () => {
    const folder = temporaryFolder()
    const opened = path.join(folder, 'opened')
    const browser = path.join(folder, 'browser')
    writeFileSync(browser, `#!/bin/sh\necho "$1" >> '${opened}'\n`, { mode: 0o755 })
    vi.stubEnv('BROWSER', browser)
    for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'DESKTOP_SESSION']) vi.stubEnv(name, '')
    vi.stubEnv('XDG_CURRENT_DESKTOP', 'X-Generic')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { watch, ready, again } = await watching({ 'dist/index.html': 'One' }, '--open')
    const untilOpened = (text: string) =>
      until(() => existsSync(opened) && readFileSync(opened, 'utf8') === text, { describe: watch.stderr })
    await untilOpened(`${ready.url}\n`)
    again('--open')
    await untilOpened(`${ready.url}\n${ready.url}\n`)
  }
)

test.skipIf(process.platform !== 'linux')('the browser is not given the secret of the site', async () => {
  const folder = temporaryFolder()
  const browser = path.join(folder, 'browser')
  const seen = path.join(folder, 'seen')
  writeFileSync(browser, `#!/bin/sh\nenv > '${seen}.part'; mv '${seen}.part' '${seen}'\n`, { mode: 0o755 })
  const secret = 'ab'.repeat(32)
  const env = {
    SITEDRIVE_BOOTSTRAP: (await localDht()).variable,
    SITEDRIVE_SECRET: secret,
    BROWSER: browser,
    DISPLAY: '',
    WAYLAND_DISPLAY: '',
    DESKTOP_SESSION: '',
    XDG_CURRENT_DESKTOP: 'X-Generic'
  }
  const bench = new Workbench({ 'dist/index.html': 'One' })
  const watch = bench.start(['watch', 'dist', '--open'], { env })
  await until(() => existsSync(seen), { describe: watch.stderr })
  expect(readFileSync(seen, 'utf8')).toContain('SITEDRIVE_HOME')
  expect(readFileSync(seen, 'utf8')).not.toContain(secret)
})

test('a project folder is shown, with a warning that its sources are', async () => {
  const bench = new Workbench({ 'package.json': '{}', 'index.html': 'One' })
  const watch = bench.start(['watch', '.'], { env: { SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' } })
  await untilSays(watch, '`.` holds `package.json`: it is a project with its sources')
  expect(watch.stderr()).toContain('Whoever has the link sees its sources and drafts')
})

test(
  'a port that is taken is an error when it was asked for, and else another one is taken',
  { tags: 'long' },
  async () => {
    const { ready } = await watching({ 'dist/index.html': 'One' })
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await until(() => other.listening)
    const { port } = other.address() as AddressInfo
    const bench = new Workbench({ 'dist/index.html': 'Another' })
    const env = { SITEDRIVE_BOOTSTRAP: '127.0.0.1:1' }
    const asked = await bench.start(['watch', 'dist', '--port', String(port)], { env }).ended
    expect(asked.exitCode).toBe(1)
    expect(asked.stderr).toContain(`127.0.0.1:${port}`)

    // The same project, seen from another data directory: it would be served at the same port.
    const elsewhere = new Workbench({ 'dist/index.html': 'Elsewhere' })
    const first = await readyOf(elsewhere.start(['--json', 'watch', 'dist'], { env }))
    const twin = Object.assign(new Workbench(), { project: elsewhere.project, home: temporaryFolder() })
    const second = await readyOf(twin.start(['--json', 'watch', 'dist'], { env }))
    expect(second.url).not.toBe(first.url)
    expect(new Set([ready.url, first.url, second.url]).size).toBe(3)
  }
)

test('wrong options are usage errors', async () => {
  const bench = new Workbench({ 'dist/index.html': 'One' })
  for (const words of [
    ['watch'],
    ['watch', 'dist', '--settle', 'soon'],
    ['watch', 'dist', '--settle', '99999']
  ])
    expect((await bench.run(...words)).exitCode).toBe(2)
})
