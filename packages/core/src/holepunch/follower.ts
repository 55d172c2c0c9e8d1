import { once } from 'node:events'
import type Corestore from 'corestore'
import Hyperbee from 'hyperbee'
import Hyperdrive from 'hyperdrive'
import Hypercore from 'hypercore'
import { claimedHash, hashBlob } from './claimed-hash.js'
import { SitedriveError } from '../error.js'
import { storeError } from './errors.js'
import { siteStorage, steadyStorage } from './steady-storage.js'
import { openForeignStore, openToShare } from './foreign-store.js'
import { decodeKey, encodeKey } from './site-key.js'
import { SiteStore, type CorePart } from './site-store.js'
import { FLUSH_BYTES } from './store-logs.js'
import type { BlobPointer, Difference, DriveEntry, DriveState } from './hyperdrive.js'

/** Fork numbers of sitedrive are derived from milliseconds since 1970, so all of them are higher than this. */
const OUR_LOWEST_FORK = 2 ** 40

/** Hypercore's own limits of open requests per peer: [least, most]. */
const REQUESTS_IN_FLIGHT = [16, 512] as const
const REQUESTS_WHILE_WAITING = [2, 2] as const

/** The result of a fetch. */
export interface Pulled {
  /** A state of which every block is on this machine. */
  state: DriveState
  /** The differences to the state before; null when all entries were read. */
  differences: Difference[] | null
  /** The changed entries when `differences` is set; otherwise all entries. */
  entries: DriveEntry[]
}

/** A local copy of another author's drive that is updated as the drive grows. */
export class FollowedDrive extends SiteStore {
  private bytesAtLastFlush = 0

  /** Calls back when the index grows or is truncated. @returns removes the listener */
  onChange(listener: () => void): () => void {
    const { core } = this.drive
    core.on('append', listener)
    core.on('truncate', listener)
    return () => {
      core.off('append', listener)
      core.off('truncate', listener)
    }
  }

  /** Calls back when a peer proves that one length of a core was signed twice with different content. */
  onConflict(listener: () => void): void {
    this.drive.core.on('conflict', listener)
    this.onBlobs((blobs) => void blobs.on('conflict', listener))
  }

  /**
   * Calls back when a core moves to another fork. Blocks below `length` are unchanged, all others are gone.
   * Events of the blobs core come only after its key is known.
   */
  onTruncate(listener: (part: CorePart, length: number, fork: number) => void): void {
    this.drive.core.on('truncate', (length: number, fork: number) => listener('index', length, fork))
    this.onBlobs(
      (blobs) => void blobs.on('truncate', (length: number, fork: number) => listener('blobs', length, fork))
    )
  }

  /** Calls back once, as soon as the blobs core is known. @returns stops waiting for it */
  private onBlobs(listener: (blobs: Hypercore) => void): () => void {
    const { blobs } = this.drive
    const known = ({ core }: Pick<Hyperdrive.Blobs, 'core'>) => listener(core)
    if (blobs) known(blobs)
    else this.drive.once('blobs', known)
    return () => void this.drive.off('blobs', known)
  }

  /**
   * The key of the blobs core, z-base-32, from the signed first index block. A publisher's introduction only claims a key.
   * Resolves when that block is on this machine.
   *
   * @returns null when the core is not a drive
   */
  async findBlobsKey(): Promise<string | null> {
    // Hyperdrive does not check the protocol name in the header, and one in fifty random blocks decodes as a header.
    if (!(await Hyperbee.isHyperbee(this.drive.core))) return null
    return encodeKey((await this.drive.getBlobs()).core.key)
  }

  /** Whether a connected peer has all of the index that is known of. Other followers may know as little as this one. */
  get isServed(): boolean {
    const { core } = this.drive
    return core.peers.some(({ remoteContiguousLength }) => remoteContiguousLength >= Math.max(core.length, 1))
  }

  /** The bytes of the whole blobs core, from its signed head. */
  get blobsByteLength(): number {
    return this.drive.blobs?.core.byteLength ?? 0
  }

  /**
   * The newest state that is known, complete or not. null: nothing is known yet, or only one of the cores has come to another
   * fork, so that the index would point at the bytes of other files.
   */
  get newestState(): DriveState | null {
    const { core: index, blobs } = this.drive
    if (!blobs || index.length < 2 || !isOneFork(index.fork, blobs.core.fork)) return null
    const { length: blobsLength, fork: blobsFork } = blobs.core
    return { version: index.length, fork: index.fork, blobsLength, blobsFork }
  }

  /** How many blocks of both cores are on this machine, and how many there are. */
  get progress(): { held: number; known: number } {
    const cores = [this.drive.core, this.drive.blobs?.core].filter((core) => core !== undefined)
    return {
      held: cores.reduce((sum, { core, length }) => sum + (core?.bitfield.countSet(0, length) ?? 0), 0),
      known: cores.reduce((sum, { length }) => sum + length, 0)
    }
  }

  /** The bytes of both cores, from their signed heads. */
  get byteLength(): number {
    return this.drive.core.byteLength + this.blobsByteLength
  }

  /**
   * Call it while somebody waits for a block. Peers answer in the order of the requests, so few other blocks are requested meanwhile.
   *
   * @returns ends it
   */
  hurry(): () => void {
    let isOver = false
    if (++this.waiting === 1) this.limitRequests()
    return () => {
      if (!isOver && --this.waiting === 0) this.limitRequests()
      isOver = true
    }
  }

  private waiting = 0

  private limitRequests(): void {
    for (const core of [this.drive.core, this.drive.blobs?.core])
      for (const peer of core?.peers ?? [])
        peer.inflightRange = this.waiting > 0 ? REQUESTS_WHILE_WAITING : REQUESTS_IN_FLIGHT
  }

  /**
   * Asks the connected peers for the newest state.
   *
   * @returns false when none has answered in time
   */
  async askForNewest(timeoutMs: number): Promise<boolean> {
    const { core } = this.drive
    if (core.peers.length === 0) return false
    const asked = async () => {
      await core.update({ wait: true })
      await (await this.drive.getBlobs()).core.update({ wait: true })
      return true
    }
    const late = new Promise<false>((resolve) => void setTimeout(() => resolve(false), timeoutMs).unref())
    return Promise.race([asked(), late])
  }

  /**
   * Fetches the index up to a version.
   *
   * @throws {SitedriveError} ABORTED when the signal aborts first
   */
  async fetchIndexTo(version: number, signal: AbortSignal): Promise<void> {
    await download(this.drive.core, [{ start: 0, end: version }], signal)
  }

  /** Resolves when blocks or peers have come, or a core has changed. @throws {SitedriveError} ABORTED when the signal aborts first */
  async nextChange(signal: AbortSignal): Promise<void> {
    const changed = new Promise<void>((resolve) => {
      const { core } = this.drive
      core.on('peer-add', done)
      const stops = [this.onChange(done), this.onDownload(done), () => void core.off('peer-add', done)]
      signal.addEventListener('abort', done, { once: true })
      if (!this.drive.blobs) stops.push(this.onBlobs(done))
      function done() {
        for (const stop of stops) stop()
        signal.removeEventListener('abort', done)
        resolve()
      }
    })
    await changed
    if (signal.aborted) throw aborted()
  }

  /**
   * Fetches the blobs of files.
   *
   * @throws {SitedriveError} ABORTED when the signal aborts first
   */
  async fetchBlobs(pointers: readonly BlobPointer[], signal: AbortSignal): Promise<void> {
    await fetchBlobs([...pointers], (await this.drive.getBlobs()).core, signal)
  }

  /** Calls back with the bytes of each block that arrives. @returns removes the listener */
  onDownload(listener: (bytes: number) => void): () => void {
    const count = (_index: number, bytes: number) => listener(bytes)
    const { core } = this.drive
    core.on('download', count)
    let blobsCore: Hypercore | null = null
    const stopWaiting = this.onBlobs((blobs) => {
      blobsCore = blobs
      blobs.on('download', count)
    })
    return () => {
      stopWaiting()
      core.off('download', count)
      blobsCore?.off('download', count)
    }
  }

  /** The public keys of the connected peers, z-base-32. */
  get peerKeys(): string[] {
    return this.drive.core.peers.map(({ remotePublicKey }) => encodeKey(remotePublicKey))
  }

  /**
   * Fetches the index up to the newest known length, then all blobs that it points at.
   *
   * @param whole a state that is complete on this machine: only the differences to it are fetched
   * @returns the state that is complete now
   * @throws {SitedriveError} ABORTED when the signal aborts first
   */
  async pull(signal?: AbortSignal, whole: DriveState | null = null): Promise<DriveState> {
    return (await this.pullSince(whole, signal)).state
  }

  /** Like `pull`, but also returns the differences to `whole`. They are null when `whole` is not an older state of this history. */
  async pullSince(whole: DriveState | null, signal?: AbortSignal): Promise<Pulled> {
    // Any step can wait for a peer that has gone, so the signal must be able to end each step.
    const pulled = this.pullNow(signal, whole)
    return signal ? Promise.race([pulled, rejectOnAbort(signal)]) : pulled
  }

  /**
   * Fetches all appended blocks from now on, without a `pull`. This saves round trips for each update.
   */
  async fetchEagerly(): Promise<void> {
    const index = this.drive.core
    const blobs = (await this.drive.getBlobs()).core
    const fetch = (core: Hypercore) => {
      let length = core.length
      core.on('append', () => {
        if (core.length > length) core.download({ start: length, end: core.length })
        length = core.length
      })
      core.on('truncate', () => (length = core.length))
    }
    fetch(index)
    fetch(blobs)
  }

  /** Moves what was fetched to the files of RocksDB when it is `FLUSH_BYTES` or more. */
  async flushLogIfLarge(): Promise<void> {
    const bytes = this.blobsByteLength + this.drive.core.byteLength
    if (Math.abs(bytes - this.bytesAtLastFlush) < FLUSH_BYTES) return
    this.bytesAtLastFlush = bytes
    await this.store.storage.db.flush()
  }

  private async pullNow(signal: AbortSignal | undefined, whole: DriveState | null): Promise<Pulled> {
    const index = this.drive.core
    const version = index.length
    const fork = index.fork
    const blobs = (await this.drive.getBlobs()).core
    const isOlder = whole?.fork === fork && whole.blobsFork === blobs.fork && whole.version <= version
    const since = isOlder ? whole.version : 0
    await download(index, [{ start: since, end: version }], signal)
    for (;;) {
      const at = blobs.fork
      const snapshot = this.at(version)
      const moved = new AbortController()
      const onMove = () => moved.abort()
      blobs.on('truncate', onMove)
      try {
        const stop = signal ? AbortSignal.any([signal, moved.signal]) : moved.signal
        const differences = since > 0 ? await collect(snapshot.differences(since)) : null
        const entries = differences ? entriesIn(differences) : await collect(snapshot.entries())
        await fetchBlobs(pointersIn(entries), blobs, stop)
        if (!isOneFork(fork, at) && !(await this.isProven(version)))
          await once(blobs, 'truncate', { signal: stop }) // without the signal this could wait for ever
        if (blobs.fork === at) {
          const state = { version, fork, blobsLength: blobs.length, blobsFork: at }
          return { state, differences, entries }
        }
      } catch (error) {
        if (signal?.aborted || !moved.signal.aborted) throw error
      } finally {
        blobs.off('truncate', onMove)
        await snapshot.close()
      }
    }
  }

  /**
   * Whether the bytes of each file match the hash in the signed index, although the forks of the cores differ. A publish that
   * was interrupted after its fork change leaves the blobs at the higher fork and the index at the lower one.
   */
  private async isProven(version: number): Promise<boolean> {
    // A new snapshot, because the older one does not see blocks that arrived later.
    const snapshot = this.at(version)
    try {
      for await (const entry of snapshot.entries()) {
        if (entry.blob && (await hashBlob(snapshot, entry.blob)) !== claimedHash(entry)) return false
      }
      return true
    } finally {
      await snapshot.close()
    }
  }
}

async function fetchBlobs(pointers: BlobPointer[], blobs: Hypercore, signal: AbortSignal): Promise<void> {
  const wanted = ranges(pointers)
  // An index may point beyond the end of the blobs core. Such blocks are not requested, only awaited: a request for 2^50
  // blocks would keep this process busy for ever.
  while ((wanted.at(-1)?.end ?? 0) > blobs.length) await once(blobs, 'append', { signal })
  await download(blobs, wanted, signal)
}

/**
 * Opens the copy of a drive in a folder, or creates it.
 *
 * @param encryptionKey decrypts an encrypted drive, 32 bytes; null: the drive is not encrypted
 * @throws {SitedriveError} STORE_LOCKED, DISK_FULL or STORE_FAILED
 */
export async function openFollower(
  dir: string,
  key: string,
  encryptionKey: Uint8Array | null = null
): Promise<FollowedDrive> {
  return openDrive(
    dir,
    await openForeignStore(dir, encryptionKey === null ? siteStorage : steadyStorage),
    key,
    encryptionKey
  )
}

/**
 * Opens a site of this machine to hand it out to others.
 *
 * @throws {SitedriveError} STORE_LOCKED, STORE_COPIED, DISK_FULL or STORE_FAILED
 */
export async function openOwnDrive(dir: string, key: string): Promise<FollowedDrive> {
  return openDrive(dir, await openToShare(dir), key, null)
}

async function openDrive(
  dir: string,
  store: Corestore,
  key: string,
  encryptionKey: Uint8Array | null
): Promise<FollowedDrive> {
  try {
    return new FollowedDrive(dir, store, await openForeignDrive(store, key, encryptionKey))
  } catch (error) {
    await store.close().catch(() => {}) // the first error explains the failure
    throw storeError(error, dir)
  }
}

function entriesIn(differences: readonly Difference[]): DriveEntry[] {
  return differences.flatMap(({ now }) => now ?? [])
}

function pointersIn(entries: readonly DriveEntry[]): BlobPointer[] {
  return entries.flatMap(({ blob }) => blob ?? [])
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/**
 * Opens another author's drive in a store that other drives may share. Closing the drive leaves the store open.
 *
 * Hyperdrive would open any blobs core that the index names, and request its head from every peer. The index may name a core
 * of another drive, or a core whose claimed length fills the memory. So only the blobs core that is derived from the
 * drive's own key is opened.
 *
 * @throws {SitedriveError} DRIVE_CORRUPT when the index names another core. If the index arrives later, the calls that need
 *   the blobs throw it
 * @internal
 */
export async function openForeignDrive(
  store: Corestore,
  key: string,
  encryptionKey: Uint8Array | null = null
): Promise<Hyperdrive> {
  const session = store.session()
  const get = session.get.bind(session)
  let index: Hypercore | null = null
  session.get = (options) => {
    // Hyperdrive opens the index first. Its manifest comes with its first block.
    if (!index) return (index = get(options))
    const named = options.key ? encodeKey(options.key) : null
    if (named === key || named === blobsKeyOf(index)) return get(options)
    throw new SitedriveError(
      'DRIVE_CORRUPT',
      `The index of drive \`${key}\` names the core \`${named}\` as its files, which is not its own. Nothing of it is fetched.`
    )
  }
  // Hyperbee's extension lets peers start look-ups and downloads without a bound.
  // guard: wire: nothing is looked up for peers
  const drive = new Hyperdrive(session, decodeKey(key), { encryptionKey, extension: false })
  await drive.ready()
  return drive
}

/** The key of the blobs core that belongs to an index; null for an old index format without a manifest. */
function blobsKeyOf({ key, manifest }: Hypercore): string | null {
  const blobs = manifest && Hyperdrive.getContentManifest(manifest, key)
  return blobs && encodeKey(Hypercore.key(blobs))
}

/** Merges neighbouring blobs into ranges, because a request costs the same for any length. */
function ranges(pointers: BlobPointer[]): { start: number; end: number }[] {
  const sorted = pointers.filter((p) => p.blockLength > 0).toSorted((a, b) => a.blockOffset - b.blockOffset)
  const merged: { start: number; end: number }[] = []
  for (const { blockOffset, blockLength } of sorted) {
    const last = merged.at(-1)
    if (last && blockOffset <= last.end) last.end = Math.max(last.end, blockOffset + blockLength)
    else merged.push({ start: blockOffset, end: blockOffset + blockLength })
  }
  return merged
}

/**
 * Whether index and blobs belong to the same fork. A sitedrive writer gives both cores the same fork number. If only the
 * index has moved to a new fork, it would show the bytes of other files. Other writers count the forks of each core from 0.
 */
function isOneFork(index: number, blobs: number): boolean {
  return index === blobs || (index < OUR_LOWEST_FORK && blobs < OUR_LOWEST_FORK)
}

async function download(
  core: Hypercore,
  wanted: { start: number; end: number }[],
  signal: AbortSignal | undefined
): Promise<void> {
  const downloads = wanted.filter(({ start, end }) => end > start).map((range) => core.download(range))
  const stop = () => downloads.forEach((each) => each.destroy())
  signal?.addEventListener('abort', stop, { once: true })
  try {
    if (signal?.aborted) throw aborted()
    const whole = (await Promise.all(downloads.map((each) => each.done()))).every(Boolean)
    if (!whole) throw aborted()
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(aborted())
    signal.addEventListener('abort', () => reject(aborted()), { once: true })
  })
}

function aborted(): SitedriveError {
  return new SitedriveError('ABORTED', 'Stopped before the newest state of the drive was fetched.')
}
