// What releases of one changed page each take on the disk. Arguments: an empty folder, the number of releases.
// Prints the bytes of the store, and of the two cores in it with their trees.
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createPublisher } from '@sitedrive/core'
import { decodeKey } from '@sitedrive/core/drive'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import { generateSite, page } from './site.mjs'

const [work, releases] = process.argv.slice(2)
/** A tree has two nodes for each block: 32 bytes of hash, and a place and a size of some bytes. */
const NODE_BYTES = 40

const projectDir = path.join(work, 'project')
const dir = path.join(work, 'site')
mkdirSync(projectDir)
generateSite(dir, { pages: 1000 })
const env = { ...process.env, SITEDRIVE_HOME: path.join(work, 'home'), SITEDRIVE_CHECKS: 'off', CI: '' }
const publisher = createPublisher({ projectDir, generator: null, env })
let key
for (let release = 1; release <= Number(releases); release++) {
  writeFileSync(
    path.join(dir, `section-${release % 10}/page-${release}/index.html`),
    page(release, 8000, 'new')
  )
  key = (await publisher.publish(dir)).key
}
await publisher.close()

const store = path.join(work, 'home/sites', key, 'site')
const drive = new Hyperdrive(new Corestore(store, { readOnly: true, allowBackup: true }), decodeKey(key))
await drive.ready()
await drive.getBlobs()
const cores = [drive.core, drive.blobs.core].reduce(
  (sum, core) => sum + core.byteLength + 2 * core.length * NODE_BYTES,
  0
)
console.log(JSON.stringify({ store: diskBytes(store), cores }))
process.exit() // a store that is only read has nothing to end

function diskBytes(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, item) => {
    const file = path.join(folder, item.name)
    return sum + (item.isDirectory() ? diskBytes(file) : statSync(file).blocks * 512)
  }, 0)
}
