// Our mirror, sirv and serve-drive on the same files, in turns, under the same load.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { randomBytes } from 'node:crypto'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from '../measure.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const CONTESTANTS = ['sitedrive', 'sirv', 'serve-drive']

/** Each measurement takes this long, after a warm-up of a third of it. Seconds. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const CONNECTIONS = 50

/**
 * Measures the mirror beside what a user would pick instead. They take turns, so that a slow moment of the machine hits all.
 *
 * @returns {Promise<Map<string, Map<string, { perSecond: number, p99: number, errors: number }>>>} by contestant and load:
 * requests per second, and milliseconds that 99 of 100 took less than; medians
 */
export async function benchMirror() {
  const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
  const dir = path.join(work, 'site')
  mkdirSync(dir)
  writeFileSync(path.join(dir, 'page.html'), page(14_000))
  writeFileSync(path.join(dir, 'image.png'), randomBytes(200_000))
  const servers = []
  const runs = new Map(CONTESTANTS.map((name) => [name, new Map()]))
  try {
    for (const name of CONTESTANTS) servers.push(await startServer(name, dir, path.join(work, name)))
    for (let round = 0; round < ROUNDS; round++) {
      for (const load of servers[0].loads.keys()) {
        for (const { name, port, host, loads } of servers) {
          const measured = measure({ port, host, requests: loads.get(load) })
          runs.get(name).set(load, [...(runs.get(name).get(load) ?? []), measured])
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
  return new Map([...runs].map(([name, loads]) => [name, new Map([...loads].map(medians))]))
}

async function startServer(name, dir, storeDir) {
  const args = [path.join(here, 'mirror-server.mjs'), name, dir, storeDir]
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(server.stdout, 'data')
  const { port, host } = JSON.parse(line)
  return { name, process: server, port, host, loads: await loadsOf(port, host) }
}

function medians([load, measured]) {
  const of = (pick) => median(measured.map(pick))
  const errors = measured.reduce((sum, run) => sum + run.errors, 0)
  return [load, { perSecond: of((run) => run.perSecond), p99: of((run) => run.p99), errors }]
}

async function loadsOf(port, host) {
  const page = { path: '/page.html' }
  const image = { path: '/image.png' }
  const missing = { path: '/nothing-here' }
  const etag = await tagOf(port, host, page.path)
  const known = { ...page, ...(etag && { headers: { 'if-none-match': etag } }) }
  return new Map([
    ['14 kB page', [page]],
    ['200 kB image', [image]],
    ['404', [missing]],
    // serve-drive knows no entity tags and sends the whole page.
    ['304', [known]],
    ['mix', [page, image, missing, known]]
  ])
}

function measure({ port, host, requests }) {
  run(port, host, requests, Math.ceil(SECONDS / 3))
  const { perSecond, p99, errors } = run(port, host, requests, SECONDS)
  return { perSecond: Math.round(perSecond), p99: Math.round(p99 * 10) / 10, errors }
}

function run(port, host, requests, seconds) {
  const load = JSON.stringify({ port, host, requests, connections: CONNECTIONS, seconds })
  const { stdout, stderr, status } = spawnSync(process.execPath, [path.join(here, 'mirror-load.mjs'), load], {
    encoding: 'utf8',
    timeout: (seconds + 20) * 1000
  })
  if (status !== 0) throw new Error(`the load generator ended with ${status}: ${stderr}`)
  return JSON.parse(stdout)
}

function tagOf(port, host, from) {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: from, headers: { host }, agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.headers.etag ?? null))
    }).on('error', reject)
  })
}

function page(bytes) {
  const words = 'a site that is published once and read by many without asking its author again '
  return `<!doctype html><title>Page</title><p>${words.repeat(bytes / words.length)}`.slice(0, bytes)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await benchMirror())
