import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { localDht, readFolder, temporaryFolder, until } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { STRANGER, Workbench, type Json } from './support/workbench.js'

const SITE = { 'dist/index.html': '<title>Home</title>One' }
/** Nobody answers there. */
const NOBODY = '127.0.0.1:9'

interface Check {
  check: string
  about: string | null
  level: 'ok' | 'warning' | 'problem'
  what: string
  remedy: string | null
}

interface Doctored {
  exitCode: number | null
  checks: Check[]
  /** The levels by the names of the checks; of several the last. */
  levels: Record<string, string>
  of: (check: string) => Check | undefined
}

async function doctor(bench: Workbench, bootstrap: string, ...words: string[]): Promise<Doctored> {
  const { exitCode, value } = await bench.json('--bootstrap', bootstrap, 'doctor', ...words)
  const checks = checksIn(value)
  return {
    exitCode,
    checks,
    levels: Object.fromEntries(checks.map(({ check, level }) => [check, level])),
    of: (name) => checks.find(({ check }) => check === name)
  }
}

function checksIn(value: Json): Check[] {
  const { checks, ok } = value as unknown as { checks: Check[]; ok: boolean }
  expect(ok).toBe(!checks.some(({ level }) => level === 'problem'))
  for (const { level, remedy } of checks) expect(remedy === null).toBe(level === 'ok')
  return checks
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('doctor', () => {
  test('finds all well with a seed that shows the site, and changes nothing but what that seed tells', async () => {
    const bench = await new Workbench(SITE).hasKey()
    const peer = bench.start(['--json', 'peer', '--local', '--port', '0'])
    await until(() => peer.stdout().includes('\n'), { describe: peer.stderr })
    const { key, url } = JSON.parse(peer.stdout()) as { key: string; url: string }
    await bench.did('seeds', 'add', key)
    await bench.did('publish', 'dist')
    writeFileSync(bench.state('backup-check.json'), JSON.stringify({ checkedAt: '2026-03-02T12:00:00.000Z' }))
    const site = url.replace('localhost', `${bench.key}.localhost`)
    const shown = await until(async () => {
      const { exitCode, value } = await bench.json('doctor')
      const checks = checksIn(value)
      return checks.some(({ what }) => what === 'It shows release 1.') && { exitCode, checks }
    })
    expect(shown.exitCode).toBe(0)
    expect(shown.checks.map(({ check, level, about }) => [check, level, about])).toEqual([
      ['node', 'ok', null],
      ['data directory', 'ok', null],
      ['secrets', 'ok', null],
      ['project', 'ok', null],
      ['key', 'ok', null],
      ['backup', 'ok', null],
      ['store', 'ok', null],
      ['clock', 'ok', null],
      ['network', 'ok', null],
      ['nat', 'ok', null],
      ['seed', 'ok', key],
      ['web address', 'ok', site]
    ])
    const before = readFolder(path.dirname(bench.state('x')))
    const { exitCode, stdout } = await bench.run('doctor')
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/\nAll is well\.\n$/)])
    expect(stdout).toContain(
      `\nok       Seed ${key.slice(0, 8)}… holds release 1; blocks of it were read back.\n`
    )
    expect(readFolder(path.dirname(bench.state('x')))).toEqual(before)
  })

  test('without a network ends within 15 s, says so once, and looks at all else', async () => {
    const bench = await new Workbench(SITE).hasPublished()
    await bench.did('seeds', 'add', STRANGER)
    const began = performance.now()
    const { exitCode, of, levels } = await doctor(bench, NOBODY)
    expect(performance.now() - began).toBeLessThan(15_000)
    expect(exitCode).toBe(1)
    expect(of('network')).toMatchObject({
      level: 'problem',
      what: 'No node of the DHT of SITEDRIVE_BOOTSTRAP answers.'
    })
    expect(of('seed')).toMatchObject({ level: 'warning', what: 'It could not be asked: no network.' })
    expect(levels).toMatchObject({ store: 'ok', backup: 'warning', key: 'ok' })
  })

  test('ends with 0 when there are warnings alone, also in a folder without a site', async () => {
    const { variable } = await localDht()
    const bench = await new Workbench(SITE).hasPublished()
    const warned = await doctor(bench, variable)
    expect([warned.exitCode, warned.of('seed'), warned.of('backup')]).toMatchObject([
      0,
      { level: 'warning', what: expect.stringContaining('No seed keeps this site online') },
      { level: 'warning', remedy: expect.stringContaining('sitedrive key backup') }
    ])
    const nowhere = await doctor(new Workbench(), variable)
    expect([nowhere.exitCode, nowhere.levels]).toEqual([
      0,
      { node: 'ok', 'data directory': 'ok', project: 'warning', network: 'ok', nat: 'ok' }
    ])
    const clone = await bench.clone().json('--bootstrap', variable, 'doctor')
    expect(checksIn(clone.value).find(({ check }) => check === 'key')).toMatchObject({
      level: 'warning',
      remedy: '`npx sitedrive init` makes it one.'
    })
  })

  test('finds what is broken on this machine, each with its remedy', async () => {
    const { variable } = await localDht()
    const bench = await new Workbench(SITE).hasPublished()
    chmodSync(bench.state('secret'), 0o644)
    const site = bench.state('site')
    const moved = `${site}-original`
    renameSync(site, moved)
    cpSync(moved, site, { recursive: true })
    const copied = await doctor(bench, variable)
    expect(copied.exitCode).toBe(1)
    expect(copied.of('secrets')).toMatchObject({
      level: 'problem',
      remedy: `\`chmod 600 ${bench.state('secret')}\``
    })
    expect(copied.of('store')).toMatchObject({
      level: 'problem',
      what: expect.stringContaining('was copied here')
    })

    chmodSync(bench.state('secret'), 0o600)
    rmSync(site, { recursive: true })
    expect((await doctor(bench, variable)).of('store')).toMatchObject({
      level: 'problem',
      what: 'The store lacks releases, and no seed keeps them (it is not there).'
    })
    renameSync(moved, site)
    expect((await doctor(bench, variable)).levels).toMatchObject({ store: 'ok', secrets: 'ok' })

    writeFileSync(bench.state('secret'), 'damaged')
    bench.write({
      'package.json': JSON.stringify({ devDependencies: { '@sitedrive/eleventy-plugin': '*' } }),
      'eleventy.config.js': 'export default () => {}'
    })
    const damaged = await doctor(bench, variable)
    expect(damaged.of('key')).toMatchObject({ level: 'problem', what: expect.stringContaining('is damaged') })
    expect(damaged.of('generator')).toMatchObject({
      level: 'warning',
      what: expect.stringContaining('the text of `eleventy.config.js` does not name it')
    })
    bench.write({ 'eleventy.config.js': "import sitedrive from '@sitedrive/eleventy-plugin'" })
    expect((await doctor(bench, variable)).levels).toMatchObject({ generator: 'ok' })

    bench.write({ 'sitedrive.json': '{ "key": ' })
    const invalid = await doctor(bench, variable)
    expect([invalid.exitCode, invalid.of('project')]).toMatchObject([1, { level: 'problem' }])
  })

  test('asks the web address which release it shows, and compares its clock', async () => {
    const { variable } = await localDht()
    const bench = await new Workbench(SITE).hasPublished()
    const { value } = await bench.json('log')
    const [{ publishedAt } = { publishedAt: '' }] = value['releases'] as { publishedAt: string }[]
    const wants = async (mirror: string) => {
      writeFileSync(path.join(bench.project, 'sitedrive.json'), JSON.stringify({ key: bench.key, mirror }))
      return doctor(bench, variable)
    }
    const record =
      (release: number, at: string, date = new Date().toUTCString()): RequestListener =>
      (req, res) => {
        res.setHeader('date', date)
        res.end(
          req.url === '/.well-known/sitedrive.json' ? JSON.stringify({ release, publishedAt: at }) : 'page'
        )
      }
    const good = await serve(record(1, publishedAt))
    const moved = await serve(
      (_, res) => void res.writeHead(301, { location: `${good}.well-known/sitedrive.json` }).end()
    )
    expect((await wants(moved)).of('web address')).toMatchObject({ level: 'ok', what: 'It shows release 1.' })

    const other = await wants(
      await serve(record(1, '2020-01-01T00:00:00.000Z', 'Wed, 01 Jan 2020 00:00:00 GMT'))
    )
    expect(other.of('web address')).toMatchObject({
      level: 'problem',
      what: 'It shows a release 1 that is not the one of this machine.'
    })
    expect(other.of('clock')).toMatchObject({
      level: 'problem',
      what: expect.stringMatching(/^The clock is \d+ s ahead of/)
    })

    const page = await wants(await serve((_, res) => void res.end('<p>a page for all paths')))
    expect([page.exitCode, page.of('web address')]).toMatchObject([
      1,
      { level: 'problem', what: 'It answers 200, and shows no release of a site.' }
    ])
    const elsewhere = await wants(
      await serve((_, res) => void res.setHeader('hyper-link', `hyper://${STRANGER}+5/`).end('{}'))
    )
    expect(elsewhere.of('web address')).toMatchObject({
      what: `It shows another site: hyper://${STRANGER}/.`
    })
    const gone = await wants(`http://${bench.key}.localhost:1/`)
    expect(gone.of('web address')).toMatchObject({ what: 'It does not answer: nothing listens there.' })
  })
})

test(
  'a certificate that ends soon is a warning, and one that nobody vouches for a problem',
  { tags: 'long' },
  async () => {
    const { variable } = await localDht()
    const bench = await new Workbench(SITE).hasKey()
    const dir = temporaryFolder()
    const [cert, key] = [path.join(dir, 'cert.pem'), path.join(dir, 'key.pem')]
    const kind = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3'.split(' ')
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    execFileSync('openssl', [...kind, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    const server = createTlsServer(
      { cert: readFileSync(cert), key: readFileSync(key) },
      (_, res) => void res.end('{}')
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const mirror = `https://localhost:${(server.address() as AddressInfo).port}/`
    await bench.did('init', '--mirror', mirror)
    const env = { SITEDRIVE_BOOTSTRAP: variable }
    const trusted = await bench.withProcess({ ...env, NODE_EXTRA_CA_CERTS: cert }, 'doctor')
    expect(trusted.stdout).toContain(`\nwarning  ${mirror}: Its certificate is valid for 2 more days.\n`)
    const strange = await bench.withProcess(env, 'doctor')
    expect(strange.stdout).toMatch(/\nproblem {2}https:.* does not answer: self-signed certificate/)
    expect(strange.exitCode).toBe(1)
  }
)

test(
  'a seed that refuses is a problem also where others hold the release; one that is away is a warning then',
  { tags: 'long' },
  async () => {
    const { variable } = await localDht()
    const bench = await new Workbench(SITE).hasKey()
    const { publisherKey } = (await bench.json('key', 'show')).value
    const env = { SITEDRIVE_BOOTSTRAP: variable }
    const words = ['--json', 'peer', '--port', '0', '--dir']
    const peers = [
      bench.start([...words, temporaryFolder(), '--trust', String(publisherKey)], { env }),
      bench.start([...words, temporaryFolder()], { env })
    ]
    const keys: string[] = []
    for (const peer of peers) {
      await until(() => peer.stdout().includes('\n'), { describe: peer.stderr })
      keys.push((JSON.parse(peer.stdout()) as { key: string }).key)
    }
    await bench.did('seeds', 'add', ...keys, STRANGER)
    await bench.did('--bootstrap', variable, 'publish', 'dist')
    const { exitCode, checks } = await doctor(bench, variable)
    expect(exitCode).toBe(1)
    expect(checks.filter(({ check }) => check === 'seed').map(({ level }) => level)).toEqual([
      'ok',
      'problem',
      'warning'
    ])
  }
)
