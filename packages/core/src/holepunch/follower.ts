import { once } from 'node:events'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import type Hypercore from 'hypercore'
import { SitedriveError } from '../error.js'
import { storeError } from './errors.js'
import { decodeKey, encodeKey } from './key.js'
import { SiteStore } from './site-store.js'
import type { BlobPointer, Drive, DriveState } from './drive.js'

/** Fork numbers of sitedrive are made of milliseconds since 1970 and lie far above this. */
const OUR_LOWEST_FORK = 2 ** 40

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
    this.drive.blobs?.core.on('conflict', listener)
  }

  /** How many peers hold this drive's connection now. */
  get peers(): number {
    return this.drive.core.peers.length
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
    // Peers come and go in the middle of everything, so the signal ends the wait whatever it is that waits.
    const pulled = this.pullNow(signal, whole)
    return signal ? Promise.race([pulled, rejectOnAbort(signal)]) : pulled
  }

  private async pullNow(signal: AbortSignal | undefined, whole: DriveState | null): Promise<DriveState> {
    const index = this.drive.core
    const version = index.length
    const fork = index.fork
    const blobs = (await this.drive.getBlobs()).core
    const isOlder = whole?.fork === fork && whole.blobsFork === blobs.fork && whole.version <= version
    const since = isOlder ? whole.version : 0
    await download(index, [{ start: since, end: version }], signal)
    await sameFork(blobs, fork, signal)
    const snapshot = this.at(version)
    try {
      const pointers = await pointersOf(snapshot, since)
      const wanted = ranges(pointers)
      // An index may point anywhere. What lies beyond the blobs that are known of is waited for, never asked for: a range
      // of 2^50 blocks would keep this process busy for ever.
      while ((wanted.at(-1)?.end ?? 0) > blobs.length) await once(blobs, 'append', signal ? { signal } : {})
      await download(blobs, wanted, signal)
      return { version, fork, blobsLength: blobs.length, blobsFork: blobs.fork }
    } finally {
      await snapshot.close()
    }
  }
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
  try {
    await store.ready()
    const drive = new Hyperdrive(store.session(), decodeKey(key), { encryptionKey })
    await drive.ready()
    return new FollowedDrive(dir, store, drive)
  } catch (error) {
    await store.close().catch(() => {}) // the first error is the one that tells
    throw storeError(error, dir)
  }
}

/** @param since a version of the same history; 0: all of them */
async function pointersOf(drive: Drive, since: number): Promise<BlobPointer[]> {
  const pointers: BlobPointer[] = []
  if (since === 0) {
    for await (const { blob } of drive.entries()) if (blob) pointers.push(blob)
  } else {
    for await (const { now } of drive.differences(since)) if (now?.blob) pointers.push(now.blob)
  }
  return pointers
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
 * has would show the bytes of other files, so the blobs are waited for. Other writers count forks of each core from 0.
 */
async function sameFork(blobs: Hypercore, fork: number, signal: AbortSignal | undefined): Promise<void> {
  if (fork < OUR_LOWEST_FORK && blobs.fork < OUR_LOWEST_FORK) return
  while (blobs.fork !== fork) await once(blobs, 'truncate', signal ? { signal } : {})
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
