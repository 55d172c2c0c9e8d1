// `npm run bench -- vite`: what the plugin adds to a build of examples/vite-site, to the dev server's start and to its
// updates, and how long an edit takes to a browser at a preview peer.
// BENCH_ROUNDS (default 15) and BENCH_EDITS (50) change its size.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openLocalDht } from '@sitedrive/core/drive'
import { parsePreviewLink } from '@sitedrive/core/preview'
import { followPreview, openLiveServer } from '@sitedrive/preview/live'
import { chromium } from 'playwright-core'
import { describeMachine, median, printTable, runProcess, seconds, takeTurns } from '../measure.mjs'
import { home, makeSite, vite, work } from './site.mjs'

const rounds = Number(process.env.BENCH_ROUNDS ?? 15)
const edits = Number(process.env.BENCH_EDITS ?? 50)
const NOBODY = '127.0.0.1:9'
const EDIT_DEADLINE_MS = 20_000

console.log(`Machine: ${describeMachine()}; everything shares it.`)
const dirs = {
  without: makeSite('without', { withPlugin: false }),
  with: makeSite('with', { withPlugin: true })
}
const env = { SITEDRIVE_HOME: home, SITEDRIVE_BOOTSTRAP: NOBODY, CI: '', NODE_ENV: '' }

const build = (dir) => () => inFolder(dir, () => runProcess(process.execPath, [vite, 'build'], env))
for (const dir of Object.values(dirs)) build(dir)() // the first one publishes
const builds = takeTurns(rounds, [
  { name: 'without', run: build(dirs.without) },
  { name: 'with', run: build(dirs.with) }
])
const built = Object.fromEntries([...builds].map(([name, runs]) => [name, median(runs.map(({ ms }) => ms))]))
printTable(
  `\`vite build\`, nothing changed: whole processes, medians of ${rounds}`,
  ['', 'time', 'longer'],
  [
    ['without the plugin', seconds(built.without), ''],
    ['with it', seconds(built.with), `${Math.round(built.with - built.without)} ms (at most 150)`]
  ]
)

const started = { without: [], with: [] }
for (let round = 0; round < rounds; round++) {
  for (const name of ['without', 'with']) {
    const server = await startServer(dirs[name])
    await fetch(server.url) // Vite does not end well while it is still looking for dependencies
    started[name].push(server.readyMs)
    await server.stop()
  }
}
const start = { without: median(started.without), with: median(started.with) }
printTable(
  `\`vite\`: from the command to the line that it is ready, medians of ${rounds}`,
  ['', 'time', 'later'],
  [
    ['without the plugin', seconds(start.without), ''],
    ['with it', seconds(start.with), `${Math.round(start.with - start.without)} ms (at most 30)`]
  ]
)

const dht = await openLocalDht()
const bootstrap = dht.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  chromiumSandbox: process.getuid?.() !== 0
})
const hmr = { without: [], unwatched: [], watched: [] }
const remote = []
let peers = 0
// In two halves that take turns, so that a slow moment of the machine hits all.
for (let half = 0; half < 2; half++) {
  for (const name of Object.keys(hmr)) await measureEdits(name, edits / 2)
}
const row = (name, times) => [name, seconds(median(times)), seconds(percentile(times, 0.95))]
printTable(
  `From the edit of a style sheet to the page that shows it, ${edits} edits`,
  ['', 'median', '95 of 100'],
  [
    row("Vite's own page, without the plugin", hmr.without),
    row("Vite's own page, with it, nobody at the preview", hmr.unwatched),
    row("Vite's own page, with it, a preview peer watching", hmr.watched),
    row('a browser at the preview peer', remote)
  ]
)
await browser.close()
await dht.close()
process.exit(0)

async function measureEdits(name, count) {
  const dir = name === 'without' ? dirs.without : dirs.with
  const server = await startServer(dir, { SITEDRIVE_BOOTSTRAP: bootstrap })
  const own = await watchPage(server.url)
  const peer = name === 'watched' ? await openPeer(await server.link()) : null
  const file = path.join(dir, 'src/styles/site.css')
  const text = readFileSync(file, 'utf8')
  let mark = 0
  const edit = async () => {
    const value = String(++mark)
    const seen = [own.seen(value), peer ? peer.seen(value) : Promise.resolve(NaN)]
    const at = performance.now()
    writeFileSync(file, `${text}\n:root { --mark: ${value} }\n`)
    const [ownMs, peerMs] = (await Promise.all(seen)).map((moment) => moment - at)
    return { ownMs, peerMs }
  }
  // Whatever an edit sets off has ended before the next: Vite's watcher misses one that comes a few milliseconds after another.
  const settled = () => pause(150)
  // It also misses what comes right after it has begun.
  for (let seen = 0; seen < 3; await settled()) if (await Promise.race([edit(), pause(2_000)])) seen++
  for (let done = 0; done < count; done++) {
    const times = await Promise.race([edit(), pause(EDIT_DEADLINE_MS)])
    if (!times) throw new Error(`Edit ${mark} was not seen within ${EDIT_DEADLINE_MS} ms (${name}).`)
    hmr[name].push(times.ownMs)
    if (peer) remote.push(times.peerMs)
    process.stderr.write('.')
    await settled()
  }
  writeFileSync(file, text)
  await own.close()
  await peer?.close()
  await server.stop()
  process.stderr.write('\n')
}

/** A page whose style is looked at in every frame. */
async function watchPage(url) {
  const page = await browser.newPage()
  const waiting = new Map()
  await page.exposeFunction('sawMark', (value) => {
    waiting.get(value)?.(performance.now())
    waiting.delete(value)
  })
  await page.addInitScript(() => {
    let last = ''
    const look = () => {
      const value = getComputedStyle(document.documentElement).getPropertyValue('--mark').trim()
      if (value !== last) window.sawMark((last = value))
      requestAnimationFrame(look)
    }
    addEventListener('DOMContentLoaded', look)
  })
  await page.goto(url)
  await page.waitForLoadState('load')
  return {
    seen: (value) => new Promise((resolve) => waiting.set(value, resolve)),
    close: () => page.close()
  }
}

async function openPeer(link) {
  const feed = await followPreview({
    link: parsePreviewLink(link),
    dir: path.join(work, `peer-${++peers}`),
    bootstrap: dht.bootstrap
  })
  const server = await openLiveServer({ feed })
  while ((await fetch(server.url)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
  const page = await watchPage(server.url)
  return {
    seen: page.seen,
    close: async () => {
      await page.close()
      await feed.close()
      await server.close()
    }
  }
}

async function startServer(cwd, more = {}) {
  const at = performance.now()
  const child = spawn(process.execPath, [vite, '--port=0'], {
    cwd,
    env: { ...process.env, ...env, NO_COLOR: '1', ...more },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
  const said = async (pattern) => {
    for (;;) {
      const found = pattern.exec(output)
      if (found) return found[1]
      await Promise.race([
        once(child.stdout, 'data'),
        once(child, 'exit').then(() => Promise.reject(new Error(`Vite has ended:\n${output}`)))
      ])
    }
  }
  await said(/ready in/)
  const readyMs = performance.now() - at
  return {
    readyMs,
    url: await said(/Local: +(\S+)/),
    link: () => said(/sitedrive preview '(\S+)'/),
    stop: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
}

function inFolder(dir, action) {
  const before = process.cwd()
  process.chdir(dir)
  try {
    return action()
  } finally {
    process.chdir(before)
  }
}

function percentile(values, part) {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1]
}
