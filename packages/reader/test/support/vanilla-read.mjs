// A client that has never heard of sitedrive: prints the hash of each file of a drive as JSON.
// Arguments: the key in hex, the DHT nodes as JSON, a folder for its store.
import { createHash } from 'node:crypto'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import Hyperswarm from 'hyperswarm'

const [key, bootstrap, folder] = process.argv.slice(2)
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
for await (const { key: path } of drive.list('/'))
  files[path] = createHash('sha256')
    .update(await drive.get(path))
    .digest('hex')
process.stdout.write(`${JSON.stringify(files)}\n`)
await swarm.destroy()
await drive.close()
