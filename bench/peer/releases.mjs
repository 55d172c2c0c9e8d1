// How a release reaches a peer, and how soon a visitor sees a site of which the peer has next to nothing.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { Agent, get as getSecurely } from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openLocalDht } from '@sitedrive/core/drive'
import { median } from '../measure.mjs'
import { generateSite, page } from '../publish/site.mjs'
import { certificate } from './certificate.mjs'
import { startMachine } from './machines.mjs'

const execute = promisify(execFile)
const here = path.dirname(fileURLToPath(import.meta.url))
const cli = path.join(here, '../node_modules/sitedrive/bin/sitedrive.js')
const PAGES = Number(process.env.BENCH_PAGES ?? 10_000)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
/** Releases of one page. */
const EDITS = 9
/** Releases that two readers wait for. */
const SHOWN = 40
/** Visitors of a site that is still being fetched. */
const VISITORS = 60

/** Pages of the site of which one page changes. */
const SMALL_SITE = 100

/** Runs all benches of releases. */
export async function benchReleases() {
  const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
  const dht = await openLocalDht()
  const author = startMachine()
  try {
    const large = await newSite(author, path.join(work, 'large'), PAGES, dht.bootstrap)
    const transfer = await benchTransfer(author, large, work)
    const visitors = await benchVisitors(author, large, work)
    const small = await newSite(author, path.join(work, 'small'), SMALL_SITE, dht.bootstrap)
    const onePage = await benchOnePage(author, small, work)
    const shown = await benchShown(author, small, work)
    return { pages: PAGES, transfer, onePage, visitors, shown }
  } finally {
    process.stderr.write('\n')
    await author.stop()
    await dht.close()
    rmSync(work, { recursive: true, force: true })
  }
}

/** A site that is published, and that nobody else has. */
async function newSite(author, work, pages, bootstrap) {
  const projectDir = path.join(work, 'project')
  const site = { projectDir, home: path.join(work, 'home'), dir: path.join(projectDir, '_site'), bootstrap }
  mkdirSync(site.dir, { recursive: true })
  generateSite(site.dir, { pages })
  Object.assign(site, await author.do('init', site))
  await author.do('publish', { ...site, seeds: [] })
  return site
}

/** From all blobs written to a copy that holds every block: our seed, and a plain reader of the same drive. */
async function benchTransfer(author, site, work) {
  const seed = []
  const reader = []
  for (let round = 0; round < ROUNDS; round++) {
    const dir = path.join(work, `transfer-${round}`)
    await withPeer(site, dir, async ({ key }) => {
      const { confirmedMs } = await author.do('publish', { ...site, seeds: [key], isSync: true })
      seed.push(confirmedMs)
    })
    rmSync(dir, { recursive: true, force: true })
    await author.do('share', site)
    const machine = startMachine()
    reader.push((await machine.do('download', { ...site, dir: path.join(work, 'reader') })).ms)
    await machine.stop()
    await author.do('unshare')
    process.stderr.write('.')
  }
  return { seed: median(seed), reader: median(reader), rounds: { seed, reader } }
}

/** One page changed, from the call to the seed's confirmation. */
async function benchOnePage(author, site, work) {
  return withPeer(site, path.join(work, 'one-page'), async ({ key }) => {
    await author.do('publish', { ...site, seeds: [key], isSync: true })
    const edit = (words) => ({ path: 'section-7/page-7/index.html', words })
    const warm = []
    for (let n = 0; n < EDITS; n++)
      warm.push(await author.do('publish', { ...site, seeds: [key], edit: edit(`warm ${n}`) }))
    const cold = []
    for (let n = 0; n < EDITS; n++) {
      const { path: file, words } = edit(`cold ${n}`)
      writeFileSync(path.join(site.dir, file), page(7, 8000, words))
      cold.push(await wholeProcess(site))
    }
    process.stderr.write('.')
    return { warm: steps(warm.slice(1)), cold: median(cold) }
  })
}

/**
 * One page changed, from the moment when the publisher knows that it is confirmed to the moment when a plain Hyperdrive on
 * another machine, and somebody who asks the peer over HTTPS, have it. Below zero: they had it before.
 */
async function benchShown(author, site, work) {
  const tls = certificate(work)
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  const reader = startMachine()
  const place = { ...site, dir: path.join(work, 'shown'), tls }
  const file = '/section-7/page-7/index.html'
  const delays = { hyper: [], https: [] }
  const machine = startMachine()
  try {
    const { key, port } = await machine.do('peer', place)
    const to = { port, agent, host: `${site.key}.localhost`, path: file }
    await author.do('publish', { ...site, seeds: [key], isSync: true })
    await reader.do('read', { ...site, dir: path.join(work, 'shown-reader') })
    for (let n = 0; n < SHOWN; n++) {
      const words = `shown ${n}`
      const text = page(7, 8000, words)
      const [{ endedAt }, hyper, https] = await Promise.all([
        author.do('publish', { ...site, seeds: [key], edit: { path: file.slice(1), words } }),
        reader.do('readUntil', { file, text }),
        whenAnswered(to, text)
      ])
      // The first finds its connections.
      if (n === 0) continue
      delays.hyper.push(hyper - endedAt)
      delays.https.push(https - endedAt)
    }
    await reader.do('stopReading')
    await machine.do('stopPeer')
  } finally {
    agent.destroy()
    await reader.stop()
    await machine.stop()
  }
  process.stderr.write('.')
  return { hyper: spread(delays.hyper), https: spread(delays.https) }
}

function spread(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: median(sorted), p95: sorted[Math.floor(sorted.length * 0.95)], count: sorted.length }
}

/** Asks again and again. @returns when the answer first was this, on the clock that all machines have */
async function whenAnswered({ port, agent, host, path: target }, text) {
  for (;;) {
    const body = await new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: target, headers: { host }, agent }
      getSecurely(options, (answer) => {
        buffer(answer).then(resolve, reject)
      }).on('error', reject)
    })
    if (body.toString() === text) return performance.timeOrigin + performance.now()
    await pause(1)
  }
}

/** The command line as a person types it. @returns milliseconds */
async function wholeProcess({ projectDir, home, dir, bootstrap }) {
  const startedAt = performance.now()
  await execute(process.execPath, [cli, 'publish', dir, '--project', projectDir], {
    env: {
      ...process.env,
      CI: '',
      SITEDRIVE_CHECKS: 'off',
      SITEDRIVE_HOME: home,
      SITEDRIVE_BOOTSTRAP: addresses(bootstrap)
    }
  })
  return performance.now() - startedAt
}

function addresses(bootstrap) {
  return bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
}

function steps(runs) {
  const of = (pick) => median(runs.map(pick))
  return {
    all: of(({ ms }) => ms),
    confirmed: of(({ confirmedMs }) => confirmedMs),
    beganAt: Object.fromEntries(
      Object.keys(runs[0].beganAt).map((phase) => [phase, of(({ beganAt }) => beganAt[phase])])
    )
  }
}

/**
 * A peer that has lost its store and knows only which sites it keeps, and for whom. While it fetches the site from its
 * author, visitors come for pages that are not there yet.
 */
async function benchVisitors(author, site, work) {
  const dir = path.join(work, 'visited')
  await withPeer(site, dir, ({ key }) => author.do('publish', { ...site, seeds: [key], isSync: true }))
  rmSync(path.join(dir, 'store'), { recursive: true })
  rmSync(path.join(dir, 'complete'), { recursive: true })
  await author.do('share', site)
  const took = []
  let firstMs = null
  await withPeer(site, dir, async ({ port }, machine) => {
    const startedAt = performance.now()
    const host = `${site.key}.localhost`
    for (let n = 0; took.length < VISITORS && (await machine.do('peerState', site)) !== 'complete'; n++) {
      // Pages of which nobody has asked, and spread over the site.
      const number = (n * 7919) % PAGES
      const { status, ms } = await firstByte(port, host, `/section-${number % 10}/page-${number}/`)
      if (status !== 200) {
        await pause(5)
        continue
      }
      firstMs ??= performance.now() - startedAt
      took.push(ms)
      await pause(20)
    }
  })
  await author.do('unshare')
  process.stderr.write('.')
  took.sort((a, b) => a - b)
  return { firstMs, median: median(took), p95: took[Math.floor(took.length * 0.95)], count: took.length }
}

async function withPeer(site, dir, use) {
  const machine = startMachine()
  try {
    return await use(await machine.do('peer', { ...site, dir }), machine)
  } finally {
    await machine.do('stopPeer')
    await machine.stop()
  }
}

function firstByte(port, host, target) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    get({ host: '127.0.0.1', port, path: target, headers: { host }, agent: false }, (response) => {
      response.once('data', () => resolve({ status: response.statusCode, ms: performance.now() - startedAt }))
      response.resume()
    }).on('error', reject)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(JSON.stringify(await benchReleases(), null, 2))
