import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { until } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { localDht } from '../../mirror/test/support/local-network.js'
import { PublishedSite } from '../../mirror/test/support/published-site.js'
import { lastLine, STRANGER, Workbench, type Started } from './support/workbench.js'

const page = (title: string) =>
  `<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`

async function network(): Promise<Record<string, string>> {
  const nodes = (await localDht()).map(({ host, port }) => `${host}:${port}`)
  return { SITEDRIVE_BOOTSTRAP: nodes.join(',') }
}

async function online(title: string): Promise<PublishedSite> {
  const site = new PublishedSite()
  await site.publish({ 'index.html': page(title) })
  await site.goOnline()
  return site
}

/** Starts a command that goes on, and waits for the address that it prints last. */
async function starts(bench: Workbench, ...words: string[]): Promise<{ run: Started; url: string }> {
  const run = bench.start([...words, '--port', '0'], { env: await network() })
  await until(() => /^http:.*\n/m.test(run.stdout()), { timeoutMs: 60_000, describe: run.stderr })
  return { run, url: /^http:\S+$/m.exec(run.stdout())?.[0] ?? '' }
}

/** Asks for the start page of a site on this machine. */
function pageAt(url: string): Promise<string> {
  const { host, port, pathname } = new URL(url)
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: pathname, headers: { host }, agent: false }, (answer) => {
      text(answer).then(resolve, reject)
    }).on('error', reject)
  })
}

const recordOf = (bench: Workbench) => path.join(bench.home, 'read', 'running.json')

describe('sitedrive library', () => {
  test('prints its address last, tells each release that comes in one line, and ends in good order', async () => {
    const bench = new Workbench()
    const site = await online('The sea')
    const { run, url } = await starts(bench, 'library')
    expect(url).toMatch(/^http:\/\/library\.localhost:\d+\/#[\w-]{32}$/)
    expect(lastLine(run.stdout())).toBe(url)
    // Nobody else of this machine reads its token.
    expect(statSync(recordOf(bench)).mode & 0o777).toBe(0o600)
    expect(url).toContain((JSON.parse(readFileSync(recordOf(bench), 'utf8')) as { token: string }).token)

    const kept = await bench.with(await network(), 'keep', site.key)
    expect(kept.exitCode).toBe(0)
    await until(async () => (await pageAt(lastLine(kept.stdout))).includes('The sea'), { timeoutMs: 60_000 })
    await until(
      () => {
        const file = path.join(bench.home, 'read', site.key, 'site.json')
        return existsSync(file) && readFileSync(file, 'utf8').includes('"release": 1')
      },
      { timeoutMs: 60_000 }
    )
    await site.publish({ 'index.html': page('The sea'), 'tide/index.html': page('High tide') })
    await site.goOnline()
    await until(() => run.stdout().includes('High tide'), { timeoutMs: 60_000, describe: run.stdout })
    expect(lastLine(run.stdout())).toMatch(/^The sea: release 2: .*High tide/)
    run.kill('SIGINT')
    expect((await run.ended).exitCode).toBe(0)
    expect(existsSync(recordOf(bench))).toBe(false)
  })

  test('lists what is mine, followed, kept and read as text, and starts nothing', async () => {
    const bench = await new Workbench({ 'dist/index.html': page('Mine') }).hasKey()
    await bench.hasPublished()
    const site = await online('The sea')
    const { run } = await starts(bench, 'open', site.key, '--no-browser')
    await until(
      () => readFileSync(path.join(bench.home, 'read', site.key, 'site.json'), 'utf8').includes('The sea'),
      { timeoutMs: 60_000 }
    )
    run.kill('SIGINT')
    await run.ended
    const { stdout } = await bench.run('library', '--list')
    expect(stdout).toBe(
      `Read\n  The sea, release 1\n  hyper://${site.key}/\nMine\n  ${bench.key}, release 1\n  ${bench.link}\n`
    )
    const { value } = await bench.json('library', '--list')
    expect(value).toMatchObject({
      mine: [{ key: bench.key, release: 1 }],
      sites: [{ key: site.key, interest: 'read', title: 'The sea' }]
    })
    expect((await new Workbench().run('library', '--list')).stderr).toContain('The library is empty')
  })
})

describe('where another process runs the reader', () => {
  test('open, keep and library hand it the link, print its address, and end with 0', async () => {
    const bench = new Workbench()
    const [one, two, three] = [await online('One'), await online('Two'), await online('Three')]
    const first = await starts(bench, 'open', one.key, '--no-browser')
    const { port } = new URL(first.url)

    const opened = await bench.with(await network(), 'open', `hyper://${two.key}/a/`)
    expect(opened.exitCode).toBe(0)
    expect(lastLine(opened.stdout)).toBe(`http://${two.key}.localhost:${port}/a/`)
    expect(opened.stdout).toContain(`Process ${first.run.pid} `)
    // Something of it is here when the command ends.
    expect(await pageAt(`http://${two.key}.localhost:${port}/`)).toContain('Two')

    const { value: kept } = await jsonWith(bench, 'keep', three.key, '--max', '5MB')
    expect((kept['sites'] as { key: string }[]).map(({ key }) => key).toSorted()).toEqual(
      [one.key, two.key, three.key].toSorted()
    )
    const entry = JSON.parse(
      readFileSync(path.join(bench.home, 'read', three.key, 'site.json'), 'utf8')
    ) as object
    expect(entry).toMatchObject({ interest: 'kept', maxBytes: 5_000_000 })

    const shown = await bench.with(await network(), 'library', '--no-browser')
    expect(shown.exitCode).toBe(0)
    expect(lastLine(shown.stdout)).toMatch(new RegExp(`^http://library\\.localhost:${port}/#`))

    const forgotten = await bench.with(await network(), 'forget', two.key, '--yes')
    expect(forgotten.exitCode).toBe(0)
    expect(existsSync(path.join(bench.home, 'read', two.key))).toBe(false)
    expect(await pageAt(`http://${two.key}.localhost:${port}/`)).not.toContain('Two')

    const wrong = await bench.with(await network(), 'open', 'https://example.org/')
    expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringContaining('has no key in it')])
  })

  test('a process whose own site is forgotten goes on', async () => {
    const bench = new Workbench()
    const [one, two] = [await online('One'), await online('Two')]
    const { run } = await starts(bench, 'open', one.key, '--no-browser')
    await until(() => run.stderr().includes('is here'), { timeoutMs: 60_000, describe: run.stderr })
    expect((await bench.with(await network(), 'forget', one.key, '--yes')).exitCode).toBe(0)
    // Its status line, which is made each second, has nothing to tell of any more.
    const said = run.stderr()
    await until(() => run.stderr() !== said, { timeoutMs: 60_000, describe: run.stderr })
    const opened = await bench.with(await network(), 'open', two.key)
    expect(opened.exitCode).toBe(0)
    expect(await pageAt(lastLine(opened.stdout))).toContain('Two')
    run.kill('SIGINT')
    expect((await run.ended).exitCode).toBe(0)
  })

  test('a process without sharing says so to whoever wants a site kept', async () => {
    const bench = new Workbench()
    const site = await online('One')
    await starts(bench, 'open', site.key, '--no-browser', '--no-share')
    const { exitCode, stderr } = await bench.with(await network(), 'keep', site.key)
    expect(exitCode).toBe(0)
    expect(stderr).toContain('it hands nothing on')
  })

  test('a record of a process that has ended, or of something else at its port, is no reader', async () => {
    const bench = new Workbench()
    const site = await online('One')
    mkdirSync(path.join(bench.home, 'read'), { recursive: true })
    for (const record of [
      { pid: 2 ** 22 + 1, url: 'http://localhost:9/', token: 'x' },
      { pid: process.pid, url: 'http://localhost:9/', token: 'x' }
    ]) {
      writeFileSync(recordOf(bench), JSON.stringify(record))
      const { run } = await starts(bench, 'open', site.key, '--no-browser')
      // Its own record has taken the place of that one.
      expect(JSON.parse(readFileSync(recordOf(bench), 'utf8'))).toMatchObject({ pid: run.pid })
      run.kill('SIGINT')
      expect((await run.ended).exitCode).toBe(0)
    }
  })
})

describe('sitedrive forget', () => {
  test('removes a copy that no process has open, and knows what it has not', async () => {
    const bench = new Workbench()
    const site = await online('One')
    const { run } = await starts(bench, 'open', site.key, '--no-browser')
    run.kill('SIGINT')
    await run.ended
    const folder = path.join(bench.home, 'read', site.key)
    expect(existsSync(folder)).toBe(true)
    const { exitCode, stdout } = await bench.run('forget', site.key, '--yes')
    expect(exitCode).toBe(0)
    expect(lastLine(stdout)).toBe(`hyper://${site.key}/`)
    expect(existsSync(folder)).toBe(false)
    const { exitCode: again, value } = await bench.json('forget', STRANGER, '--yes')
    expect([again, value.error?.code]).toEqual([1, 'NOT_FOUND'])
  })
})

async function jsonWith(bench: Workbench, ...words: string[]): Promise<{ value: Record<string, unknown> }> {
  const { stdout } = await bench.with(await network(), '--json', ...words)
  return { value: JSON.parse(stdout) as Record<string, unknown> }
}
