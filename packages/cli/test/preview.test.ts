import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { createPreview, previewLink } from '@sitedrive/core/preview'
import { cleanEnvironment, CTRL_C, hasTerminal, localDht, startAtTerminal, until } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { qrCode } from '@sitedrive/terminal/qr-code'
import { ask, readyOf, untilSays, untilShows } from './support/live-commands.js'
import { lastLine, MAIN, STRANGER, Workbench, type Started } from './support/workbench.js'

/** Two machines and the network between them. */
class TwoMachines {
  readonly author = new Workbench({ 'dist/index.html': '<p>One</p>' })
  readonly reader = new Workbench()
  readonly bootstrap: string
  private readonly network: { SITEDRIVE_BOOTSTRAP: string }

  constructor(bootstrap: string) {
    this.bootstrap = bootstrap
    this.network = { SITEDRIVE_BOOTSTRAP: bootstrap }
  }

  watch(...options: string[]): Started {
    return this.author.start(['--json', 'watch', 'dist', ...options], { env: this.network })
  }

  preview(link: string, ...options: string[]): Started {
    return this.reader.start(['--json', 'preview', link, ...options], { env: this.network })
  }
}

async function twoMachines(): Promise<TwoMachines> {
  return new TwoMachines((await localDht()).variable)
}

/** A link that nothing stands behind. */
function someLink(): string {
  return previewLink({ key: STRANGER, encryptionKey: randomBytes(32) })
}

async function end(started: Started, signal: NodeJS.Signals = 'SIGTERM') {
  started.kill(signal)
  return started.ended
}

test('what one machine saves is seen on another that has only the link', async () => {
  const machines = await twoMachines()
  const watch = machines.watch()
  const { link, key } = await readyOf(watch)
  const preview = machines.preview(link)
  const ready = await readyOf(preview)
  expect(ready).toMatchObject({ key, link })
  await untilShows(ready.url, 'One')

  machines.author.write({ 'dist/index.html': '<p>Two</p>', 'dist/about/index.html': 'About' })
  await untilShows(ready.url, 'Two')
  await untilShows(ready.url, 'About', '/about/')
  await untilSays(preview, 'Connected to the author')

  // Ctrl-C is how it ends, and stdout has carried one line.
  const [reader, author] = await Promise.all([end(preview, 'SIGINT'), end(watch, 'SIGTERM')])
  expect([reader.exitCode, author.exitCode]).toEqual([0, 0])
  expect([reader.stdout.split('\n').length, author.stdout.split('\n').length]).toEqual([2, 2])
})

// A connection that nobody has closed is given up after some 20 s.
test(
  'without the author the last state stays there, also after a restart, and the author’s return brings the newest',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const machines = await twoMachines()
    const watch = machines.watch()
    const { link } = await readyOf(watch)
    const preview = machines.preview(link)
    const { url } = await readyOf(preview)
    await untilShows(url, 'One')
    await untilSays(preview, 'Connected to the author')

    await end(watch, 'SIGKILL')
    await untilSays(preview, 'The author is offline: showing what was fetched before · updated')
    await untilShows(url, 'One')
    expect((await end(preview)).exitCode).toBe(0)

    const again = machines.preview(link)
    const restarted = await readyOf(again)
    expect((await ask(restarted.url)).body).toContain('One')
    await untilSays(again, 'Looking for the author; showing what was fetched before')

    machines.author.write({ 'dist/index.html': '<p>Two</p>' })
    expect((await readyOf(machines.watch())).link).toBe(link)
    await untilShows(restarted.url, 'Two')
    await untilSays(again, 'Connected to the author')
  }
)

test(
  'a preview that is started before the author says that it waits, and shows the first build when it comes',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const machines = await twoMachines()
    const first = machines.watch()
    const { link } = await readyOf(first)
    await end(first)

    const preview = machines.preview(link)
    const { url } = await readyOf(preview)
    await untilSays(preview, 'Waiting for the author …')
    expect((await ask(url)).status).toBe(503)
    // Some seconds later it says what to check.
    await untilSays(preview, '--new-link')

    await readyOf(machines.watch())
    await untilShows(url, 'One')
  }
)

describe('a link on standard input', () => {
  test('is followed up to the end of its line, and stands in no list of processes', async () => {
    const machines = await twoMachines()
    const { link, key } = await readyOf(machines.watch())
    const env = { SITEDRIVE_BOOTSTRAP: machines.bootstrap }
    const preview = machines.reader.start(['--json', 'preview', '-'], { env, stdin: `\n${link}\r\nnot read` })
    const ready = await readyOf(preview)
    expect(ready.key).toBe(key)
    await untilShows(ready.url, 'One')
    if (process.platform === 'linux') {
      const lists = readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(commandLine)
      expect(lists.filter((words) => words.includes('preview\0-')).length).toBeGreaterThan(0)
      const secret = link.slice(link.indexOf('#') + 1)
      expect(lists.filter((words) => words.includes(secret))).toEqual([])
    }
    expect((await end(preview)).exitCode).toBe(0)
  })

  test.each([
    ['', /No preview link came on standard input/],
    ['\n \n', /No preview link came on standard input/],
    ['nonsense\n', /`nonsense` is not a drive's address/],
    [`${STRANGER}yyyy`, /^`ikikikikikikikikikik…` is not/],
    ['a'.repeat(5_000), /more than 4096 bytes/]
  ])('is refused when it is %j', { tags: 'long' }, async (stdin, says) => {
    const { exitCode, stdout } = await new Workbench().start(['--json', 'preview', '-'], { stdin }).ended
    expect(exitCode).toBe(1)
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } }
    expect(error.code).toMatch(/^BAD_(LINK|KEY)$/)
    expect(error.message).toMatch(says)
  })

  test.skipIf(!hasTerminal)('is asked for at a terminal, and not shown there', async () => {
    const bench = new Workbench()
    const link = someLink()
    const words = ['preview', '-', '--port', '0']
    const env = cleanEnvironment({ SITEDRIVE_HOME: bench.home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' })
    const preview = startAtTerminal(
      { command: process.execPath, args: [MAIN, ...words] },
      { cwd: bench.project, env }
    )
    await preview.untilShows('Paste the preview link')
    preview.type(`${link}\r`)
    await preview.untilShows('The preview is at:')
    expect(preview.shown()).not.toContain(link.slice(-20))
    preview.type(CTRL_C)
    expect(await preview.ended).toBe(0)
  })
})

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it has ended
  }
}

describe('a link that shows nothing', () => {
  const whole = someLink()

  test.each([
    ['that is cut', whole.slice(0, -9), 'BAD_LINK', 'not a whole preview link'],
    [
      'with a character of another',
      whole.slice(0, -1) + (whole.endsWith('y') ? 'b' : 'y'),
      'BAD_LINK',
      'not as it was printed'
    ],
    ['without its secret', whole.split('#')[0], 'BAD_LINK', 'published site'],
    ['whose secret is empty', `${whole.split('#')[0]}#`, 'BAD_LINK', 'missing'],
    ['that is none', 'my-site', 'BAD_KEY', '`my-site`'],
    ['of Dat', `dat://${'a'.repeat(64)}/`, 'DAT_LINK', 'dat']
  ])('%s is told in clear words, at once', { tags: 'long' }, async (_name, link = '', code, words) => {
    const { exitCode, value } = await new Workbench().json('preview', link)
    expect(exitCode).toBe(1)
    expect(value.error).toMatchObject({ code, message: expect.stringContaining(words) as string })
  })

  test(
    'because its secret is another than the author’s is told, and harms neither the copy nor the process',
    { tags: 'long' },
    async () => {
      const machines = await twoMachines()
      const { link, key } = await readyOf(machines.watch())
      const wrong = previewLink({ key, encryptionKey: randomBytes(32) })
      const first = await machines.preview(wrong).ended
      expect(first.exitCode).toBe(1)
      expect(first.stderr).toContain('The secret in this link does not open the preview')
      expect(first.stderr).not.toContain('Something unexpected')
      // Some of what was fetched lies there now, and does not open either.
      const second = await machines.preview(wrong).ended
      expect(second.exitCode).toBe(1)
      expect(JSON.parse(lastLine(second.stdout))).toMatchObject({ error: { code: 'BAD_LINK' } })
      const right = await readyOf(machines.preview(link))
      await untilShows(right.url, 'One')
    }
  )
})

test('a second preview of a link on one machine says where the first one is', async () => {
  const machines = await twoMachines()
  const link = someLink()
  const { url } = await readyOf(machines.preview(link))
  const { exitCode, stdout } = await machines.preview(link).ended
  expect(exitCode).toBe(1)
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string } }
  expect(error.code).toBe('STORE_LOCKED')
  expect(error.message).toContain(url)
})

test(
  'a port that is taken is an error when it was asked for, and else another one is taken',
  { tags: 'long' },
  async () => {
    const machines = await twoMachines()
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await until(() => other.listening)
    const { port } = other.address() as AddressInfo
    const asked = await machines.preview(someLink(), '--port', String(port)).ended
    expect(asked.exitCode).toBe(1)
    expect(asked.stdout).toContain('NETWORK_FAILED')
    expect(asked.stderr).toContain(`127.0.0.1:${port}`)

    const first = await readyOf(machines.preview(someLink()))
    const otherLink = previewLink({ key: STRANGER.replace('i', 'y'), encryptionKey: randomBytes(32) })
    const second = await readyOf(machines.preview(otherLink))
    expect(second.url).not.toBe(first.url)
  }
)

test('words of somebody else’s build are shown without their control characters', async () => {
  const { bootstrap, variable } = await localDht()
  const author = new Workbench({ 'dist/index.html': 'One' })
  const written = await createPreview({
    projectDir: author.project,
    env: { SITEDRIVE_HOME: author.home },
    bootstrap
  })
  onTestFinished(() => written.close())
  await written.update(`${author.project}/dist`)
  await written.failed({
    message: 'No \x1b[31msuch\x1b]0;owned\x07 filter\nand more',
    file: 'a\x1b[2J.njk',
    line: 3
  })
  const machines = new TwoMachines(variable)
  const preview = machines.preview(written.link)
  await untilSays(preview, "The author's build failed: No")
  expect(preview.stderr()).toMatch(/filter \(a.*\.njk:3\)/)
  expect(preview.stderr()).not.toContain('\x1b')
  expect(preview.stderr()).not.toContain('\x07')
})

describe('who may look', () => {
  test('is this machine alone, and no page of the web that gives its own name the address', async () => {
    const machines = await twoMachines()
    const { url } = await readyOf(machines.preview(someLink()))
    expect((await ask(url, { host: '127.0.0.1' })).status).toBe(503)
    expect((await ask(url, { host: 'site.localhost' })).status).toBe(503)
    expect((await ask(url, { host: 'evil.example' })).status).toBe(403)
    expect((await ask(url, { host: 'localhost.evil.example' })).status).toBe(403)
  })

  const lan = Object.values(networkInterfaces())
    .flat()
    .find((each) => each && !each.internal && each.family === 'IPv4')?.address

  test.skipIf(!lan)('is, with --host, whoever brings the token, which a cookie then stands for', async () => {
    const machines = await twoMachines()
    const { link } = await readyOf(machines.watch())
    const preview = machines.preview(link, '--host')
    const { url } = await readyOf(preview)
    await untilShows(url, 'One')
    const invitation = await until(() => /http:\/\/\S+sitedrive-token=\S+/.exec(preview.stderr())?.[0], {
      describe: preview.stderr
    })
    const { hostname: host, pathname, search } = new URL(invitation)
    const at = { host, address: host }
    expect((await ask(url, at)).status).toBe(403)
    expect((await ask(url, { ...at, page: '/?sitedrive-token=guessed' })).status).toBe(403)
    expect((await ask(url, { ...at, host: 'evil.example', page: `${pathname}${search}` })).status).toBe(403)
    const welcome = await ask(url, { ...at, page: `${pathname}${search}` })
    expect(welcome).toMatchObject({ status: 302, headers: { location: '/' } })
    const cookie = String(welcome.headers['set-cookie']).split(';')[0] ?? ''
    expect((await ask(url, { ...at, cookie })).body).toContain('One')
  })

  test.skipIf(!lan)(
    'is with `watch --host` as well, which keeps the review page to this machine',
    async () => {
      const machines = await twoMachines()
      const watched = machines.watch('--host')
      const { url, reviewUrl = '' } = await readyOf(watched)
      await untilShows(url, 'One')
      const invitation = await until(() => /http:\/\/\S+sitedrive-token=\S+/.exec(watched.stderr())?.[0], {
        describe: watched.stderr
      })
      const { hostname: host, pathname, search } = new URL(invitation)
      const at = { host, address: host }
      expect((await ask(url, at)).status).toBe(403)
      expect((await ask(url, { ...at, page: `${pathname}${search}` })).status).toBe(302)
      await expect(ask(reviewUrl, at)).rejects.toThrow('ECONNREFUSED')
    }
  )
})

test.skipIf(!hasTerminal)(
  'a terminal has one line that tells how things are, and with --host a code for a phone',
  { tags: 'long' },
  async () => {
    const machines = await twoMachines()
    const { link } = await readyOf(machines.watch())
    const terminal = startAtTerminal(
      { command: process.execPath, args: [MAIN, 'preview', link, '--host'] },
      {
        env: cleanEnvironment({
          SITEDRIVE_HOME: machines.reader.home,
          SITEDRIVE_BOOTSTRAP: machines.bootstrap
        })
      }
    )
    await terminal.untilShows('\r\x1b[KConnected to the author · updated ')
    const shown = terminal.shown()
    // The code says what the first address says, with its token.
    const [invitation = ''] = /http:\/\/\S+sitedrive-token=\S+/.exec(shown) ?? []
    expect(shown).toContain(qrCode(invitation).join('\r\n'))
    expect(shown).toContain('\x1b[38;5;16;48;5;231m')
    expect(shown).toMatch(/([^\n]*[ ▀▄█]{20,}[^\n]*\n){10}/)
    terminal.type(CTRL_C)
    expect(await terminal.ended).toBe(0)
  }
)
