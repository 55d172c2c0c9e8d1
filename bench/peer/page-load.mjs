// One page with 60 small files, over a line with 50 ms there and back, in Chromium: over HTTP/2 and over HTTP/1.1 from the same server.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { openSiteServer } from '@sitedrive/mirror'
import { chromium } from 'playwright-core'
import { median } from '../measure.mjs'
import { certificate } from './certificate.mjs'

const LOADS = 7
const FILES = 60
const FILE_BYTES = 3_000
const DELAY_MS = 25
const KEY = 'y'.repeat(52)

/** @returns {Promise<{ http2: number, http1: number }>} medians of milliseconds from the address to the load event, nothing cached */
export async function benchPageLoad() {
  const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
  const server = await openSiteServer({ sites: new Map([[KEY, siteOfImages()]]), tls: certificate(work) })
  const relay = await slowRelay(server.port)
  const took = { http2: [], http1: [] }
  const browsers = {}
  try {
    for (const name of Object.keys(took)) browsers[name] = await openBrowser(name)
    for (let load = 0; load <= LOADS; load++) {
      for (const [name, browser] of Object.entries(browsers)) {
        const { ms, protocol } = await loadPage(browser, relay.port)
        if (protocol !== (name === 'http2' ? 'h2' : 'http/1.1')) throw new Error(`${name} was ${protocol}`)
        if (load > 0) took[name].push(ms)
      }
      process.stderr.write('.')
    }
  } finally {
    process.stderr.write('\n')
    for (const browser of Object.values(browsers)) await browser.close()
    relay.close()
    await server.close()
    rmSync(work, { recursive: true, force: true })
  }
  return { http2: median(took.http2), http1: median(took.http1) }
}

function openBrowser(name) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-quic', ...(name === 'http1' ? ['--disable-http2'] : [])]
  })
}

async function loadPage(browser, port) {
  // A context of its own has neither a cache nor a connection.
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const page = await context.newPage()
  await page.goto(`https://${KEY}.localhost:${port}/`, { waitUntil: 'load' })
  const found = await page.evaluate(() => {
    const [entry] = performance.getEntriesByType('navigation')
    return {
      ms: entry.loadEventStart,
      protocol: entry.nextHopProtocol,
      count: document.images.length,
      isWhole: [...document.images].every((image) => image.naturalWidth > 0)
    }
  })
  await context.close()
  if (found.count !== FILES || !found.isWhole) throw new Error('not all images came')
  return found
}

/** Hands bytes on, each way after a delay. */
async function slowRelay(to) {
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    pass(near, far)
    pass(far, near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: server.address().port, close: () => server.close() }
}

function pass(from, to) {
  from.setNoDelay()
  from.on('data', (bytes) => setTimeout(() => to.write(bytes), DELAY_MS))
  from.on('end', () => setTimeout(() => to.end(), DELAY_MS))
  from.on('error', () => to.destroy())
}

function siteOfImages() {
  const files = new Map()
  for (let n = 0; n < FILES; n++) files.set(`/images/${n}.svg`, svg(n))
  const images = [...files.keys()].map((file) => `<img src="${file}" alt="">`)
  files.set('/index.html', `<!doctype html><title>Images</title>${images.join('\n')}`)
  const blobs = [...files.values()].map((text) => Buffer.from(text))
  const entries = new Map(
    [...files.keys()].map((file, at) => {
      const blob = { blockOffset: at, blockLength: 1, byteOffset: at, byteLength: blobs[at].length }
      return [file, { path: file, seq: at, blob, metadata: null }]
    })
  )
  const drive = {
    entry: async (file) => entries.get(file) ?? null,
    stream: ({ blockOffset }) => Readable.from([blobs[blockOffset]])
  }
  const state = { version: 2, fork: 0, blobsLength: blobs.length, blobsFork: 0, drive, release() {} }
  return { hold: () => state }
}

/** An image whose text does not compress. */
function svg(n) {
  const noise = randomBytes(FILE_BYTES / 2).toString('hex')
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${n + 1}" height="1"><desc>${noise}</desc></svg>`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await benchPageLoad())
