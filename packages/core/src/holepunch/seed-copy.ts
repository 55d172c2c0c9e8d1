import Corestore from 'corestore'
import Hypercore from 'hypercore'
import { takeOverConflicts } from './conflicts.js'
import type { BlobPointer } from './hyperdrive.js'
import { RETRY_REASON } from './fork-workarounds.js'
import { decodeKey } from './site-key.js'
import type { SeedLink } from './seed-link.js'
import type { SiteCores } from './seed-protocol.js'
import { PARTS, type CorePart } from './site-store.js'
import { makeTemporaryFolder, type TemporaryFolder } from './temporary-folder.js'

/** The head of one core at a seed, proved by the site's signature. */
export interface CoreHead {
  length: number
  fork: number
  /** The tree hash over all blocks below `length`, hex. */
  hash: string
  /** The seed claims to have every block below this one. */
  contiguousLength: number
}

/** The heads of both cores of a site at a seed. */
export type SeedHeads = Record<CorePart, CoreHead>

type OpenCopy = Record<CorePart, Hypercore> & { store: Corestore }

const UNKNOWN: CoreHead = { length: 0, fork: 0, hash: '', contiguousLength: 0 }

/** Higher than every id that hypercore gives to its own requests. */
let nextRequest = 2 ** 30

/**
 * A seed's copy of a site, fetched into a temporary store. A separate store is used so that nothing of ours is sent to the
 * seed: readers must not see the index of an unconfirmed release before its files.
 */
export class SeedCopy {
  readonly heads: SeedHeads = { index: UNKNOWN, blobs: UNKNOWN }
  readonly link: SeedLink
  private readonly cores: SiteCores
  private readonly folder: TemporaryFolder
  private open: OpenCopy | null

  private constructor(link: SeedLink, cores: SiteCores, folder: TemporaryFolder, open: OpenCopy) {
    this.link = link
    this.cores = cores
    this.folder = folder
    this.open = open
  }

  /**
   * @param pins false: the seed is not asked to keep the site. It then says nothing of cores that it does not have
   * @throws when the seed does not send its heads in time, or does not keep the site
   */
  static async open(
    link: Promise<SeedLink>,
    cores: SiteCores,
    timeoutMs: number,
    pins = true
  ): Promise<SeedCopy> {
    const folder = await makeTemporaryFolder()
    // Opened while the seed is dialled.
    const opening = openCopy(folder.dir, cores)
    try {
      const seed = await link
      const open = await opening
      if (pins) seed.pinEmpty(cores)
      const copy = new SeedCopy(seed, cores, folder, open)
      await copy.receiveHeads(open, timeoutMs)
      return copy
    } catch (error) {
      await opening.then(
        ({ store }) => store.close(),
        () => {} // it was never open
      )
      await folder.remove()
      throw error
    }
  }

  /**
   * Detaches the copy from the connection, so that the site's own cores can be offered on it. The store is closed too: an
   * open store would attach its cores again when the seed names them.
   */
  async detach(): Promise<void> {
    const { open } = this
    this.open = null
    await open?.store.close()
  }

  /** Attaches the copy to the connection again, and reads the heads again. @throws as `open` */
  async attach(timeoutMs: number): Promise<void> {
    this.open = await openCopy(this.folder.dir, this.cores)
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
   * Whether the seed sends a block on request.
   *
   * @returns null when it does not answer in time
   */
  has(part: CorePart, index: number, timeoutMs: number): Promise<boolean | null> {
    const core = this.open?.[part]
    const [peer] = core?.peers ?? []
    if (!core || !peer || this.link.isClosed) return Promise.resolve(null)
    if (index >= core.length) return Promise.resolve(false)
    // Hypercore requests only blocks that the peer has announced, and does not report a negative answer. So the request is
    // sent here.
    const id = nextRequest++
    const fork = peer.remoteFork
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
        // A seed that moves to another fork meanwhile says that it may be asked again, not that it lacks the block.
        // guard: forks: a seed that may be asked again does not lack the block
        if (message.request === id)
          finish(message.reason === RETRY_REASON || peer.remoteFork !== fork ? null : false)
        else onnodata(message)
      }
      peer.ondata = (message) => {
        if (message.request !== id) return ondata(message)
        finish(message.block !== null)
        return undefined
      }
      peer.wireRequest.send({
        id,
        fork,
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
   * The tree hash over all blocks below a length, hex.
   *
   * @returns null when the seed does not send the proof in time
   */
  async hashAt(part: CorePart, length: number, timeoutMs: number): Promise<string | null> {
    if (length === this.heads[part].length) return this.heads[part].hash
    const core = this.open?.[part]
    // The proof of the last block below that length contains the tree nodes of the hash.
    const block = core && (await this.untilClosed(core.get(length - 1, { timeout: timeoutMs })))
    return core && block ? (await Hypercore.treeHashFromStorage(core, length)).toString('hex') : null
  }

  /** The blocks of a blob. @throws when a block does not arrive in time */
  async *blocks(
    { blockOffset, blockLength }: BlobPointer,
    timeoutMs: number
  ): AsyncGenerator<Buffer, void, void> {
    for (let n = 0; n < blockLength; n++) {
      const { open } = this
      const block = open && (await this.untilClosed(open.blobs.get(blockOffset + n, { timeout: timeoutMs })))
      if (!block) throw new Error('the seed did not hand out a block')
      yield block
    }
  }

  /** @returns null when the block does not come, also since the connection has ended */
  private untilClosed(block: Promise<Buffer | null>): Promise<Buffer | null> {
    return Promise.race([block.catch(() => null), this.link.closed.then(() => null)])
  }

  async close(): Promise<void> {
    try {
      await this.detach()
    } finally {
      await this.folder.remove()
    }
  }
}

async function openCopy(dir: string, { site, blobs }: SiteCores): Promise<OpenCopy> {
  const store = new Corestore(dir)
  takeOverConflicts(store, { keepOpen: false })
  await store.ready()
  return { store, index: store.get({ key: decodeKey(site) }), blobs: store.get({ key: decodeKey(blobs) }) }
}
