import { rmSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import Corestore from 'corestore'
import Hyperbee from 'hyperbee'
import Hypercore from 'hypercore'
import Hyperdrive from 'hyperdrive'
import { appendBlocks, appendInPieces } from './append-in-pieces.js'
import { hashOfBlocks } from './claimed-hash.js'
import { codeOf, SitedriveError } from '../error.js'
import { answersInPreparation, keepPeersAcrossForks } from './fork-workarounds.js'
import { endOf, type BlobPointer } from './blob-pointer.js'
import { Drive } from './hyperdrive.js'
import { takeOverConflicts } from './conflicts.js'
import { storeError } from './errors.js'
import { firstIndex } from './first-index.js'
import { indexCache } from './index-cache.js'
import type { IndexOp } from './index-op.js'
import { removeEntry } from './remove-entry.js'
import { decodeKey } from './site-key.js'
import { siteManifest, type SiteKeys } from './key-pairs.js'
import { siteStorage, steadyStorage } from './steady-storage.js'
import { removeOldLogs } from './store-logs.js'

/**
 * RocksDB normally keeps a file while any part of it is used. These options force it to rewrite its files. They are the
 * values of rocksdb-native for `bottommostLevelCompaction.FORCE` and `garbageCollectionPolicy.FORCE`.
 */
const REWRITE = {
  bottommostLevelCompaction: 2,
  blobGarbageCollectionPolicy: 1,
  blobGarbageCollectionAgeCutoff: 0.5
}

/** An index begins with its header, which has no entry. */
const HEADER_BLOCKS = 1

/** The keys that a writer needs. */
export interface WriterKeys extends Pick<SiteKeys, 'key' | 'signing'> {
  /** Encrypts names and contents, 32 bytes. Default: the drive is not encrypted */
  encryptionKey?: Uint8Array
}

/** One of the two cores of a drive. */
export type CorePart = 'index' | 'blobs'

/** Both cores of a drive. */
export const PARTS: readonly CorePart[] = ['index', 'blobs']

/** A site drive in a folder of this machine. Exactly one `SiteWriter` may be open on a folder at a time. */
export class SiteStore extends Drive {
  protected readonly dir: string
  /** @internal */
  protected readonly store: Corestore

  /** @internal */
  constructor(dir: string, store: Corestore, drive: Hyperdrive, mostWaitMs?: number) {
    super(drive, null, mostWaitMs)
    this.dir = dir
    this.store = store
    keepPeersAcrossForks(drive.core)
    if (drive.blobs) keepPeersAcrossForks(drive.blobs.core)
    else drive.once('blobs', ({ core }) => keepPeersAcrossForks(core))
  }

  /** Replicates the drive on a connection. @param connection a duplex stream, or true: a new stream as its initiator */
  replicate(connection: Duplex | boolean): Duplex {
    return this.store.replicate(connection)
  }

  /** The number of connected peers of this drive. */
  get peers(): number {
    return this.drive.core.peers.length
  }

  /** Calls back when peers come or go. */
  onPeers(listener: () => void): void {
    this.drive.core.on('peer-add', listener)
    this.drive.core.on('peer-remove', listener)
  }

  /** The number of peers' requests that are not answered yet. */
  get openRequests(): number {
    const { index, blobs } = this.cores()
    const waiting = [...index.peers, ...blobs.peers].reduce((sum, peer) => sum + peer.remoteRequests.size, 0)
    return Math.max(waiting, answersInPreparation(index) + answersInPreparation(blobs))
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

  /**
   * Fetches the index from the connected peers.
   *
   * @param ended resolves when nobody can send it any more
   * @returns false when it did not come whole, since no block arrived for `stallMs` milliseconds or it ended
   */
  async fetchIndex(stallMs: number, ended?: Promise<void>): Promise<boolean> {
    const { index } = this.cores()
    const range = index.download({ start: 0, end: index.length })
    const timer = setTimeout(() => range.destroy(), stallMs)
    void ended?.then(() => range.destroy())
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

  /**
   * The tree hash over all blocks of a core below a length, hex.
   *
   * @returns null when a tree node that it needs is not on this machine
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
   * The tree hash over all blocks of the index, hex.
   *
   * Computed from the roots, which come with the head. `treeHash` of hypercore 11.37.1 fetches the last block first, and
   * waits for ever when no peer sends it.
   */
  async indexHash(): Promise<string> {
    return this.cores().index.state.hash().toString('hex')
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
  /** The store was copied from another machine or folder. The original may still be in use. */
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

  /** A peer has proved that a length of a core was signed twice with different blocks. Every write fails from then on. */
  isForked = false

  /** The number of blocks sent to peers since the store was opened. */
  uploads = 0

  /** The public keys of peers that are at a lower fork. */
  peersBefore(fork: number): Buffer[] {
    const { index, blobs } = this.cores()
    return [index, blobs].flatMap((core) =>
      core.peers.filter((peer) => peer.remoteFork < fork).map((peer) => peer.remotePublicKey)
    )
  }

  /**
   * Signs both cores again at a higher fork. A peer that holds other blocks at the next lengths then replaces them, and does
   * not report a conflict.
   *
   * @param usedBlocks blobs from this block on belong to no release; an interrupted publish left them. They are dropped,
   *   because possibly no peer holds them and seeds would wait for them for ever
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
   * Removes the whole index, and the blobs from a block on, at a higher fork. Drives that `at` returned before stay readable.
   * The writer continues at the new fork.
   */
  async reset(fork: number, keptBlocks: number): Promise<void> {
    await this.runWrite(async () => {
      const { index, blobs } = this.cores()
      this.heldFork = fork
      await blobs.truncate(keptBlocks, { fork })
      await index.truncate(Math.min(index.length, HEADER_BLOCKS), { fork })
    })
  }

  /**
   * Moves written data from RocksDB's log to its files. While data is in the log, removed data takes disk space too.
   */
  async flushLog(): Promise<void> {
    await this.runWrite(() => this.store.storage.db.flush())
  }

  /** Frees the disk space of removed data. Rewrites the remaining data. */
  async compact(): Promise<void> {
    await this.runWrite(() => this.store.storage.compact(REWRITE))
  }

  /** The bytes in the index core. */
  get indexByteLength(): number {
    return this.cores().index.byteLength
  }

  /**
   * Announces also the blocks after a gap. Hypercore 11.37.1 (`_onwant` in lib/replicator.js) announces to peers only the
   * blocks before the first gap, unless the contiguous length in the header is 0.
   */
  showAllBlocks(): void {
    const { index, blobs } = this.cores()
    for (const core of [index, blobs]) {
      if (core.contiguousLength < core.length) core.core.header.hints.contiguousLength = 0
    }
  }

  /**
   * The sha256 of the blocks of a pointer, base64url. The blocks must be on this machine. They are read by block number and
   * not as a byte stream: if other blocks are in their place, a byte stream would need blocks that are not here.
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

  /** Fetches a blob from the connected peers. @returns whether it arrived in time */
  async fetchBlob({ blockOffset, blockLength }: BlobPointer, timeoutMs: number): Promise<boolean> {
    const { blobs } = this.cores()
    const wanted = Array.from({ length: blockLength }, (_, n) =>
      blobs.get(blockOffset + n, { timeout: timeoutMs })
    )
    return (await Promise.allSettled(wanted)).every(
      (block) => block.status === 'fulfilled' && block.value !== null
    )
  }

  /** The first block of the blobs core in [from, length) that is not on this machine; null: all are here. */
  async firstBlobMissing(from: number, length: number): Promise<number | null> {
    const { blobs } = this.cores()
    if (from >= length || (await blobs.has(from, length))) return null
    // Binary search: a check of a whole range costs the same as a check of one block.
    let [start, end] = [from, length]
    while (end - start > 1) {
      const middle = start + Math.floor((end - start) / 2)
      if (await blobs.has(start, middle)) start = middle
      else end = middle
    }
    return start
  }

  /** The bytes in the blobs core, including the blobs of interrupted publishes. */
  get blobsByteLength(): number {
    return this.cores().blobs.byteLength
  }

  /** The tree hash of the index at an earlier length, hex. The whole index must be on this machine. */
  async indexHashAt(version: number): Promise<string> {
    return (await this.cores().index.treeHash(version)).toString('hex')
  }

  /**
   * Resolves when all written data survives a power cut. RocksDB syncs its files but not its log, so the log is synced here.
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

  /** Applies all changes as one batch: readers see either none or all of them. */
  async flush(ops: Iterable<IndexOp>): Promise<void> {
    await this.runWrite(async () => {
      // guard: atomic: the index changes in one batch
      const batch = this.drive.batch()
      await batch.db.getRoot(true) // writes the header
      if (batch.core.length === HEADER_BLOCKS) {
        const entries = [...ops].filter((op) => 'metadata' in op)
        if (entries.length > 0) await appendBlocks(batch.core, firstIndex(entries, HEADER_BLOCKS))
        return batch.close()
      }
      for (const op of ops) {
        if ('metadata' in op) await batch.putEntry(op.path, { blob: op.blob, metadata: op.metadata })
        else await removeEntry(batch, op.path)
      }
      await batch.flush()
    })
  }

  /**
   * Allows writes only at this fork from now on. Another machine may publish at the same time; a peer can then move the cores
   * to that machine's higher fork between two appends, and the next append would be signed on top of its blocks.
   */
  holdFork(fork: number): void {
    this.heldFork = fork
    const { index, blobs } = this.cores()
    for (const core of [index, blobs])
      core.on('truncate', () => (this.isMoved ||= core.fork !== this.heldFork))
  }

  /** Whether a core has left the held fork. Only another signer can cause that. */
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

/** OVERTAKEN: another publish replaced this one before it was done. */
export function overtakenError(): SitedriveError {
  return new SitedriveError(
    'OVERTAKEN',
    'A newer history of this site came in from a seed and replaced this release before it was done. Build again: the next release goes on from there.'
  )
}

/** OVERTAKEN: a seed holds other blocks at a place that this publish has signed. */
export function forkedError(): SitedriveError {
  return new SitedriveError(
    'OVERTAKEN',
    'A seed holds other content at a place of the history that this machine has just signed, as it happens after an older copy of the data directory was put back. Build again: the next release goes on from what the seed has.'
  )
}

/**
 * Opens a site store for reading. A writer may have it open at the same time. Shows the state at the time of opening.
 *
 * @throws {SitedriveError} STORE_FAILED when there is no store, STORE_COPIED when it was copied from another place
 */
export async function openSiteReader(dir: string, key: string): Promise<SiteStore> {
  return withStore(dir, { readOnly: true, allowBackup: true }, async (store) => {
    const drive = new Hyperdrive(store.session(), decodeKey(key))
    await drive.ready()
    return new SiteStore(dir, store, drive, 0)
  })
}

/**
 * Opens a site store for writing, or creates it.
 *
 * @param acceptCopy opens the store although it was copied from another machine or place
 * @throws {SitedriveError} STORE_COPIED, STORE_LOCKED, DISK_FULL or STORE_FAILED
 */
export async function openSiteWriter(dir: string, keys: WriterKeys, acceptCopy = false): Promise<SiteWriter> {
  try {
    return await openWriter(dir, keys, false)
  } catch (error) {
    // guard: ask: a store that was copied is refused
    if (!acceptCopy || !(error instanceof SitedriveError) || error.code !== 'STORE_COPIED') throw error
    // Corestore's device file binds a store to its place on the disk. If it is missing, Corestore creates a new one.
    rmSync(path.join(dir, 'CORESTORE'))
    return openWriter(dir, keys, true)
  }
}

// The cores are created without their key pair, so the store on the disk has no secret. Only the sessions get the key pair.
async function openWriter(dir: string, keys: WriterKeys, isCopy: boolean): Promise<SiteWriter> {
  return withStore(dir, { isPreview: Boolean(keys.encryptionKey) }, async (store) => {
    const manifest = siteManifest(keys.signing.publicKey)
    const key = decodeKey(keys.key)
    // guard: the store holds no secret
    const keylessIndex = store.get({ key, manifest })
    await keylessIndex.ready()
    // The core's own manifest is used, because it has the defaults, which are part of the key.
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
      metadata: { contentFeed: null },
      extension: false // see `openForeignDrive`
    })
    const drive = new Hyperdrive(store.session(), key, { _db: bee, encryptionKey })
    await drive.ready()
    await appendInPieces(drive.core)
    await drive.getBlobs()
    await Promise.all([keylessIndex.close(), keylessBlobs.close()])
    return new SiteWriter(dir, store, drive, isCopy)
  })
}

async function withStore<T>(
  dir: string,
  { isPreview = false, ...options }: { readOnly?: boolean; allowBackup?: boolean; isPreview?: boolean },
  open: (store: Corestore) => Promise<T>
): Promise<T> {
  const store = new Corestore(options.readOnly ? dir : isPreview ? steadyStorage(dir) : siteStorage(dir), {
    ...options,
    globalCache: indexCache()
  })
  takeOverConflicts(store, { keepOpen: false })
  try {
    await store.ready()
    // guard: a store keeps no logs of earlier publishes
    if (!options.readOnly) removeOldLogs(dir)
    return await open(store)
  } catch (error) {
    await store.close().catch(() => {}) // the first error explains the failure
    throw storeError(error, dir)
  }
}
