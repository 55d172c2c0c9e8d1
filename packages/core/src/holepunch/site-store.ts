import { rmSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import Corestore from 'corestore'
import Hyperbee from 'hyperbee'
import Hypercore from 'hypercore'
import Hyperdrive from 'hyperdrive'
import { hashOfBlocks } from './claimed-hash.js'
import { codeOf, SitedriveError } from '../error.js'
import { RequestResponder } from './answering.js'
import { endOf, type BlobPointer } from './blob-pointer.js'
import { Drive } from './hyperdrive.js'
import { takeOverConflicts } from './conflicts.js'
import { storeError } from './errors.js'
import { decodeKey } from './site-key.js'
import { siteManifest, type SiteKeys } from './key-pairs.js'

/** One change of the index: what stands at `path` from now on, with or without content; without metadata, nothing. */
export type IndexOp =
  { path: string; blob: BlobPointer | null; metadata: unknown } | { path: string; blob: null }

/**
 * By themselves RocksDB's files are left alone for as long as something in them is of use. These are the values of
 * rocksdb-native: `bottommostLevelCompaction.FORCE`, `garbageCollectionPolicy.FORCE`.
 */
const REWRITE = {
  bottommostLevelCompaction: 2,
  blobGarbageCollectionPolicy: 1,
  blobGarbageCollectionAgeCutoff: 0.5
}

/** What a writer needs of a drive's keys. */
export interface WriterKeys extends Pick<SiteKeys, 'key' | 'signing'> {
  /** Hides names and contents from whoever has the key alone, 32 bytes. Default: nothing is hidden. */
  encryptionKey?: Uint8Array
}

/** One of the two cores of a drive. */
export type CorePart = 'index' | 'blobs'

/** A site drive in a folder of this machine. Exactly one `SiteWriter` may be open on a folder at a time. */
export class SiteStore extends Drive {
  protected readonly dir: string
  /** @internal */
  protected readonly store: Corestore
  private readonly responder = new RequestResponder()

  /** @internal */
  constructor(dir: string, store: Corestore, drive: Hyperdrive) {
    super(drive)
    this.dir = dir
    this.store = store
    this.responder.watch(drive.core)
    if (drive.blobs) this.responder.watch(drive.blobs.core)
    else drive.once('blobs', ({ core }) => this.responder.watch(core))
  }

  /** Lets the other end of a connection copy the drive: a duplex stream, or whether this side speaks first. */
  replicate(connection: Duplex | boolean): Duplex {
    return this.store.replicate(connection)
  }

  /** How many peers hold this drive's connection now. */
  get peers(): number {
    return this.drive.core.peers.length
  }

  /** Calls back when peers come or go. */
  onPeers(listener: () => void): void {
    this.drive.core.on('peer-add', listener)
    this.drive.core.on('peer-remove', listener)
  }

  /** Requests of peers that are not answered yet. */
  get openRequests(): number {
    const { index, blobs } = this.cores()
    const waiting = [...index.peers, ...blobs.peers].reduce((sum, peer) => sum + peer.remoteRequests.size, 0)
    return Math.max(waiting, this.responder.count)
  }

  coreLength(part: CorePart): number {
    return this.cores()[part].length
  }

  coreFork(part: CorePart): number {
    return this.cores()[part].fork
  }

  hasBlock(part: CorePart, index: number): Promise<boolean> {
    return this.cores()[part].has(index)
  }

  /** Whether a blob's bytes are on this machine. */
  async hasBlob(blob: BlobPointer): Promise<boolean> {
    return blob.blockLength === 0 || this.cores().blobs.has(blob.blockOffset, endOf(blob))
  }

  /** Whether every block of the index is on this machine. */
  async hasWholeIndex(): Promise<boolean> {
    const { index } = this.cores()
    return index.length === 0 || index.has(0, index.length)
  }

  /** Fetches the index from whoever is connected. @returns false when nothing has come for that long */
  async fetchIndex(stallMs: number): Promise<boolean> {
    const { index } = this.cores()
    const range = index.download({ start: 0, end: index.length })
    const timer = setTimeout(() => range.destroy(), stallMs)
    const restartTimer = () => void timer.refresh()
    index.on('download', restartTimer)
    try {
      await range.done()
      return await this.hasWholeIndex()
    } finally {
      index.off('download', restartTimer)
      clearTimeout(timer)
    }
  }

  /** @internal */
  coreOf(part: CorePart): Hypercore {
    return part === 'index' ? this.drive.core : this.cores().blobs
  }

  override async close(): Promise<void> {
    try {
      await super.close()
    } finally {
      await this.store.close()
    }
  }
}

/** A site store opened with its signing key. */
export class SiteWriter extends SiteStore {
  /** The store was copied from another machine or place, where it may go on being used. */
  readonly isCopy: boolean

  /** @internal */
  constructor(dir: string, store: Corestore, drive: Hyperdrive, isCopy: boolean) {
    super(dir, store, drive)
    this.isCopy = isCopy
    const count = () => void this.uploads++
    const fork = () => void (this.isForked = true)
    for (const core of [drive.core, drive.blobs?.core]) {
      core?.on('upload', count)
      core?.on('conflict', fork)
    }
  }

  /** A peer has proved that a length of a core was signed twice with different blocks. Nothing can be written any more. */
  isForked = false

  /** Blocks that were sent to peers since the store was opened. */
  uploads = 0

  /** Peers that have not come as far as a fork, by their public keys. */
  peersBefore(fork: number): Buffer[] {
    const { index, blobs } = this.cores()
    return [index, blobs].flatMap((core) =>
      core.peers.filter((peer) => peer.remoteFork < fork).map((peer) => peer.remotePublicKey)
    )
  }

  /**
   * Signs both cores anew under a higher fork number, so that whoever holds other blocks at the lengths that come next
   * reorganises instead of calling it a conflict.
   *
   * @param usedBlocks blobs beyond these belong to no release: a publish that was cut short left them, and perhaps nobody
   *   has them any more. They are dropped, so that seeds do not wait for them for ever.
   * @param usedEntries the same for the index
   */
  async bump(fork: number, usedBlocks: number, usedEntries = Infinity): Promise<void> {
    await this.runWrite(async () => {
      const { index, blobs } = this.cores()
      await blobs.truncate(Math.min(blobs.length, usedBlocks), { fork })
      await index.truncate(Math.min(index.length, usedEntries), { fork })
    })
  }

  /**
   * Takes away the whole index, and the blobs from a place on, under a higher fork number. What `at` has given before
   * stays readable. The writer goes on at the new fork.
   */
  async reset(fork: number, keptBlocks: number): Promise<void> {
    await this.runWrite(async () => {
      const { index, blobs } = this.cores()
      this.heldFork = fork
      await blobs.truncate(keptBlocks, { fork })
      await index.truncate(Math.min(index.length, 1), { fork }) // the first block says that it is a drive
    })
  }

  /**
   * Moves what was written from the store's log to its files. Until then it takes its space twice when it is moved, and what
   * is taken away again takes it as well.
   */
  async flushLog(): Promise<void> {
    await this.runWrite(() => this.store.storage.db.flush())
  }

  /** Gives back the disk space of what was taken away. What is there is written anew for that. */
  async compact(): Promise<void> {
    await this.runWrite(() => this.store.storage.compact(REWRITE))
  }

  /** The bytes in the index so far. */
  get indexByteLength(): number {
    return this.cores().index.byteLength
  }

  /**
   * Lets peers find blocks that lie behind a hole. To a peer that asks what is here, hypercore 11.37.1 (`_onwant` in
   * lib/replicator.js) names only the blocks before the first hole; with a hint that there are none it tells of all.
   */
  showAllBlocks(): void {
    const { index, blobs } = this.cores()
    for (const core of [index, blobs]) {
      if (core.contiguousLength < core.length) core.core.header.hints.contiguousLength = 0
    }
  }

  /**
   * The sha256 of the blocks that a pointer names, base64url; they must be on this machine. Block by block, and not as a stream
   * of bytes: where other blocks lie, that leads on to some which are not here.
   */
  async hashOf(blob: BlobPointer): Promise<string> {
    return hashOfBlocks(this.blocksOf(blob))
  }

  private async *blocksOf({ blockOffset, blockLength }: BlobPointer): AsyncGenerator<Buffer> {
    for (let n = 0; n < blockLength; n++) {
      const block = await this.cores().blobs.get(blockOffset + n, { wait: false })
      if (block) yield block
    }
  }

  /** Fetches a blob from whoever is connected. @returns whether it came in time */
  async fetchBlob({ blockOffset, blockLength }: BlobPointer, timeoutMs: number): Promise<boolean> {
    const { blobs } = this.cores()
    const wanted = Array.from({ length: blockLength }, (_, n) =>
      blobs.get(blockOffset + n, { timeout: timeoutMs })
    )
    return (await Promise.allSettled(wanted)).every(
      (block) => block.status === 'fulfilled' && block.value !== null
    )
  }

  /** The first blob from a place on, and below a length, that is not on this machine; null when all are. */
  async firstBlobMissing(from: number, length: number): Promise<number | null> {
    const { blobs } = this.cores()
    if (from >= length || (await blobs.has(from, length))) return null
    // Halves until one block is left: whether a whole range is here costs the same as whether one block is.
    let [start, end] = [from, length]
    while (end - start > 1) {
      const middle = start + Math.floor((end - start) / 2)
      if (await blobs.has(start, middle)) start = middle
      else end = middle
    }
    return start
  }

  /** The bytes in the blobs core so far, orphans of abandoned publishes included. */
  get blobsByteLength(): number {
    return this.cores().blobs.byteLength
  }

  /**
   * The hash that stands for every block of the index, hex.
   *
   * From the roots, which come with the head. `treeHash` of hypercore 11.37.1 first gets the last block when it is not
   * here, and waits for ever when nobody hands it out.
   */
  async indexHash(): Promise<string> {
    return this.cores().index.state.hash().toString('hex')
  }

  /** The same, as it was at a length. The whole index must be here. */
  async indexHashAt(version: number): Promise<string> {
    return (await this.cores().index.treeHash(version)).toString('hex')
  }

  /**
   * The hash that stands for every block of a core below a length, hex.
   *
   * @returns null when a tree node that it is made of is not on this machine
   */
  async hashAt(part: CorePart, length: number): Promise<string | null> {
    try {
      return (await Hypercore.treeHashFromStorage(this.cores()[part], length)).toString('hex')
    } catch (error) {
      if (codeOf(error) === 'INVALID_OPERATION') return null
      throw error
    }
  }

  /**
   * Resolves when all that was written survives a power cut. RocksDB hands its log to the system and syncs only what it
   * moves out of it, so the log is what is left to sync.
   */
  async sync(): Promise<void> {
    await this.runWrite(async () => {
      const dir = path.join(this.dir, 'db')
      const logs = (await readdir(dir)).filter((name) => name.endsWith('.log'))
      await Promise.all(
        logs.map(async (name) => {
          const log = await open(path.join(dir, name), 'r')
          try {
            await log.sync()
          } finally {
            await log.close()
          }
        })
      )
    })
  }

  /** Appends blocks to the blobs core. No reader sees them until the index points at them. */
  async append(blocks: Uint8Array[]): Promise<void> {
    await this.runWrite(async () => {
      await this.cores().blobs.append(blocks)
    })
  }

  /** Applies all changes as one batch: readers see none of them or all. */
  async flush(ops: Iterable<IndexOp>): Promise<void> {
    await this.runWrite(async () => {
      // guard: atomic: the index changes in one batch
      const batch = this.drive.batch()
      for (const op of ops) {
        if ('metadata' in op) await batch.putEntry(op.path, { blob: op.blob, metadata: op.metadata })
        else await batch.del(op.path)
      }
      await batch.flush()
    })
  }

  /**
   * From now on only this fork is written to. A peer may know of a higher one, of a machine that publishes at this very
   * moment, and move the cores there between two appends; what came next would be signed over its blocks.
   */
  holdFork(fork: number): void {
    this.heldFork = fork
    const { index, blobs } = this.cores()
    for (const core of [index, blobs])
      core.on('truncate', () => (this.isMoved ||= core.fork !== this.heldFork))
  }

  /** Whether a core was moved away from the fork that is held, which only another signer can do. */
  get isOvertaken(): boolean {
    return this.isMoved
  }

  private heldFork: number | null = null
  private isMoved = false

  private async runWrite(write: () => Promise<void>): Promise<void> {
    const { index, blobs } = this.cores()
    const isHeld = this.heldFork === null || (index.fork === this.heldFork && blobs.fork === this.heldFork)
    if (this.isForked) throw forkedError()
    if (this.isMoved || !isHeld) throw overtakenError()
    try {
      await write()
    } catch (error) {
      if (this.isForked) throw forkedError()
      throw storeError(error, this.dir)
    }
  }
}

/** The error for a publish that another one replaced before it was done. */
export function overtakenError(): SitedriveError {
  return new SitedriveError(
    'OVERTAKEN',
    'A newer history of this site came in from a seed and replaced this release before it was done. Build again: the next release goes on from there.'
  )
}

/** The error for a publish that met other blocks at a place that it had signed. */
export function forkedError(): SitedriveError {
  return new SitedriveError(
    'OVERTAKEN',
    'A seed holds other content at a place of the history that this machine has just signed, as it happens after an older copy of the data directory was put back. Build again: the next release goes on from what the seed has.'
  )
}

/**
 * Opens a site store for reading; a writer may have it open at the same time. What it shows is the state at opening.
 *
 * @throws {SitedriveError} STORE_FAILED when there is no store, STORE_COPIED when it was copied from elsewhere.
 */
export async function openSiteReader(dir: string, key: string): Promise<SiteStore> {
  return withStore(dir, { readOnly: true, allowBackup: true }, async (store) => {
    const drive = new Hyperdrive(store.session(), decodeKey(key))
    await drive.ready()
    return new SiteStore(dir, store, drive)
  })
}

/**
 * Opens a site store for writing, making it when it is not there.
 *
 * @param acceptCopy adopts a store that was copied from another machine or place
 * @throws {SitedriveError} STORE_COPIED, STORE_LOCKED, DISK_FULL or STORE_FAILED
 */
export async function openSiteWriter(dir: string, keys: WriterKeys, acceptCopy = false): Promise<SiteWriter> {
  try {
    return await openWriter(dir, keys, false)
  } catch (error) {
    // guard: ask: a store that was copied is refused
    if (!acceptCopy || !(error instanceof SitedriveError) || error.code !== 'STORE_COPIED') throw error
    // Corestore's device file ties a store to its disk; without one it makes another, for this place.
    rmSync(path.join(dir, 'CORESTORE'))
    return openWriter(dir, keys, true)
  }
}

// The cores are created without their key pair, which is handed to the sessions only: the store on disk holds no secret.
async function openWriter(dir: string, keys: WriterKeys, isCopy: boolean): Promise<SiteWriter> {
  return withStore(dir, {}, async (store) => {
    const manifest = siteManifest(keys.signing.publicKey)
    const key = decodeKey(keys.key)
    // guard: the store holds no secret
    const keylessIndex = store.get({ key, manifest })
    await keylessIndex.ready()
    // From the core and not from above: there the manifest has its defaults filled in, and they are part of the key.
    const whole = keylessIndex.manifest
    const blobsManifest = whole && Hyperdrive.getContentManifest(whole, key)
    if (!blobsManifest) throw new Error('the drive has no blobs core of its own')
    const keylessBlobs = store.get({ key: Hypercore.key(blobsManifest), manifest: blobsManifest })
    await keylessBlobs.ready()

    const { encryptionKey = null } = keys
    const index = store.get({ key, manifest, keyPair: keys.signing, encryptionKey })
    const bee = new Hyperbee(index, {
      keyEncoding: 'utf-8',
      valueEncoding: 'json',
      metadata: { contentFeed: null }
    })
    const drive = new Hyperdrive(store.session(), key, { _db: bee, encryptionKey })
    await drive.ready()
    await drive.getBlobs()
    await Promise.all([keylessIndex.close(), keylessBlobs.close()])
    return new SiteWriter(dir, store, drive, isCopy)
  })
}

async function withStore<T>(
  dir: string,
  options: { readOnly?: boolean; allowBackup?: boolean },
  open: (store: Corestore) => Promise<T>
): Promise<T> {
  const store = new Corestore(dir, options)
  takeOverConflicts(store, { keepOpen: false })
  try {
    await store.ready()
    return await open(store)
  } catch (error) {
    await store.close().catch(() => {}) // the first error is the one that tells
    throw storeError(error, dir)
  }
}
