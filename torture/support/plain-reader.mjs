import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import Hyperswarm from 'hyperswarm'
import { sha256 } from './site-folder.mjs'

/** What publishers add to a site. */
const OWN = '/.well-known/'
const READ_MS = 10_000
const UPDATE_MS = 5_000

/** Somebody with the key alone: Hyperdrive, Corestore and Hyperswarm as they are in the registry, nothing of sitedrive. */
export class PlainReader {
  #store
  #swarm
  #drive
  conflicts = 0

  /** @param {{ host: string, port: number }[]} bootstrap @param {Buffer} key @param {string} dir an empty folder */
  static async open(bootstrap, key, dir) {
    const store = new Corestore(dir)
    const drive = new Hyperdrive(store.session(), key)
    await drive.ready()
    const reader = new PlainReader()
    const onConflict = () => reader.conflicts++
    drive.core.on('conflict', onConflict)
    drive.once('blobs', ({ core }) => core.on('conflict', onConflict))
    const swarm = new Hyperswarm({ bootstrap })
    swarm.on('connection', (connection) => {
      connection.on('error', () => {}) // programs are killed
      store.replicate(connection)
    })
    swarm.join(drive.core.discoveryKey, { server: false, client: true })
    reader.#store = store
    reader.#swarm = swarm
    reader.#drive = drive
    return reader
  }

  /** Asks those who are there for the newest state. @returns {Promise<number>} its version */
  async update() {
    // It may wait for an answer of somebody who was killed.
    await Promise.race([this.#drive.update({ wait: true }), pause(UPDATE_MS, undefined, { ref: false })])
    return this.#drive.version
  }

  /**
   * The sha256 of each file of the newest state that was heard of, or of an older version.
   *
   * @returns {Promise<{ version: number, fork: number, hashes: Map<string, string> }>}
   * @throws when a file cannot be read in time
   */
  async read(version = this.#drive.version) {
    const { fork } = this.#drive.core
    const drive = this.#drive.checkout(version)
    try {
      const hashes = new Map()
      for await (const { key } of drive.entries(undefined, { timeout: READ_MS })) {
        if (key.startsWith(OWN)) continue
        const bytes = await drive.get(key, { timeout: READ_MS })
        hashes.set(key.slice(1), bytes === null ? 'no bytes' : sha256(bytes))
      }
      return { version, fork, hashes }
    } finally {
      await drive.close()
    }
  }

  /**
   * The sha256 of one file of the newest state that was heard of, however large it is.
   *
   * @returns {Promise<string>} `no file` where there is none
   * @throws when no block of it comes in time
   */
  async hashOf(name) {
    const entry = await this.#drive.entry(`/${name}`, { timeout: READ_MS })
    if (entry === null) return 'no file'
    const hash = createHash('sha256')
    const { core } = await this.#drive.getBlobs()
    const { blockOffset, blockLength } = entry.value.blob
    for (let block = blockOffset; block < blockOffset + blockLength; block++)
      hash.update(await core.get(block, { timeout: READ_MS }))
    return hash.digest('hex')
  }

  async close() {
    await this.#swarm.destroy()
    await this.#store.close()
  }
}
