// From the last byte that a generator writes to the changed page in a browser: ours on this machine and on another, beside
// what authors have today, in one run. `BENCH_ROUNDS` edits each; `BENCH_PARTS` names some of the parts.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openLocalDht } from '@sitedrive/core/drive'
import { chromium } from 'playwright-core'
import { describeMachine, median, printTable } from '../measure.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 40)
const PEERS = 20
/** Names of functions below; all of them by default. */
const PARTS = (process.env.BENCH_PARTS ?? '').split(',').filter(Boolean)

const root = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-live-'))
const dht = await openLocalDht()
const bootstrap = dht.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage']
})
const children = []

try {
  console.log(`Live preview, ${ROUNDS} edits each. ${describeMachine()}`)
  for (const part of [beside, manyPages, manyPeers, generators])
    if (PARTS.length === 0 || PARTS.includes(part.name)) await part()
} finally {
  for (const child of children) if (child.connected) child.disconnect()
  await browser.close()
  await dht.close()
  rmSync(root, { recursive: true, force: true })
}
process.exit()

/** One page of a 1,000-page site, and the same edit with others. */
async function beside() {
  const author = await start('author', [place('author'), 1000, bootstrap])
  const viewer = await start('viewer', [place('viewer'), author.link, bootstrap])
  const rivals = []
  for (const name of ['eleventy', 'vite-module', 'vite-page', 'browser-sync']) {
    rivals.push({ name, ...(await start('rival', [name, place(name)])) })
  }
  const rows = []
  const add = (name, delays) => rows.push([name, percentile(delays, 0.5), percentile(delays, 0.95)])
  const ours = await measure(author, [viewer.url, author.url], 'signalled')
  add('sitedrive: browser behind another process’s peer, over the DHT', ours.delays[0])
  add('sitedrive: browser on the author’s machine', ours.delays[1])
  const scanned = await measure(author, [viewer.url], 'scanned')
  add('sitedrive: the same, the whole folder compared', scanned.delays[0])
  const watched = await start('watched', [place('watched'), 1000, bootstrap.split(',')[0]])
  const behind = await start('viewer', [place('viewer-watched'), watched.link, bootstrap])
  const [settled] = (await measure(watched, [behind.url])).delays
  add('`sitedrive watch`, which waits 200 ms for the writer: browser behind another process’s peer', settled)
  stop(watched, behind)
  const titles = {
    eleventy: 'Eleventy’s dev server, on one machine',
    'vite-module': 'Vite, HMR of a module, on one machine',
    'vite-page': 'Vite, reload of a page, on one machine',
    'browser-sync': 'browser-sync, on one machine'
  }
  for (const rival of rivals) add(titles[rival.name], (await measure(rival, [rival.url])).delays[0])
  printTable('From the last byte on disk to the DOM, one page of 1,000', ['', 'p50', 'p95'], rows)
  stop(author, viewer, ...rivals)
}

async function manyPages() {
  const rows = []
  for (const pages of [100, 10_000]) {
    const author = await start('author', [place(`author-${pages}`), pages, bootstrap])
    const viewer = await start('viewer', [place(`viewer-${pages}`), author.link, bootstrap])
    const { delays, updates, cpu } = await measure(author, [viewer.url], 'signalled')
    rows.push([
      `${pages} pages`,
      percentile(delays[0], 0.5),
      percentile(delays[0], 0.95),
      percentile(updates, 0.5),
      percentile(cpu, 0.5)
    ])
    stop(author, viewer)
  }
  printTable(
    'One edit of a small and of a large site',
    ['', 'to the DOM, p50', 'p95', 'update written, p50', 'author’s CPU, p50'],
    rows
  )
}

async function manyPeers() {
  const author = await start('author', [place('author-peers'), 1000, bootstrap])
  const alone = await measure(author, [], 'signalled')
  const viewers = await start('viewers', [place('viewers'), author.link, bootstrap, PEERS])
  const last = []
  const cpu = []
  for (let round = 0; round < ROUNDS; round++) {
    const told = once(viewers.child, 'message')
    const written = await edit(author, `peers ${round}`, 'signalled')
    const [{ at }] = await told
    last.push(at - written.writtenAt)
    cpu.push(written.cpuMs)
    await pause(150)
  }
  const perPeer = (median(cpu) - median(alone.cpu)) / PEERS
  printTable(
    `${PEERS} preview peers`,
    ['the last of them shows it, p50', 'p95', 'author’s CPU for each peer and update'],
    [[percentile(last, 0.5), percentile(last, 0.95), `${Math.max(0, perPeer).toFixed(1)} ms`]]
  )
  stop(author, viewers)
}

/** A generator's own site of some hundred pages: from the line that says that it is done. */
async function generators() {
  const rows = []
  for (const [name, title] of [
    ['eleventy', '`eleventy --serve`'],
    ['jekyll', '`jekyll-bridge serve`']
  ]) {
    const author = await start('generated', [place(name), name, bootstrap.split(',')[0]])
    const viewer = await start('viewer', [place(`viewer-${name}`), author.link, bootstrap])
    const { delays } = await measure(author, [viewer.url, author.url])
    for (const [at, where] of ['behind another process’s peer', 'on the author’s machine'].entries())
      rows.push([`${title}, browser ${where}`, percentile(delays[at], 0.5), percentile(delays[at], 0.95)])
    stop(author, viewer)
  }
  printTable(
    'From a generator’s “done” to the DOM, a site of 400 posts and 200 pictures',
    ['', 'p50', 'p95'],
    rows
  )
}

/** @returns delays by address, and what the author's process spent */
async function measure(author, addresses, kind) {
  const pages = await Promise.all(addresses.map(open))
  await pause(500) // scripts of the page make themselves ready when the browser is idle
  const delays = addresses.map(() => [])
  const updates = []
  const cpu = []
  for (let round = 0; round < ROUNDS; round++) {
    const text = `${kind ?? 'edit'} ${round}`
    const written = await edit(author, text, kind)
    updates.push(written.updatedAt - written.writtenAt)
    cpu.push(written.cpuMs)
    for (const [at, page] of pages.entries()) {
      const seenAt = await page.waitForFunction((wanted) => sessionStorage.getItem(wanted), text, {
        timeout: 30_000
      })
      delays[at].push(Number(await seenAt.jsonValue()) - written.writtenAt)
    }
    await pause(100)
  }
  for (const page of pages) await page.close()
  return { delays, updates, cpu }
}

/** Opens a page that notes when each text was first seen in it, also across reloads. */
async function open(url) {
  const page = await browser.newPage()
  await page.addInitScript(() => {
    const note = () => {
      const text = document.getElementById('text')?.textContent
      if (text && !sessionStorage.getItem(text))
        sessionStorage.setItem(text, String(performance.timeOrigin + performance.now()))
    }
    new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true })
  })
  const endsAt = Date.now() + 30_000
  while ((await page.goto(url)).status() !== 200) {
    if (Date.now() > endsAt) throw new Error(`${url} is not there`)
    await pause(200)
  }
  return page
}

async function edit({ child }, text, kind) {
  const written = new Promise((resolve) => {
    const hear = (message) => {
      if (message.kind !== 'written' || message.text !== text) return
      child.off('message', hear)
      resolve(message)
    }
    child.on('message', hear)
  })
  child.send({ text, isSignalled: kind !== 'scanned' })
  return written
}

async function start(script, args) {
  const child = fork(new URL(`${script}.mjs`, import.meta.url), args.map(String))
  children.push(child)
  const [message] = await once(child, 'message')
  return { child, ...message }
}

function stop(...started) {
  for (const { child } of started) child.disconnect()
}

function place(name) {
  return path.join(root, name)
}

function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0)} ms`
}

function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
