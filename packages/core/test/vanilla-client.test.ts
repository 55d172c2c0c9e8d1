import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { decodeKey, openLocalDht, share } from '../src/drive-entry.js'
import { tempDir, Workshop } from './support/workshop.js'

const run = promisify(execFile)

const CLIENT = `
import { createHash } from 'node:crypto'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import Hyperswarm from 'hyperswarm'

const [key, bootstrap] = process.argv.slice(2)
const store = new Corestore('./store')
const drive = new Hyperdrive(store, Buffer.from(key, 'hex'))
await drive.ready()
const swarm = new Hyperswarm({ bootstrap: JSON.parse(bootstrap) })
swarm.on('connection', (connection) => store.replicate(connection))
const found = drive.findingPeers()
swarm.join(drive.discoveryKey, { server: false, client: true })
swarm.flush().then(found, found)
await drive.update()
const files = {}
for await (const { key } of drive.list('/')) files[key] = createHash('sha256').update(await drive.get(key)).digest('hex')
console.log(JSON.stringify(files))
await swarm.destroy()
await drive.close()
`

test(
  'a client that has never heard of sitedrive reads a published site over a DHT, byte for byte',
  { timeout: 180_000 },
  async () => {
    const shop = new Workshop({
      'index.html': 'home',
      'empty.txt': '',
      'a b/caf\u00e9 #1.html': 'accents',
      'large.bin': Buffer.alloc(300_000, 'large')
    })
    await shop.publish()
    shop.write({ 'index.html': 'home, edited' })
    await shop.publish()

    const folder = tempDir()
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }')
    writeFileSync(path.join(folder, 'client.js'), CLIENT)
    const packages = ['hyperdrive@13.3.4', 'corestore@7.12.5', 'hypercore@11.37.1', 'hyperswarm@4.17.2']
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], { cwd: folder })

    const dht = await openLocalDht()
    const shared = await share(shop.paths.store, shop.key, dht.bootstrap)
    onTestFinished(async () => {
      await shared.close()
      await dht.close()
    })
    const { stdout } = await run(
      process.execPath,
      ['client.js', decodeKey(shop.key).toString('hex'), JSON.stringify(dht.bootstrap)],
      { cwd: folder, timeout: 180_000 }
    )
    const read = JSON.parse(stdout) as Record<string, string>
    const { '/.well-known/sitedrive.json': record, ...files } = read
    expect(record).toBeDefined()
    const expected = Object.entries(shop.onDisk()).map(([name, text]) => [
      `/${name}`,
      createHash('sha256').update(Buffer.from(text, 'latin1')).digest('hex')
    ])
    expect(files).toEqual(Object.fromEntries(expected))
  }
)
