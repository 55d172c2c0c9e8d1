// What one writes with Hyperdrive alone: one batch, file by file. Arguments: dir, store.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'

const [dir, storeDir] = process.argv.slice(2)
const drive = new Hyperdrive(new Corestore(storeDir))
await drive.ready()
const batch = drive.batch()
for (const item of readdirSync(dir, { recursive: true, withFileTypes: true })) {
  if (!item.isFile()) continue
  const file = path.join(item.parentPath, item.name)
  await batch.put(`/${path.relative(dir, file)}`, readFileSync(file))
}
await batch.flush()
await drive.close()
