import {
  isLost,
  isSameState,
  releases,
  type DriveEntry,
  type DriveState,
  type FollowedDrive,
  type Release
} from '@sitedrive/core/drive'
import { isFingerprinted } from '../mirror/hashed-name.js'

/** How many releases back files are searched, and how many of these are known. */
const MAX_RELEASES = 20
const MAX_FILES = 5_000

/** How many differences between releases are read, so that a huge site does not keep its mirror busy. */
const MAX_DIFFERENCES = 20_000

interface EarlierFile {
  entry: DriveEntry
  /** The release that had it. */
  release: number
}

interface Known {
  state: DriveState
  newest: Release
  files: ReadonlyMap<string, EarlierFile>
}

/**
 * Files with a fingerprint in their names that the newest release does not have any more and an earlier one had. A page that was
 * opened before the release may still ask for them.
 */
export class EarlierFiles {
  private readonly copy: Pick<FollowedDrive, 'at' | 'hasBlob'>
  private known: Known | null = null
  private reading: { state: DriveState; done: Promise<Known | null> } | null = null

  constructor(copy: Pick<FollowedDrive, 'at' | 'hasBlob'>) {
    this.copy = copy
  }

  /**
   * The entry at a path in the newest release that had it; its bytes are on this machine.
   *
   * @param state the shown state, which has no file at the path
   * @returns null also when the site was emptied, or nobody holds that release any more
   */
  async find(state: DriveState, path: string): Promise<DriveEntry | null> {
    if (!isFingerprinted(path)) return null
    const known = await this.knownOf(state)
    // guard: earlier: what an author has taken down stays down
    if (!known || known.newest.files === 0) return null
    const file = known.files.get(path)
    if (!file?.entry.blob || isLost(known.newest, file.release)) return null
    return (await this.copy.hasBlob(file.entry.blob)) ? file.entry : null
  }

  private knownOf(state: DriveState): Promise<Known | null> | Known {
    if (this.known && isSameState(this.known.state, state)) return this.known
    if (this.reading && isSameState(this.reading.state, state)) return this.reading.done
    const done = this.read(state).finally(() => {
      if (this.reading?.done === done) this.reading = null
    })
    this.reading = { state, done }
    return done
  }

  /** @returns null when sitedrive did not write the drive */
  private async read(state: DriveState): Promise<Known | null> {
    const drive = this.copy.at(state.version)
    const { known } = this
    const isLater =
      known?.state.fork === state.fork &&
      known.state.blobsFork === state.blobsFork &&
      known.state.version < state.version
    const before = isLater ? known : null
    const files = new Map<string, EarlierFile>()
    let newest: Release | null = null
    let later: Release | null = null
    let left = MAX_DIFFERENCES
    let count = 0
    try {
      for await (const release of releases(drive)) {
        newest ??= release
        if (later) left = await this.collect(later, release, files, left)
        later = release
        if (left <= 0 || ++count > MAX_RELEASES || release.version === before?.newest.version) break
      }
    } catch {
      // A damaged history: what was found before it counts.
    } finally {
      await drive.close().catch(() => {}) // already closed with the copy
    }
    if (!newest) return null
    for (const [path, file] of before?.files ?? []) {
      const isRecent = file.release >= newest.release - MAX_RELEASES
      if (isRecent && files.size < MAX_FILES && !files.has(path)) files.set(path, file)
    }
    return (this.known = { state, newest, files })
  }

  /** Adds what a release has and the one after it has not. @returns how many differences may still be read */
  private async collect(
    later: Release,
    release: Release,
    files: Map<string, EarlierFile>,
    limit: number
  ): Promise<number> {
    const drive = this.copy.at(later.version)
    let left = limit
    try {
      for await (const { now, before } of drive.differences(release.version)) {
        if (left-- <= 0 || files.size >= MAX_FILES) return 0
        // The walk goes back in time: what is known is newer.
        if (now || !before || files.has(before.path) || !isFingerprinted(before.path)) continue
        files.set(before.path, { entry: before, release: release.release })
      }
    } finally {
      await drive.close().catch(() => {}) // already closed with the copy
    }
    return left
  }
}
