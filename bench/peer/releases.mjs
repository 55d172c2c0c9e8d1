// How a release reaches a peer, and how soon a visitor sees a site of which the peer has next to nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { Agent, get as getSecurely } from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openLocalDht } from '@sitedrive/core/drive'
import { median } from '../measure.mjs'
import { page } from '../publish/site.mjs'
import { certificate } from './certificate.mjs'
import { startMachine } from './machines.mjs'
import { newSite, publishByCommand, withPeer } from './sites.mjs'

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
      cold.push(await publishByCommand(site))
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
