import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import Hyperswarm from 'hyperswarm'
import { onTestFinished } from 'vitest'
import type { Address } from '../../src/holepunch/bootstrap.js'
import { decodeKey } from '../../src/holepunch/site-key.js'
import { tempDir, until } from './workshop.js'

/** Somebody with the link and nothing of ours: Hyperdrive, Corestore and Hyperswarm as they come from the registry. */
export class PlainReader {
  conflicts = 0
  private readonly drive: Hyperdrive

  private constructor(drive: Hyperdrive) {
    this.drive = drive
    drive.core.on('conflict', () => this.conflicts++)
    drive.once('blobs', ({ core }) => core.on('conflict', () => this.conflicts++))
  }

  /** @param from the only peer that it asks, by its key. Default: whom it finds */
  static async open(bootstrap: Address[], key: string, from: string | null = null): Promise<PlainReader> {
    const store = new Corestore(tempDir())
    const drive = new Hyperdrive(store.session(), decodeKey(key))
    await drive.ready()
    const swarm = new Hyperswarm({ bootstrap })
    swarm.on('connection', (connection: Hyperswarm.Connection) => {
      connection.on('error', () => {}) // peers come and go
      store.replicate(connection)
    })
    onTestFinished(async () => {
      await swarm.destroy()
      await store.close()
    })
    if (from === null) await swarm.join(drive.core.discoveryKey, { server: false, client: true }).flushed()
    else swarm.joinPeer(decodeKey(from))
    return new PlainReader(drive)
  }

  /** Every file of the newest state, or of an older version, but for what is reserved. Waits until it is this release. */
  async files(release: number, version?: number): Promise<Record<string, string>> {
    const record = '/.well-known/sitedrive.json'
    const find = async () => (version === undefined ? this.drive : this.drive.checkout(version))
    await until(async () => {
      const entry = await (await find()).entry(record, { wait: true, timeout: 5_000 }).catch(() => null)
      return (entry?.value.metadata as { release?: number } | undefined)?.release === release
    }, 60_000)
    const drive = await find()
    const files: Record<string, string> = {}
    for await (const { key } of drive.entries()) {
      if (key.startsWith('/.well-known/')) continue
      files[key.slice(1)] = String((await drive.get(key, { timeout: 10_000 }))?.toString('latin1'))
    }
    return files
  }
}
