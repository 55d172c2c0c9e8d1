// What one writes with mirror-drive: a drive of the network into a folder. Arguments: key in hex, DHT node, store, folder.
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import Hyperswarm from 'hyperswarm'
import Localdrive from 'localdrive'

const [key, node, storeDir, dir] = process.argv.slice(2)
const [host, port] = node.split(':')
const store = new Corestore(storeDir)
const drive = new Hyperdrive(store, Buffer.from(key, 'hex'))
await drive.ready()
const swarm = new Hyperswarm({ bootstrap: [{ host, port: Number(port) }] })
swarm.on('connection', (connection) => store.replicate(connection))
const found = drive.findingPeers()
swarm.join(drive.discoveryKey, { server: false, client: true })
swarm.flush().then(found, found)
await drive.update()
if (process.env.PREFETCH) await drive.download('/').done?.()
await drive.mirror(new Localdrive(dir)).done()
await swarm.destroy()
await drive.close()
