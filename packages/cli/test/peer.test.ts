import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { localDht, temporaryFolder, until } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { STRANGER, Workbench, type Started } from './support/workbench.js'

interface Ready {
  key: string
  url: string
  bootstrap: string | null
}

/** What the peer prints when it is ready. */
async function ready(started: Started): Promise<Ready> {
  await until(() => started.stdout().includes('\n'), { describe: started.stderr })
  return JSON.parse(started.stdout()) as Ready
}

/** Asks for a page by a host name that Node.js could not resolve. */
function ask(url: string, host: string, page = '/'): Promise<{ status: number; body: string }> {
  const { port } = new URL(url)
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: page, headers: { host }, agent: false }, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject)
    }).on('error', reject)
  })
}

async function until200(url: string, host: string, body: string): Promise<void> {
  await until(async () => {
    const answer = await ask(url, host).catch(() => null)
    return answer?.status === 200 && answer.body === body
  })
}

describe('a peer', () => {
  test('says which process has its folder, also one whose data directory is not there yet', async () => {
    const bench = new Workbench()
    const dir = path.join(temporaryFolder(), 'peer')
    const first = bench.start(['--json', 'peer', '--local', '--dir', dir, '--port', '0'])
    const { url } = await ready(first)
    const { exitCode, value } = await bench.json('peer', '--local', '--dir', dir, '--port', '0')
    expect([exitCode, value.error?.code]).toEqual([1, 'STORE_LOCKED'])
    expect(value.error?.message).toContain(`pid ${first.pid}, at ${url}.`)
    first.kill('SIGTERM')
    expect((await first.ended).exitCode).toBe(0)
    expect(existsSync(path.join(dir, 'running.json'))).toBe(false)
  })
})

describe('peer --local', () => {
  test('is found by the other commands, trusts the keys of its own data directory, and stops in good order', async () => {
    const bench = new Workbench({ 'dist/index.html': 'one' })
    const peer = bench.start(['--json', 'peer', '--local'])
    const { key, url, bootstrap } = await ready(peer)
    const note = path.join(bench.home, 'local-network.json')
    expect(JSON.parse(readFileSync(note, 'utf8'))).toMatchObject({ bootstrap, peer: key })

    await bench.did('init', '--seed', key)
    const published = await bench.json('publish', 'dist')
    const mirror = `${url.replace('localhost', `${bench.key}.localhost`)}`
    expect(published.value).toMatchObject({ release: 1, seeds: [{ key, confirmed: true }], mirror })
    // Known from then on, whatever is asked.
    expect((await bench.run('log')).stdout.split('\n').slice(-3)).toEqual([mirror, bench.link, ''])
    expect((await bench.run('publish', 'dist')).stdout).toContain(`\n${mirror}\n${bench.link}\n`)
    expect((await bench.run('publish', '--sync')).stdout).toMatch(
      /^1 seed holds release 1, after .*\nNothing was built or compared; release 1 was handed to the seed\./
    )
    await until200(url, `${bench.key}.localhost`, 'one')
    const status = JSON.parse((await ask(url, 'localhost', '/status.json')).body) as { sites: unknown[] }
    expect(status.sites).toMatchObject([{ key: bench.key, release: 1 }])

    peer.kill('SIGTERM')
    const { exitCode, stderr } = await peer.ended
    expect(exitCode).toBe(0)
    expect(stderr).toContain(`sitedrive init --seed ${key}`)
    expect(existsSync(note)).toBe(false)
  })
})

test(
  'a peer that is killed under load serves all that it had confirmed when it is started again, and is handed what it missed',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const dht = await localDht()
    const words = ['--bootstrap', dht.variable, '--json', 'peer', '--dir', temporaryFolder()]
    const benches = await Promise.all(
      [1, 2].map(async (n) => {
        const bench = new Workbench({
          'dist/index.html': `site ${n}`,
          'dist/image.bin': randomBytes(300_000).toString('hex')
        })
        await bench.hasKey()
        return bench
      })
    )
    const trust = await Promise.all(
      benches.map(async (bench) => String((await bench.json('key', 'show')).value['publisherKey']))
    )
    const [host] = benches
    if (!host) throw new Error('no site')
    const first = host.start([...words, '--trust', ...trust])
    const { key, url } = await ready(first)
    for (const bench of benches) {
      await bench.did('init', '--seed', key)
      const { value } = await bench.json('--bootstrap', dht.variable, 'publish', 'dist')
      expect(value).toMatchObject({ seeds: [{ confirmed: true }] })
    }
    // Visitors, and one more publish that is cut short wherever it happens to be.
    let isLoaded = true
    const visitors = benches.map(async (bench) => {
      while (isLoaded) await ask(url, `${bench.key}.localhost`, '/image.bin').catch(() => {})
    })
    host.write({ 'dist/large.bin': randomBytes(3_000_000).toString('hex') })
    const cut = host.start(['--bootstrap', dht.variable, 'publish', 'dist'])
    await until(() => cut.stderr().includes('Handing over') || cut.stdout() !== '', {
      describe: cut.stderr
    }).catch(() => {})
    first.kill('SIGKILL')
    await first.ended
    isLoaded = false
    await Promise.all(visitors)
    cut.kill('SIGKILL')
    await cut.ended

    // Meanwhile somebody publishes, and it stays with them.
    const [, author] = benches
    if (!author) throw new Error('no author')
    author.write({ 'dist/index.html': 'site 2, edited' })
    const kept = await author.json('--bootstrap', dht.variable, 'publish', 'dist')
    expect(kept).toMatchObject({ exitCode: 0, value: { release: 2, seeds: [{ key, confirmed: false }] } })
    expect(kept.stderr).toContain('publish --sync')

    const again = await ready(host.start(words))
    expect(again.key).toBe(key)
    for (const [n, bench] of benches.entries()) {
      await until200(again.url, `${bench.key}.localhost`, `site ${n + 1}`)
      expect(await ask(again.url, `${bench.key}.localhost`, '/image.bin')).toMatchObject({
        status: 200,
        body: readFileSync(path.join(bench.project, 'dist/image.bin'), 'utf8')
      })
    }

    const synced = await author.json('--bootstrap', dht.variable, 'publish', '--sync')
    expect(synced).toMatchObject({
      exitCode: 0,
      value: {
        release: 2,
        added: 0,
        changed: 0,
        removed: 0,
        bytesWritten: 0,
        seeds: [{ key, confirmed: true }]
      }
    })
    await until200(again.url, `${author.key}.localhost`, 'site 2, edited')
  }
)

test('a blocked site is answered with 451, and its publisher is refused', { tags: 'long' }, async () => {
  const dht = await localDht()
  const bench = await new Workbench({ 'dist/index.html': 'one' }).hasKey()
  const publisher = String((await bench.json('key', 'show')).value['publisherKey'])
  const peer = bench.start([
    '--json',
    '--bootstrap',
    dht.variable,
    'peer',
    '--trust',
    `${publisher}:50MB`,
    '--block',
    bench.key
  ])
  const { key, url } = await ready(peer)
  await bench.did('init', '--seed', key)
  const { stdout, stderr } = await bench.run('--bootstrap', dht.variable, 'publish', 'dist')
  expect(stdout + stderr).toMatch(/does not|refuse/)
  expect(await ask(url, `${bench.key}.localhost`)).toMatchObject({ status: 451 })
})

describe('wrong usage', () => {
  test.each([
    [['--trust', 'nonsense'], 'BAD_KEY', 1],
    [['--trust', `hyper://${STRANGER}/`], 'BAD_KEY', 1],
    [['--trust', `${STRANGER}:lots`], 'BAD_OPTION', 2],
    [['--quota', '-3'], 'BAD_OPTION', 2],
    [['--port', '70000'], 'BAD_OPTION', 2],
    [['--name', STRANGER], 'BAD_OPTION', 2],
    [['--name', `a.b=${STRANGER}`], 'BAD_OPTION', 2],
    [['--site', `example=${STRANGER}`], 'BAD_OPTION', 2],
    [['--cert', 'x.pem'], 'BAD_OPTION', 2]
  ])('peer %j is %s', { tags: 'long' }, async (words, code, exit) => {
    const { exitCode, value } = await new Workbench().json('peer', ...words)
    expect([exitCode, value.error?.code]).toEqual([exit, code])
  })

  test('--trust with the key of a site of this machine names the key that is meant', async () => {
    const bench = await new Workbench().hasKey()
    const { publisherKey } = (await bench.json('key', 'show')).value
    const { exitCode, value } = await bench.json('peer', '--trust', `${bench.key}:5GB`)
    expect([exitCode, value.error?.message]).toEqual([
      2,
      expect.stringContaining(`\`--trust ${String(publisherKey)}\``)
    ])
  })

  test('a damaged table of pins is told, and left as it is', async () => {
    const dir = temporaryFolder()
    const bench = new Workbench()
    writeFileSync(path.join(dir, 'pins.json'), '{"format":1,')
    const { exitCode, value } = await bench.json('peer', '--dir', dir)
    expect([exitCode, value.error?.code]).toEqual([1, 'CONFIG_INVALID'])
    expect(readFileSync(path.join(dir, 'pins.json'), 'utf8')).toBe('{"format":1,')
  })
})
