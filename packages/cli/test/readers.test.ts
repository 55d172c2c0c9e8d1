import { execFile, spawn } from 'node:child_process'
import { hash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { decodeKey } from '@sitedrive/core/drive'
import {
  cleanEnvironment,
  hasBrowser,
  localDht,
  openBrowser,
  temporaryFolder,
  until
} from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { ask, readyOf, untilSays } from './support/live-commands.js'
import { lineOf, siteOnline, stop } from './support/site-online.js'
import { MAIN, STRANGER, Workbench, lastLine } from './support/workbench.js'

const VANILLA = fileURLToPath(new URL('../../reader/test/support/vanilla-read.mjs', import.meta.url))
const run = promisify(execFile)

const sha256 = (bytes: string | Buffer) => hash('sha256', bytes, 'hex')

/** What a client sees that has never heard of sitedrive, without the release record. */
async function seenByVanilla(key: string, bootstrap: unknown): Promise<Record<string, string>> {
  const hex = Buffer.from(decodeKey(key)).toString('hex')
  const args = [VANILLA, hex, JSON.stringify(bootstrap), path.join(temporaryFolder(), 'store')]
  const { stdout } = await run(process.execPath, args, { timeout: 120_000 })
  const { '/.well-known/sitedrive.json': _record, ...files } = JSON.parse(stdout) as Record<string, string>
  return files
}

test(
  'a site lives on with those who read it: the author and the seed are gone, and a third reads all of it from the second',
  { timeout: 300_000 },
  async () => {
    const { variable, bootstrap } = await localDht()
    const env = { SITEDRIVE_BOOTSTRAP: variable }
    const big = randomBytes(400_000)
    const author = new Workbench({
      'dist/index.html': '<title>My site</title><h1>Hello</h1>',
      'dist/posts/one/index.html': '<h1>One</h1>',
      'dist/big.txt': big.toString('hex')
    })
    const files: Record<string, string> = {
      '/index.html': sha256('<title>My site</title><h1>Hello</h1>'),
      '/posts/one/index.html': sha256('<h1>One</h1>'),
      '/big.txt': sha256(big.toString('hex'))
    }

    // Mint offline, write, publish, go offline.
    await author.hasKey()
    const shown = await author.json('key', 'show')
    const operator = new Workbench()
    const seedAt = (words: string[] = []) =>
      operator.start(['--json', 'peer', '--port', '0', ...words], { env })
    let seed = seedAt(['--trust', String(shown.value['publisherKey'])])
    const { key: seedKey } = await lineOf<{ key: string }>(seed)
    await author.did('init', '--seed', seedKey, '--yes')
    const published = await author.with(env, '--json', 'publish', 'dist')
    expect(JSON.parse(published.stdout)).toMatchObject({ release: 1, seeds: [{ confirmed: true }] })

    // A stranger opens the link from the seed, and keeps the site.
    const stranger = new Workbench()
    const opened = stranger.start(['--json', 'open', `${author.link}posts/one/`, '--port', '0'], { env })
    const { url } = await readyOf(opened)
    const at = new URL(url)
    expect((await ask(at.origin, { page: at.pathname, host: at.host })).body).toBe('<h1>One</h1>')
    await stop(opened)
    const kept = stranger.start(['--json', 'keep', author.link, '--port', '0'], { env })
    await lineOf(kept)
    await untilSays(kept, '1 of 1 site whole')

    // The seed dies.
    seed.kill('SIGKILL')
    await seed.ended

    // A third reads the whole site from the stranger; so does a client that has never heard of sitedrive.
    const third = new Workbench()
    const target = path.join(third.project, 'copy')
    const cloned = await third.with(env, '--json', 'clone', author.link, 'copy')
    expect([cloned.exitCode, cloned.stderr]).toEqual([0, ''])
    for (const [name, digest] of Object.entries(files))
      expect(sha256(readFileSync(path.join(target, name)))).toBe(digest)
    expect(await seenByVanilla(author.key, bootstrap)).toEqual(files)

    // The author comes back and publishes; the stranger hears of it in words.
    seed = seedAt()
    await lineOf(seed)
    author.write({ 'dist/posts/two/index.html': '<title>A second post</title><h1>Two</h1>' })
    const second = await author.with(env, '--json', 'publish', 'dist')
    expect(JSON.parse(second.stdout)).toMatchObject({ release: 2 })
    await until(() => /My site: release 2: .*A second post/.test(kept.stdout() + kept.stderr()), {
      timeoutMs: 120_000,
      describe: kept.stderr
    })
    await stop(kept)
    await stop(seed)
  }
)

describe('sitedrive open', () => {
  test(
    'says after 15 seconds who was asked, and what one can do, when nobody has the site',
    { timeout: 120_000 },
    async () => {
      const { variable } = await localDht()
      const reader = new Workbench()
      const { exitCode, stderr, stdout } = await reader.withProcess(
        { SITEDRIVE_BOOTSTRAP: variable },
        'open',
        `hyper://${STRANGER}/`
      )
      expect([exitCode, stdout]).toEqual([1, ''])
      expect(stderr).toContain(`Nobody who has \`hyper://${STRANGER}/\` answered in 15 s`)
      expect(stderr).not.toContain('Warning')
      expect(stderr).toContain('npx sitedrive doctor')
    }
  )

  test('shows without a network what was fetched before', { timeout: 120_000 }, async () => {
    const { variable } = await localDht()
    const env = { SITEDRIVE_BOOTSTRAP: variable }
    const reader = new Workbench()
    const online = await siteOnline(variable)
    const first = reader.start(['--json', 'open', online.link, '--port', '0'], { env })
    await readyOf(first)
    await untilSays(first, 'all of release 1 is here')
    await stop(first)
    await online.goOffline()

    const nowhere = { SITEDRIVE_BOOTSTRAP: '127.0.0.1:1' }
    const again = reader.start(['--json', 'open', online.link, '--port', '0'], { env: nowhere })
    const { url } = await readyOf(again)
    const { host, origin } = new URL(url)
    expect((await ask(origin, { host })).body).toBe('<h1>Online</h1>')
    await untilSays(again, 'Nobody else has it online now')
    await stop(again)

    // So do the commands that read single files and whole sites.
    const got = await reader.withProcess(nowhere, 'get', online.link)
    expect([got.exitCode, got.stdout]).toEqual([0, '<h1>Online</h1>'])
    expect(got.stderr).toContain('perhaps not the newest')
  })

  test('shows a new release when it is here as a whole', { timeout: 120_000 }, async () => {
    const { variable } = await localDht()
    const online = await siteOnline(variable)
    const reader = new Workbench()
    const opened = reader.start(['--json', 'open', online.link, '--port', '0'], {
      env: { SITEDRIVE_BOOTSTRAP: variable }
    })
    const { url } = await readyOf(opened)
    await untilSays(opened, 'all of release 1 is here')
    await online.publish({ 'dist/index.html': '<h1>Newer</h1>' })
    await until(async () => (await ask(url, { host: new URL(url).host })).body === '<h1>Newer</h1>', {
      timeoutMs: 60_000,
      describe: opened.stderr
    })
    await stop(opened)
  })

  test.skipIf(!hasBrowser)(
    'with --live, an open page shows a new release without a reload; without it, a page is as it was signed',
    { timeout: 180_000 },
    async () => {
      const { variable } = await localDht()
      const env = { SITEDRIVE_BOOTSTRAP: variable }
      const online = await siteOnline(variable, { 'dist/index.html': '<!doctype html><h1>First</h1>' })
      const reader = new Workbench()
      const opened = reader.start(['--json', 'open', online.link, '--port', '0', '--live'], { env })
      const { url } = await readyOf(opened)
      await untilSays(opened, 'all of release 1 is here')
      const browser = await openBrowser()
      const page = await browser.newPage()
      await page.goto(url)
      await page.evaluate(() => Object.assign(globalThis, { isSame: true }))
      await online.publish({ 'dist/index.html': '<!doctype html><h1>Second</h1>' })
      await page.getByText('Second').waitFor({ timeout: 60_000 })
      expect(await page.evaluate(() => (globalThis as { isSame?: boolean }).isSame)).toBe(true)
      await stop(opened)

      const plain = reader.start(['--json', 'open', online.link, '--port', '0'], { env })
      const at = new URL((await readyOf(plain)).url)
      expect((await ask(at.origin, { host: at.host })).body).toBe('<!doctype html><h1>Second</h1>')
      await stop(plain)
    }
  )

  test.each([
    ['dat://' + 'a'.repeat(64), 'Dat is an older protocol'],
    ['https://example.org/', 'has no key in it'],
    ['hyper://short/', 'a key has 52 characters']
  ])('refuses %s in words', async (link, words) => {
    const { exitCode, stderr } = await new Workbench().run('open', link)
    expect(exitCode).toBe(1)
    expect(stderr).toContain(words)
  })
})

describe('sitedrive get', () => {
  test('prints a file as it is, and nothing else on standard output', { timeout: 120_000 }, async () => {
    const { variable } = await localDht()
    const online = await siteOnline(variable, { 'dist/data.txt': 'line\nline' })
    const reader = new Workbench()
    const env = { SITEDRIVE_BOOTSTRAP: variable }
    const got = await reader.withProcess(env, 'get', `${online.link}data.txt`)
    expect([got.exitCode, got.stdout, got.stderr]).toEqual([0, 'line\nline', ''])
    const json = await reader.withProcess(env, '--json', 'get', `${online.link}data.txt`)
    expect(JSON.parse(json.stdout)).toMatchObject({ path: '/data.txt', bytes: 9 })
    const none = await reader.withProcess(env, 'get', `${online.link}none.txt`)
    expect([none.exitCode, none.stdout]).toEqual([1, ''])
    expect(none.stderr).toContain('The site has no file at `/none.txt`')
  })

  test('ends when nobody reads what it prints, and when it is stopped', { timeout: 120_000 }, async () => {
    const { variable } = await localDht()
    const online = await siteOnline(variable, { 'dist/large.txt': 'many words '.repeat(2_000_000) })
    const reader = new Workbench()
    const env = cleanEnvironment({ SITEDRIVE_HOME: reader.home, SITEDRIVE_BOOTSTRAP: variable })
    const words = [MAIN, 'get', `${online.link}large.txt`]
    const piped = `(${[process.execPath, ...words].map((word) => `'${word}'`).join(' ')}; echo $? >&2) | head -c 4`
    const taken = await run('sh', ['-c', piped], { env, cwd: reader.project })
    expect([taken.stdout, taken.stderr]).toEqual(['many', '141\n'])

    // Nobody takes what is printed, and the pipe is full.
    const child = spawn(process.execPath, words, { env, cwd: reader.project })
    const ended = once(child, 'exit')
    await once(child.stdout, 'readable')
    child.kill('SIGTERM')
    expect(await ended).toEqual([143, null])
  })
})

describe('sitedrive export', () => {
  test('writes a release of the project into a folder, byte for byte', async () => {
    const author = new Workbench({ 'dist/index.html': 'first', 'dist/a/b.txt': 'b' })
    await (await author.hasKey()).hasPublished()
    author.write({ 'dist/index.html': 'second' })
    await author.hasPublished()
    const newest = await author.json('export', 'out')
    expect(newest).toMatchObject({ exitCode: 0, value: { release: 2, files: 2, leftOutCount: 0 } })
    const text = (name: string) => readFileSync(path.join(author.project, name), 'utf8')
    expect([text('out/index.html'), text('out/a/b.txt')]).toEqual(['second', 'b'])
    expect(lastLine(await author.did('export', 'old', '--release', '1'))).toBe(author.link)
    expect(text('old/index.html')).toBe('first')
    expect(existsSync(path.join(author.project, 'old/.well-known'))).toBe(false)
    expect((await author.json('export', 'old')).value.error?.code).toBe('DIR_INVALID')
    expect((await author.json('export', 'none', '--release', '7')).value.error?.code).toBe('NO_SUCH_RELEASE')
  })
})
