// What one writes with mirror-drive: a folder onto a Hyperdrive. Arguments: dir, store, plain | batch.
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import Localdrive from 'localdrive'

const [dir, storeDir, mode] = process.argv.slice(2)
const drive = new Hyperdrive(new Corestore(storeDir))
await drive.ready()
const mirror = new Localdrive(dir).mirror(drive, { batch: mode === 'batch' })
await mirror.done()
await drive.close()
