import { readFileSync } from 'node:fs'
import path from 'node:path'
import { diskOf, median, memoryOf } from '../support/measure.mjs'
import { digestOf, sha256 } from '../support/site-folder.mjs'
import { AuthorProcess } from './author-process.mjs'
import { Ground } from './ground.mjs'
import { writePage, writePages } from './made-files.mjs'
import { sizesUpTo } from './sizes.mjs'

const PAGES = 100
const PAGE_BYTES = 4_000
/** Publishes before a sample whose time is taken. */
const LAST = 10
/** Old releases that a plain reader reads. */
const READ_RELEASES = 10

export const UNIT = 'releases'

/** A publish and the memory of all are not to grow with the history; the log and the disk may. */
export const LIMITS = {
  time: (name) => (name === 'log' ? 1 : 0),
  memory: () => 0,
  disk: () => 1
}

/** Release after release of one site, one page changed in each. */
export async function* grow({ most, root, dht, random }) {
  const ground = new Ground(root, dht)
  const author = new AuthorProcess()
  try {
    const key = await ground.begin()
    const names = writePages(ground.out, PAGES, PAGE_BYTES)
    const hashes = new Map(names.map((name) => [name, sha256(readFileSync(path.join(ground.out, name)))]))
    /** Versions and digests, by release. */
    const history = new Map()
    const note = ({ release, version }) => history.set(release, { version, digest: digestOf(hashes) })
    const change = (release) => {
      const name = random.pick(names)
      writePage(ground.out, name, release, PAGE_BYTES)
      hashes.set(name, sha256(readFileSync(path.join(ground.out, name))))
    }
    const last = []
    let release = 0
    for (const size of sizesUpTo(most)) {
      while (++release < size) {
        if (release > 1) change(release)
        const done = await author.do('publish', {
          projectDir: ground.project,
          env: ground.env,
          dir: ground.out
        })
        note(done)
        last.push(done.ms)
      }
      // The release of the sample is by the command.
      if (release > 1) change(release)
      const published = await ground.publish()
      note(published.answer)
      await ground.untilComplete(size)
      const log = await ground.run('log')
      const unlisted = log.answer.releases.length !== size
      if (unlisted) throw new Error(`the log lists ${log.answer.releases.length} of ${size} releases`)
      yield {
        size,
        time: {
          ...(last.length > 0 && { 'publish by a process that stays': median(last.slice(-LAST)) }),
          '`sitedrive publish`': published.ms,
          log: log.ms
        },
        memory: {
          peer: memoryOf(ground.peer.pid),
          'publisher at most': published.peak,
          'author that stays': memoryOf(author.pid)
        },
        disk: { author: diskOf(ground.home), peer: diskOf(ground.peerDir) }
      }
    }
    author.stop()
    await ground.read(key, history.get(most).version, async (reader) => {
      const old = Array.from({ length: READ_RELEASES }, () => random.between(1, most))
      for (const number of [most, ...old]) {
        const { version, digest } = history.get(number)
        const { hashes: read } = await reader.read(version)
        if (digestOf(read) !== digest)
          throw new Error(`a plain reader got other bytes of release ${number}: ${[...read].join('; ')}`)
      }
    })
    await ground.stopPeer()
  } finally {
    author.stop()
    ground.close()
  }
}
