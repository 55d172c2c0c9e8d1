// Our mirror, sirv and serve-drive on the same files, one after the other, under the same load.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { randomBytes } from 'node:crypto'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const CONTESTANTS = ['sitedrive', 'sirv', 'serve-drive']

/** Each measurement takes this long, after a warm-up of a third of it. Seconds. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3)
const CONNECTIONS = 50

/**
 * Measures the mirror beside what a user would pick instead.
 *
 * @returns {Promise<{ load: string, contestant: string, perSecond: number, p99: number, errors: number }[]>} requests per
 * second, and milliseconds that 99 of 100 took less than
 */
export async function benchMirror() {
  const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
  const dir = path.join(work, 'site')
  mkdirSync(dir)
  writeFileSync(path.join(dir, 'page.html'), page(14_000))
  writeFileSync(path.join(dir, 'image.png'), randomBytes(200_000))
  const rows = []
  try {
    for (const contestant of CONTESTANTS) {
      const server = spawn(
        process.execPath,
        [path.join(here, 'mirror-server.mjs'), contestant, dir, path.join(work, contestant)],
        { stdio: ['pipe', 'pipe', 'inherit'] }
      )
      try {
        const [line] = await once(server.stdout, 'data')
        const { port, host } = JSON.parse(line)
        for (const [load, requests] of Object.entries(await loads(port, host))) {
          const measured = measure({ port, host, requests })
          rows.push({ load, contestant, ...measured })
          process.stderr.write('.')
        }
      } finally {
        server.stdin.end()
        await once(server, 'exit')
      }
    }
  } finally {
    process.stderr.write('\n')
    rmSync(work, { recursive: true, force: true })
  }
  return rows
}

async function loads(port, host) {
  const page = { path: '/page.html' }
  const image = { path: '/image.png' }
  const missing = { path: '/nothing-here' }
  const etag = await tagOf(port, host, page.path)
  const known = { ...page, ...(etag && { headers: { 'if-none-match': etag } }) }
  return {
    'page, 14 kB': [page],
    'image, 200 kB': [image],
    404: [missing],
    // serve-drive knows no entity tags and sends the whole page.
    304: [known],
    mix: [page, image, missing, known]
  }
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

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await benchMirror())
