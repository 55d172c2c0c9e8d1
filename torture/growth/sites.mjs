import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { diskOf, memoryOf } from '../support/measure.mjs'
import { digestOf, sha256 } from '../support/site-folder.mjs'
import { AuthorProcess } from './author-process.mjs'
import { Ground } from './ground.mjs'
import { writePage } from './made-files.mjs'
import { sizesUpTo } from './sizes.mjs'

const PAGES = 10
const PAGE_BYTES = 4_000
/** Sites that are published at the same time. */
const AT_ONCE = 4
/** Sites that a plain reader reads. */
const READ_SITES = 10

export const UNIT = 'sites'

export const LIMITS = { time: () => 1, memory: () => 1, disk: () => 1 }

/** More and more sites at one peer, each with a key of its own. */
export async function* grow({ most, root, dht, random }) {
  const ground = new Ground(root, dht)
  const author = new AuthorProcess()
  const sites = []
  try {
    await ground.startPeer()
    for (const size of sizesUpTo(most)) {
      const seeds = [ground.peer.answer.key]
      const added = []
      while (sites.length < size) {
        const site = { projectDir: path.join(root, 'sites', String(sites.length)), env: ground.env }
        mkdirSync(site.projectDir, { recursive: true })
        Object.assign(site, await author.do('init', { ...site, seeds }))
        site.dir = path.join(site.projectDir, 'out')
        site.digest = writeSite(site.dir, sites.length)
        sites.push(site)
        added.push(site)
      }
      await ground.restartPeer('--trust', ...added.map(({ publisherKey }) => publisherKey))
      const next = added.values()
      const publish = async () => {
        for (const site of next) Object.assign(site, await author.do('publish', site))
      }
      await Promise.all(Array.from({ length: AT_ONCE }, publish))
      await ground.untilComplete(1, size)
      const atWork = memoryOf(ground.peer.pid)
      const { startMs, pid } = await ground.restartPeer()
      const began = performance.now()
      await ground.untilComplete(1, size)
      const completeMs = startMs + performance.now() - began
      yield {
        size,
        time: {
          'start of the peer': startMs,
          'until it shows all': completeMs,
          'status page': await timeOf(ground.peer.answer.url)
        },
        memory: { 'peer after a start': memoryOf(pid), 'peer after the publishes': atWork },
        disk: { peer: diskOf(ground.peerDir) }
      }
    }
    author.stop()
    for (let count = 0; count < READ_SITES; count++) {
      const { key, version, digest } = random.pick(sites)
      await ground.read(key, version, async (reader) => {
        const { hashes } = await reader.read()
        if (digestOf(hashes) !== digest)
          throw new Error(`a plain reader got other bytes of ${key}: ${[...hashes].join('; ')}`)
      })
    }
    await ground.stopPeer()
  } finally {
    author.stop()
    ground.close()
  }
}

function writeSite(dir, number) {
  const names = Array.from({ length: PAGES }, (_, page) => (page === 0 ? 'index.html' : `page-${page}.html`))
  for (const name of names) writePage(dir, name, `site ${number}`, PAGE_BYTES)
  return digestOf(new Map(names.map((name) => [name, sha256(readFileSync(path.join(dir, name)))])))
}

async function timeOf(url) {
  const began = performance.now()
  const answer = await fetch(url)
  await answer.text()
  if (!answer.ok) throw new Error(`the status page answered ${answer.status}`)
  return performance.now() - began
}
