// Reads a site as a program does that has never heard of sitedrive: `node plain-client.mjs <key as hex> <bootstrap as JSON>`
// prints the hash of each file, by its path.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'

const require = createRequire(new URL('../../../core/package.json', import.meta.url))
const [Corestore, Hyperdrive, Hyperswarm] = ['corestore', 'hyperdrive', 'hyperswarm'].map((name) =>
  require(name)
)

const [key, bootstrap] = process.argv.slice(2)
const folder = mkdtempSync(path.join(tmpdir(), 'plain-client-'))
const store = new Corestore(folder)
const drive = new Hyperdrive(store, Buffer.from(key, 'hex'))
await drive.ready()
const swarm = new Hyperswarm({ bootstrap: JSON.parse(bootstrap) })
swarm.on('connection', (connection) => store.replicate(connection))
const found = drive.findingPeers()
swarm.join(drive.discoveryKey, { server: false, client: true })
swarm.flush().then(found, found)
await drive.update()
const files = {}
for await (const { key: file } of drive.list('/'))
  files[file] = createHash('sha256')
    .update(await drive.get(file))
    .digest('hex')
process.stdout.write(JSON.stringify(files))
await swarm.destroy()
await drive.close()
rmSync(folder, { recursive: true })
