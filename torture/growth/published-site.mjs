import { appendFileSync, statfsSync } from 'node:fs'
import path from 'node:path'
import { diskOf, memoryOf, MB, peakOf } from '../support/measure.mjs'
import { Ground } from './ground.mjs'
import { hashOfFile } from './made-files.mjs'

/** Files that a plain reader reads of a site. */
const READ_FILES = 30
/** The folder, the author's store, the peer's store; and what they write before they tidy up. */
const ROOM = 3.5

/**
 * Publishes a site of some size to a new peer, and measures all.
 *
 * @param {number} size in the unit of the part
 * @param {(out: string) => string[]} write writes the files @returns their names
 * @param {number} bytes about what they take
 * @returns a sample; `skipped` says why there is none
 */
export async function publishedSite({ size, write, bytes, root, dht, random }) {
  const ground = new Ground(root, dht)
  try {
    const { bavail, bsize } = statfsSync(root)
    if (bavail * bsize < ROOM * bytes)
      return { size, skipped: `the disk has room for ${Math.round((bavail * bsize) / MB)} MB` }
    const key = await ground.begin()
    const names = write(ground.out)
    const first = await ground.publish()
    await ground.untilComplete(1)
    const peerPeak = peakOf(ground.peer.pid)
    const unchanged = await ground.run('publish', 'out')
    appendFileSync(path.join(ground.out, 'index.html'), '<!-- changed -->')
    const changed = await ground.publish()
    await ground.untilComplete(2)
    const peer = await ground.restartPeer()
    await ground.untilComplete(2)
    const sample = {
      size,
      time: {
        publish: first.ms,
        'until confirmed': first.confirmMs,
        'one page changed': changed.ms,
        'nothing changed': unchanged.ms,
        'start of the peer': peer.startMs
      },
      memory: { 'publisher at most': first.peak, 'peer at most': peerPeak, peer: memoryOf(peer.pid) },
      disk: { folder: diskOf(ground.out), author: diskOf(ground.home), peer: diskOf(ground.peerDir) }
    }
    await ground.read(key, changed.answer.version, async (reader) => {
      for (const name of ['index.html', ...Array.from({ length: READ_FILES }, () => random.pick(names))]) {
        const [wanted, read] = [await hashOfFile(path.join(ground.out, name)), await reader.hashOf(name)]
        if (read !== wanted) throw new Error(`a plain reader got other bytes of ${name}: ${read}`)
      }
    })
    await ground.stopPeer()
    return sample
  } finally {
    ground.close()
  }
}
