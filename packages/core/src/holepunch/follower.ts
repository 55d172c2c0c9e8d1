import { once } from 'node:events'
import Corestore from 'corestore'
import Hyperbee from 'hyperbee'
import Hyperdrive from 'hyperdrive'
import Hypercore from 'hypercore'
import { claimedHash, hashBlob } from './claimed-hash.js'
import { SitedriveError } from '../error.js'
import { takeOverConflicts } from './conflicts.js'
import { storeError } from './errors.js'
import { decodeKey, encodeKey } from './site-key.js'
import { SiteStore, type CorePart } from './site-store.js'
import type { BlobPointer, Difference, DriveEntry, DriveState } from './hyperdrive.js'

/** Fork numbers of sitedrive are made of milliseconds since 1970 and lie far above this. */
const OUR_LOWEST_FORK = 2 ** 40

/** What a fetch has brought. */
export interface Pulled {
  /** Whole on this machine. */
  state: DriveState
  differences: Difference[] | null
  /** The entries of that state; where differences are told, of those alone. */
  entries: DriveEntry[]
}

/** A drive of somebody else, copied into a folder of this machine as it grows. */
export class FollowedDrive extends SiteStore {
  /** Calls back whenever the index grows or is reorganised. @returns stops it */
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
   * Calls back when a core has moved to another fork: what lies below the length is as it was, all above is gone.
   * The blobs are heard from the moment on at which it is known which core they are in.
   */
  onTruncate(listener: (part: CorePart, length: number, fork: number) => void): void {
    this.drive.core.on('truncate', (length: number, fork: number) => listener('index', length, fork))
    this.onBlobs(
      (blobs) => void blobs.on('truncate', (length: number, fork: number) => listener('blobs', length, fork))
    )
  }

  /** Calls back once, as soon as it is known which core the blobs are in. */
  private onBlobs(listener: (blobs: Hypercore) => void): void {
    const { blobs } = this.drive
    if (blobs) listener(blobs.core)
    else this.drive.once('blobs', ({ core }: Hyperdrive.Blobs) => listener(core))
  }

  /**
   * The key of the blobs core, z-base-32, as the first index block says: whoever introduces a site only claims it.
   * Resolves when that block is here.
   *
   * @returns null when that block is none of a drive
   */
  async findBlobsKey(): Promise<string | null> {
    // Hyperdrive does not look at the protocol that a header names, and one in fifty blocks of noise decodes as a header.
    if (!(await Hyperbee.isHyperbee(this.drive.core))) return null
    return encodeKey((await this.drive.getBlobs()).core.key)
  }

  /** The bytes of all blobs together, as the signed head says. */
  get blobsByteLength(): number {
    return this.drive.blobs?.core.byteLength ?? 0
  }

  /** The public keys of those peers, z-base-32. */
  get peerKeys(): string[] {
    return this.drive.core.peers.map(({ remotePublicKey }) => encodeKey(remotePublicKey))
  }

  /**
   * Fetches the index up to the newest length that is known, then every blob that it points at.
   *
   * @param whole a state of which everything is on this machine: only what differs from it is looked at
   * @returns the state that is now whole on this machine
   * @throws {SitedriveError} ABORTED when the signal fires first
   */
  async pull(signal?: AbortSignal, whole: DriveState | null = null): Promise<DriveState> {
    return (await this.pullSince(whole, signal)).state
  }

  /** As `pull`, and tells what differs from the state that was whole; null where only a comparison of all can tell. */
  async pullSince(whole: DriveState | null, signal?: AbortSignal): Promise<Pulled> {
    // Peers come and go in the middle of everything, so the signal ends the wait whatever it is that waits.
    const pulled = this.pullNow(signal, whole)
    return signal ? Promise.race([pulled, rejectOnAbort(signal)]) : pulled
  }

  /**
   * Fetches from now on whatever is appended, without waiting to be asked: each update takes fewer ways there and back. For
   * drives of which everything new is wanted.
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
          await once(blobs, 'truncate', { signal: stop }) // never comes to its end otherwise
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
   * Whether each file's bytes are what the signed index says of them, whatever the forks of the cores. A publish that
   * moved to a higher fork and was then cut short leaves its blobs there, and the index of the last release below.
   */
  private async isProven(version: number): Promise<boolean> {
    // A snapshot does not see blocks that came after it was made.
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
  // An index may point anywhere. What lies beyond the blobs that are known of is waited for, never asked for: a range
  // of 2^50 blocks would keep this process busy for ever.
  while ((wanted.at(-1)?.end ?? 0) > blobs.length) await once(blobs, 'append', { signal })
  await download(blobs, wanted, signal)
}

/**
 * Opens, or makes, the copy of a drive in a folder.
 *
 * @param encryptionKey opens an encrypted drive, 32 bytes
 * @throws {SitedriveError} STORE_LOCKED, DISK_FULL or STORE_FAILED
 */
export async function openFollower(
  dir: string,
  key: string,
  encryptionKey: Uint8Array | null = null
): Promise<FollowedDrive> {
  const store = new Corestore(dir)
  takeOverConflicts(store, { keepOpen: true })
  try {
    await store.ready()
    return new FollowedDrive(dir, store, await openForeignDrive(store, key, encryptionKey))
  } catch (error) {
    await store.close().catch(() => {}) // the first error is the one that tells
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
 * Opens a drive of somebody else in a store that others may share. Closing it leaves the store open.
 *
 * By itself Hyperdrive opens whatever blobs core the index names, and asks every peer for its head. That may be a core of
 * somebody else, or one whose claimed length takes all memory. So the only one that is opened is that which follows from
 * the drive's own key.
 *
 * @throws {SitedriveError} DRIVE_CORRUPT when the index is here and names another core; when it comes later, whatever needs
 *   the blobs throws it
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
    // The first core that is asked for is the index itself; its manifest comes with its first block.
    if (!index) return (index = get(options))
    const named = options.key ? encodeKey(options.key) : null
    if (named === key || named === blobsKeyOf(index)) return get(options)
    throw new SitedriveError(
      'DRIVE_CORRUPT',
      `The index of drive \`${key}\` names the core \`${named}\` as its files, which is not its own. Nothing of it is fetched.`
    )
  }
  const drive = new Hyperdrive(session, decodeKey(key), { encryptionKey })
  await drive.ready()
  return drive
}

/** The blobs core that belongs to an index; null for an index of an older kind, which has none of its own. */
function blobsKeyOf({ key, manifest }: Hypercore): string | null {
  const blobs = manifest && Hyperdrive.getContentManifest(manifest, key)
  return blobs && encodeKey(Hypercore.key(blobs))
}

/** Neighbouring blobs as one range each: a request for a range costs the same whatever its length. */
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
 * A sitedrive writer gives both cores the same fork number. An index that has moved to another fork before its blobs core
 * has would show the bytes of other files. Other writers count forks of each core from 0.
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
