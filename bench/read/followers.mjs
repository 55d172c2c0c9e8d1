// 100 followers of a site on one machine, its seed, and the author on another machine (a network namespace): what a release costs the
// author, as the kernel counts it. It needs root. `node bench/read/followers.mjs`; BENCH_FOLLOWERS changes the number.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Network, openLocalDht } from '@sitedrive/core/drive'
import { ReadSite } from '@sitedrive/reader'
import { printTable } from '../measure.mjs'

const FOLLOWERS = Number(process.env.BENCH_FOLLOWERS ?? 100)
const RELEASE_BYTES = 2_000_000
const HERE = '192.168.214.1'
const SPACE = `sitedrive-bench-${process.pid}`
const cli = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  '../node_modules/sitedrive/bin/sitedrive.js'
)

/** @returns a table row for each release, or null where namespaces cannot be made */
export async function benchFollowers() {
  if (process.getuid?.() !== 0 || spawnSync('ip', ['netns', 'add', SPACE]).status !== 0) return null
  const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
  /** @type {(() => unknown)[]} */
  const closings = [() => rmSync(work, { recursive: true, force: true }), () => ip(`netns delete ${SPACE}`)]
  try {
    ip(`link add sdb0 type veth peer name eth0 netns ${SPACE}`)
    ip(`address add ${HERE}/24 dev sdb0`)
    ip('link set sdb0 up')
    ip(`-n ${SPACE} address add 192.168.214.2/24 dev eth0`)
    for (const name of ['lo', 'eth0']) ip(`-n ${SPACE} link set ${name} up`)
    const dht = await openLocalDht(HERE)
    closings.push(() => dht.close())
    const bootstrap = dht.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
    const author = (...words) =>
      run(
        ['netns', 'exec', SPACE, process.execPath, cli, '--json', ...words],
        path.join(work, 'author'),
        bootstrap,
        work
      )
    mkdirSync(path.join(work, 'dist'))
    const { key } = await author('init', '--yes')
    const publisher = await author('key', 'show')
    const seed = await startSeed(path.join(work, 'seed'), bootstrap, publisher.publisherKey, work)
    closings.push(() => seed.child.kill())
    await author('init', '--seed', seed.key, '--yes')

    const rows = []
    write(work, 'first')
    const sent = () => Number(readFileSync('/sys/class/net/sdb0/statistics/rx_bytes', 'utf8'))
    const release = async (followers) => {
      const before = sent()
      const { bytesWritten, seeds } = await author('publish', 'dist')
      if (!seeds[0]?.confirmed) throw new Error('the seed has not confirmed the release')
      return { followers, bytesWritten, sentBytes: sent() - before }
    }
    rows.push(await release(0))
    const sites = await Promise.all(
      Array.from({ length: FOLLOWERS }, (_, n) =>
        follow(path.join(work, `follower-${n}`), key, dht.bootstrap)
      )
    )
    closings.push(...sites.flatMap(({ site, network }) => [() => site.close(), () => network.close()]))
    await all(sites, 1)
    write(work, 'second')
    const startedAt = performance.now()
    rows.push(await release(FOLLOWERS))
    await all(sites, 2)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    return rows.map(({ followers, bytesWritten, sentBytes }) => {
      return [
        String(followers),
        mb(bytesWritten),
        mb(sentBytes),
        (sentBytes / bytesWritten).toFixed(2),
        followers ? `${seconds} s` : ''
      ]
    })
  } finally {
    for (const close of closings.toReversed()) await close()
  }
}

async function follow(dir, key, bootstrap) {
  const network = Network.open({ bootstrap })
  const site = await ReadSite.open({ key, dir, network, isShared: true, maxBytes: 1e9 })
  return { site, network }
}

async function all(sites, release) {
  const endsAt = Date.now() + 600_000
  while (!sites.every(({ site }) => site.release?.release === release)) {
    if (Date.now() > endsAt) throw new Error(`not all followers have release ${release}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function write(work, words) {
  writeFileSync(path.join(work, 'dist/index.html'), `<title>${words}</title>`)
  for (let n = 0; n < 20; n++)
    writeFileSync(path.join(work, `dist/${n}.bin`), randomBytes(RELEASE_BYTES / 20))
}

async function startSeed(home, bootstrap, publisherKey, cwd) {
  const child = spawn(process.execPath, [cli, '--json', 'peer', '--port', '0', '--trust', publisherKey], {
    cwd,
    env: { ...process.env, SITEDRIVE_HOME: home, SITEDRIVE_BOOTSTRAP: bootstrap },
    stdio: ['ignore', 'pipe', 'ignore']
  })
  let text = ''
  for await (const chunk of child.stdout) if ((text += chunk).includes('\n')) break
  return { child, key: JSON.parse(text).key }
}

/** Not `spawnSync`: the nodes of the DHT are in this process. */
async function run(words, home, bootstrap, cwd) {
  const { stdout } = await promisify(execFile)('ip', words, {
    cwd,
    env: {
      ...process.env,
      SITEDRIVE_HOME: home,
      SITEDRIVE_BOOTSTRAP: bootstrap,
      SITEDRIVE_CHECKS: 'off',
      CI: ''
    }
  })
  return JSON.parse(stdout)
}

function ip(words) {
  const { status, stderr } = spawnSync('ip', words.split(' '), { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${words}: ${stderr}`)
}

function mb(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = await benchFollowers()
  if (rows)
    printTable(
      'A release',
      ['followers', 'new bytes', 'sent by the author', 'times its size', 'until all have it'],
      rows
    )
  process.exit()
}
