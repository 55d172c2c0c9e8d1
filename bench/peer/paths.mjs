// A peer with a whole copy of a site, sirv, serve-drive and nginx (where it is installed) on the same files, in turns: what a cached
// page, a missing path that nobody asked for before, and the first read of a small file cost the server. Linux.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLocalDht } from '@sitedrive/core/drive'
import { median } from '../measure.mjs'
import { generateSite } from '../publish/site.mjs'
import { startMachine } from './machines.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
/** First reads of a round; of what can be asked again, there are more. */
const REQUESTS = 1_000
const WARM_UP = 500
const MORE = 5
const PAGES = ROUNDS * REQUESTS + WARM_UP
const PAGE_BYTES = 4_000
const CONNECTIONS = 10
/** In which the kernel counts the time of a process. */
const TICK_MS = 1000 / Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout)

const CONTESTANTS = ['sitedrive', 'sirv', 'serve-drive', ...(hasNginx() ? ['nginx'] : [])]

/** @returns {Promise<Map<string, Map<string, { cpuMs: number, p99: number }>>>} by contestant and load, for one request; medians */
export async function benchPaths() {
  const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
  const servers = []
  const runs = new Map(CONTESTANTS.map((name) => [name, new Map()]))
  try {
    const site = await copiedSite(work)
    for (const name of CONTESTANTS) servers.push(await startServer(name, site, path.join(work, name)))
    for (let round = -1; round < ROUNDS; round++) {
      for (const load of Object.keys(LOADS)) {
        for (const server of servers) {
          const count = round < 0 ? WARM_UP : REQUESTS
          const first = round < 0 ? 0 : WARM_UP + round * REQUESTS
          const { paths, status } = LOADS[load](first, count, server.index ?? '')
          const measured = await measure(server, paths, status)
          if (round < 0) continue
          runs.get(server.name).set(load, [...(runs.get(server.name).get(load) ?? []), measured])
        }
        process.stderr.write('.')
      }
    }
  } finally {
    process.stderr.write('\n')
    for (const { process: server } of servers) {
      server.stdin.end()
      await once(server, 'exit')
    }
    rmSync(work, { recursive: true, force: true })
  }
  const medians = (measured) => ({
    cpuMs: median(measured.map(({ cpuMs }) => cpuMs)),
    p99: median(measured.map(({ p99 }) => p99))
  })
  return new Map(
    [...runs].map(([name, loads]) => [name, new Map([...loads].map(([load, all]) => [load, medians(all)]))])
  )
}

const numbers = (count, make) => Array.from({ length: count }, (_, n) => make(n))
const random = () => Math.random().toString(36).slice(2)
const LOADS = {
  'cached page': (_, count, index) => ({
    paths: numbers(count * MORE, () => `/section-0/page-0/${index}`),
    status: 200
  }),
  'missing path': (_, count) => ({
    paths: numbers(count * MORE, () => `/${random()}/${random()}`),
    status: 404
  }),
  'first read': (first, count, index) => ({
    paths: numbers(count, (n) => `/section-${(first + n) % 10}/page-${first + n}/${index}`),
    status: 200
  })
}

/** A site that a peer has fetched as a whole. @returns the folder of its files, and what opens the peer */
async function copiedSite(work) {
  const dht = await openLocalDht()
  const [author, peer] = [startMachine(), startMachine()]
  try {
    const projectDir = path.join(work, 'project')
    const dir = path.join(projectDir, '_site')
    const peerDir = path.join(work, 'peer')
    mkdirSync(dir, { recursive: true })
    generateSite(dir, { pages: PAGES, pageBytes: PAGE_BYTES })
    writeFileSync(path.join(dir, '404.html'), '<!doctype html><title>Not here</title>')
    const site = { projectDir, home: path.join(work, 'home'), dir, bootstrap: dht.bootstrap }
    Object.assign(site, await author.do('init', site))
    await author.do('publish', { ...site, seeds: [] })
    const { key: seed } = await peer.do('peer', { ...site, dir: peerDir })
    await author.do('publish', { ...site, seeds: [seed], isSync: true })
    await peer.do('whenComplete', site)
    await peer.do('stopPeer')
    return { dir, key: site.key, publisherKey: site.publisherKeys[0], peerDir }
  } finally {
    await author.stop()
    await peer.stop()
    await dht.close()
  }
}

async function startServer(name, site, ownDir) {
  const args = [path.join(here, 'paths-server.mjs'), name, site.dir, ownDir, JSON.stringify(site)]
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(server.stdout, 'data')
  return { name, process: server, ...JSON.parse(line) }
}

async function measure({ name, port, host, pids }, paths, status) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const took = []
  const queue = paths.values()
  const before = cpuOf(pids)
  await Promise.all(
    numbers(CONNECTIONS, async () => {
      for (const path of queue) {
        const startedAt = performance.now()
        const found = await ask({ port, host, path, agent })
        if (found !== status) throw new Error(`${name} answers ${path} with ${found} instead of ${status}`)
        took.push(performance.now() - startedAt)
      }
    })
  )
  const cpuMs = (cpuOf(pids) - before) / paths.length
  agent.destroy()
  took.sort((a, b) => a - b)
  return { cpuMs, p99: took[Math.floor(took.length * 0.99)] }
}

/** Time that processes have used, in user code and in the kernel. Milliseconds. */
function cpuOf(pids) {
  const ticks = pids.map((pid) => {
    // Behind the name, which is in brackets and may contain spaces: utime and stime are the 14th and 15th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((sum, each) => sum + each, 0) * TICK_MS
}

function ask({ port, host, path, agent }) {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers: { host }, agent }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode))
    }).on('error', reject)
  })
}

function hasNginx() {
  return spawnSync('nginx', ['-v']).status === 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await benchPaths())
