import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import type Hypercore from 'hypercore'
import { SitedriveError } from '../error.js'
import { storeError } from './errors.js'
import { decodeKey } from './key.js'
import { SiteStore } from './site-store.js'
import type { BlobPointer, DriveState } from './drive.js'

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

  /**
   * Fetches the index up to the newest length that is known, then every blob that it points at.
   *
   * @returns the state that is now whole on this machine
   * @throws {SitedriveError} ABORTED when the signal fires first
   */
  async pull(signal?: AbortSignal): Promise<DriveState> {
    const index = this.drive.core
    const version = index.length
    const fork = index.fork
    await done(index, [{ start: 0, end: version }], signal)
    const blobs = (await this.drive.getBlobs()).core
    const snapshot = this.at(version)
    try {
      const pointers: BlobPointer[] = []
      for await (const entry of snapshot.entries()) if (entry.blob) pointers.push(entry.blob)
      await done(blobs, ranges(pointers), signal)
      return { version, fork, blobsLength: blobs.length, blobsFork: blobs.fork }
    } finally {
      await snapshot.close()
    }
  }
}

/** Opens, or makes, the copy of a drive in a folder. @throws {SitedriveError} STORE_LOCKED, DISK_FULL or STORE_FAILED */
export async function openFollower(dir: string, key: string): Promise<FollowedDrive> {
  const store = new Corestore(dir)
  try {
    await store.ready()
    const drive = new Hyperdrive(store.session(), decodeKey(key))
    await drive.ready()
    return new FollowedDrive(dir, store, drive)
  } catch (error) {
    await store.close().catch(() => {}) // the first error is the one that tells
    throw storeError(error, dir)
  }
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

async function done(
  core: Hypercore,
  wanted: { start: number; end: number }[],
  signal?: AbortSignal
): Promise<void> {
  const downloads = wanted.filter(({ start, end }) => end > start).map((range) => core.download(range))
  const stop = () => downloads.forEach((download) => download.destroy())
  signal?.addEventListener('abort', stop, { once: true })
  try {
    if (signal?.aborted) stop()
    const whole = (await Promise.all(downloads.map((download) => download.done()))).every(Boolean)
    if (!whole || signal?.aborted) {
      throw new SitedriveError('ABORTED', 'Stopped before the newest state of the drive was fetched.')
    }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
