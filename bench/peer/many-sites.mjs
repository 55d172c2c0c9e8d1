// What the number of sites that a peer keeps costs who publishes one of them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLocalDht } from '@sitedrive/core/drive'
import { median } from '../measure.mjs'
import { page } from '../publish/site.mjs'
import { startMachine } from './machines.mjs'
import { newSite, publishByCommand, withPeer } from './sites.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const SITES = Number(process.env.BENCH_SITES ?? 100)
/** Pages of each site. */
const PAGES = 100
/** Releases in each turn, the first of which finds its connections. */
const EDITS = 6

/**
 * One page changed, published by the command line, at a peer with one site and at one with many; the peers take turns. The author's
 * machine has as many sites.
 *
 * @returns milliseconds, medians
 */
export async function benchManySites() {
  const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
  const dht = await openLocalDht()
  const author = startMachine()
  try {
    const alone = await keptSites(author, path.join(work, 'one'), 1, dht.bootstrap)
    const among = await keptSites(author, path.join(work, 'many'), SITES, dht.bootstrap)
    const took = { one: [], many: [] }
    for (let round = 0; round < ROUNDS; round++) {
      took.one.push(...(await edits(alone, `one ${round}`)))
      took.many.push(...(await edits(among, `many ${round}`)))
      process.stderr.write('.')
    }
    return { sites: SITES, one: median(took.one), many: median(took.many) }
  } finally {
    await author.stop()
    await dht.close()
    rmSync(work, { recursive: true, force: true })
  }
}

/** Sites of one author, each with a release at one peer. */
async function keptSites(author, work, count, bootstrap) {
  const sites = []
  for (let n = 0; n < count; n++)
    sites.push(await newSite(author, path.join(work, String(n)), PAGES, bootstrap, path.join(work, 'home')))
  const kept = {
    dir: path.join(work, 'peer'),
    bootstrap,
    publisherKeys: sites.flatMap((site) => site.publisherKeys)
  }
  await withPeer(kept, kept.dir, async ({ key }) => {
    for (const site of sites) await author.do('publish', { ...site, seeds: [key], isSync: true })
  })
  return { kept, site: sites[0] }
}

async function edits({ kept, site }, words) {
  return withPeer(kept, kept.dir, async () => {
    const took = []
    for (let n = 0; n < EDITS; n++) {
      writeFileSync(path.join(site.dir, 'section-7/page-7/index.html'), page(7, 8000, `${words} ${n}`))
      took.push(await publishByCommand(site))
    }
    return took.slice(1)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(JSON.stringify(await benchManySites(), null, 2))
