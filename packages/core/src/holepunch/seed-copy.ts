import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import Corestore from 'corestore'
import Hypercore from 'hypercore'
import { takeOverConflicts } from './conflicts.js'
import type { BlobPointer } from './hyperdrive.js'
import { decodeKey } from './site-key.js'
import type { SeedLink } from './seed-link.js'
import type { SiteCores } from './seed-protocol.js'
import type { CorePart } from './site-store.js'

/** How far one core goes at a seed, proved by the site's signature. */
export interface CoreHead {
  length: number
  fork: number
  /** Stands for every block below `length`, hex. */
  hash: string
  /** The seed says that it has every block below this one. */
  contiguousLength: number
}

/** How far both cores of a site go at a seed. */
export type SeedHeads = Record<CorePart, CoreHead>

type OpenCopy = Record<CorePart, Hypercore> & { store: Corestore }

const UNKNOWN: CoreHead = { length: 0, fork: 0, hash: '', contiguousLength: 0 }
/** Both cores of a drive. */
export const PARTS: readonly CorePart[] = ['index', 'blobs']

/** Above every id that hypercore gives to its own requests. */
let nextRequest = 2 ** 30

/**
 * A seed's word on a site, fetched into a store of its own that is thrown away: the seed is asked, and nothing of ours
 * goes to it. A release that is not confirmed yet must not show before its files do.
 */
export class SeedCopy {
  readonly heads: SeedHeads = { index: UNKNOWN, blobs: UNKNOWN }
  readonly link: SeedLink
  private readonly cores: SiteCores
  private readonly dir: string
  private open: OpenCopy | null

  private constructor(link: SeedLink, cores: SiteCores, dir: string, open: OpenCopy) {
    this.link = link
    this.cores = cores
    this.dir = dir
    this.open = open
  }

  /** @throws when the seed does not say in time how far it has the site, or does not keep it */
  static async open(link: Promise<SeedLink>, cores: SiteCores, timeoutMs: number): Promise<SeedCopy> {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'sitedrive-copy-'))
    // While the seed is being dialled.
    const opening = openCopy(dir, cores)
    try {
      const seed = await link
      const open = await opening
      seed.pinEmpty(cores)
      const copy = new SeedCopy(seed, cores, dir, open)
      await copy.receiveHeads(open, timeoutMs)
      return copy
    } catch (error) {
      await opening.then(
        ({ store }) => store.close(),
        () => {} // it was never open
      )
      await rm(dir, { recursive: true, force: true })
      throw error
    }
  }

  /**
   * Takes the copy off the connection, so that the site's own cores can be offered on it. The store is closed with it: as
   * long as it is open, it takes up its cores again when the seed speaks of them.
   */
  async detach(): Promise<void> {
    const { open } = this
    this.open = null
    await open?.store.close()
  }

  /** Puts the copy back on the connection, and hears the heads again. @throws as `open` */
  async attach(timeoutMs: number): Promise<void> {
    this.open = await openCopy(this.dir, this.cores)
    await this.receiveHeads(this.open, timeoutMs)
  }

  private async receiveHeads(open: OpenCopy, timeoutMs: number): Promise<void> {
    await Promise.all(
      PARTS.map(async (part) => {
        const core = this.link.copy(open[part])
        await this.link.waitUntilSynced(core, timeoutMs)
        this.heads[part] = {
          length: core.length,
          fork: core.fork,
          hash: core.state.hash().toString('hex'),
          contiguousLength: Math.min(core.peers[0]?.remoteContiguousLength ?? 0, core.length)
        }
      })
    )
  }

  /**
   * Whether the seed hands out a block.
   *
   * @returns null when it says neither yes nor no in time
   */
  has(part: CorePart, index: number, timeoutMs: number): Promise<boolean | null> {
    const core = this.open?.[part]
    const [peer] = core?.peers ?? []
    if (!core || !peer || this.link.isClosed) return Promise.resolve(null)
    if (index >= core.length) return Promise.resolve(false)
    // Hypercore asks only for what it was told of, and keeps a no to itself. So this asks by itself.
    const id = nextRequest++
    return new Promise((resolve) => {
      const [onnodata, ondata] = [peer.onnodata.bind(peer), peer.ondata.bind(peer)]
      const finish = (answer: boolean | null) => {
        clearTimeout(timer)
        peer.onnodata = onnodata
        peer.ondata = ondata
        resolve(answer)
      }
      const timer = setTimeout(() => finish(null), timeoutMs)
      peer.onnodata = (message) => {
        if (message.request === id) finish(false)
        else onnodata(message)
      }
      peer.ondata = (message) => {
        if (message.request !== id) return ondata(message)
        finish(message.block !== null)
        return undefined
      }
      peer.wireRequest.send({
        id,
        fork: peer.remoteFork,
        block: { index, nodes: 0 },
        hash: null,
        seek: null,
        upgrade: null,
        manifest: false,
        priority: 0
      })
    })
  }

  /**
   * The hash that stands for every block below a length, hex.
   *
   * @returns null when the seed does not hand out in time what proves it
   */
  async hashAt(part: CorePart, length: number, timeoutMs: number): Promise<string | null> {
    if (length === this.heads[part].length) return this.heads[part].hash
    const core = this.open?.[part]
    // The last block below that length comes with the tree nodes that make up the hash.
    const block = await core?.get(length - 1, { timeout: timeoutMs }).catch(() => null)
    return core && block ? (await Hypercore.treeHashFromStorage(core, length)).toString('hex') : null
  }

  /** The bytes of a blob, block by block. @throws when one does not come in time */
  async *blocks(
    { blockOffset, blockLength }: BlobPointer,
    timeoutMs: number
  ): AsyncGenerator<Buffer, void, void> {
    for (let n = 0; n < blockLength; n++) {
      const block = await this.open?.blobs.get(blockOffset + n, { timeout: timeoutMs })
      if (!block) throw new Error('the seed did not hand out a block')
      yield block
    }
  }

  async close(): Promise<void> {
    try {
      await this.detach()
    } finally {
      await rm(this.dir, { recursive: true, force: true })
    }
  }
}

async function openCopy(dir: string, { site, blobs }: SiteCores): Promise<OpenCopy> {
  const store = new Corestore(dir)
  takeOverConflicts(store, { keepOpen: false })
  await store.ready()
  return { store, index: store.get({ key: decodeKey(site) }), blobs: store.get({ key: decodeKey(blobs) }) }
}
