import { statSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import {
  findRelease,
  isLost,
  latestRelease,
  OTHER_BYTES,
  type DriveState,
  type FollowedDrive,
  type Release,
  type SeedHost
} from '@sitedrive/core/drive'
import { type HeldState, SharedState, SiteCopy } from '@sitedrive/mirror/parts'
import type { PinTable } from './pin-table.js'
import { problemsOf, type DamagedFile } from './site-problems.js'

/** Fork numbers of sitedrive writers lie above this, and are the same for both cores of a drive. */
const OUR_LOWEST_FORK = 2 ** 40

/** How many old releases of a site stay open for the next visitor. */
const MAX_OPEN_RELEASES = 8

/** How many files are remembered that turned out not to be what was signed when somebody asked for them. */
const MAX_MET = 100

export interface MirroredSiteOptions {
  host: SeedHost
  table: PinTable
  key: string
  /** Where it is noted what was complete. */
  marksDir: string
  /** How long a visitor may wait for a block that must come from the publisher. Milliseconds. */
  stallMs: number
  /** Hears which blobs core the index names, as soon as that is known. */
  onBlobsKey: (blobsKey: string) => void
  /** Hears when `problems` may have changed. */
  onProblems: (site: MirroredSite) => void
}

/** One site of the mirror: its last complete release, or what can be fetched of it while there is none. */
export class MirroredSite {
  readonly key: string
  /** The last complete release, as its record says; null before the first, or where sitedrive did not write it. */
  release: Release | null = null
  /** When a release was last completed here; ISO 8601, UTC. */
  updatedAt: string | null = null
  /** The blobs core that the index names; null as long as that is not known. */
  blobsKey: string | null = null
  private readonly options: MirroredSiteOptions
  private readonly copy: FollowedDrive
  private readonly site: SiteCopy
  private live: SharedState | null = null
  private readonly old = new Map<number, SharedState>()
  /** Found when somebody asked, by release and path. */
  private readonly met = new Map<string, DamagedFile>()
  private refused: { release: number | null; files: DamagedFile[] } | null = null
  /** At which fork each of the cores was when a peer showed another history of it. */
  private readonly forkedAt = new Map<string, number>()
  private notADrive: Error | null = null
  private isClosed = false

  private constructor(options: MirroredSiteOptions, copy: FollowedDrive) {
    this.options = options
    this.key = options.key
    this.copy = copy
    const markFile = path.join(options.marksDir, `${options.key}.json`)
    const proofFile = path.join(options.marksDir, `${options.key}.proved`)
    this.site = new SiteCopy(copy, { markFile, proofFile, mayFetch: () => this.mayShow() })
    this.updatedAt = statSync(markFile, { throwIfNoEntry: false })?.mtime.toISOString() ?? null
    this.site.onState(() => {
      this.updatedAt = new Date().toISOString()
      this.retireAll()
      for (const [name, { release }] of this.met) if (release === null) this.met.delete(name)
      void this.readRelease()
    })
    this.site.onRefusal(() => void this.readRefused())
  }

  static async open(options: MirroredSiteOptions): Promise<MirroredSite> {
    const copy = await options.host.drive(options.key)
    const mirrored = new MirroredSite(options, copy)
    // Not waited for: a publisher may say that it has a site and never send a byte of it.
    void mirrored.findBlobs()
    await mirrored.site.start(null, false)
    await mirrored.readRelease()
    return mirrored
  }

  get state(): DriveState | null {
    return this.site.state
  }

  get newestVersion(): number {
    return this.site.newestVersion
  }

  get problem(): Error | null {
    return this.notADrive ?? this.site.problem
  }

  /** Files that are not what their author signed: of the newest release, of the shown one, and those that somebody met. */
  get damaged(): DamagedFile[] {
    return [...(this.refused?.files ?? []), ...this.shownDamage(), ...this.met.values()]
  }

  /** What is wrong with the site, in words for its publisher and the operator. */
  get problems(): string[] {
    return problemsOf({
      refused: this.refused,
      release: this.release?.release ?? null,
      shown: this.shownDamage(),
      met: [...this.met.values()],
      isForked: this.isForked
    })
  }

  /** A peer has shown another history of one of its cores, signed with the same key. */
  conflicted(core: string, fork: number): void {
    this.forkedAt.set(core, fork)
    this.options.onProblems(this)
  }

  /** Two histories were met, and nobody has signed at a higher fork since. */
  private get isForked(): boolean {
    return [...this.forkedAt].some(([core, fork]) => (this.options.host.sizeOf(core)?.fork ?? 0) <= fork)
  }

  /** The newest release is here and is not shown, for what its files are. */
  get isRefused(): boolean {
    return this.refused !== null
  }

  /** Whether nobody has the files of an old release any more, as the newest one says. */
  isLost(release: number): boolean {
    return this.release !== null && isLost(this.release, release)
  }

  /** Something of the site has arrived, or its limits have changed. */
  look(): void {
    this.site.look()
  }

  /** Resolves with true as soon as a release is complete, with false at the deadline. */
  ready(deadlineMs: number): Promise<boolean> {
    return this.site.ready(deadlineMs)
  }

  /**
   * Takes the last complete release into use. Before there is one: the newest that is known of, each block of which is
   * waited for.
   */
  hold(): HeldState | null {
    return this.site.hold() ?? this.holdLive()
  }

  /**
   * Takes an old release into use.
   *
   * @returns null when the site has no release of that number
   */
  async holdRelease(number: number): Promise<HeldState | null> {
    const open = this.old.get(number)
    if (open) return open.hold()
    const state = this.site.refused?.state ?? this.state
    if (!state || this.isClosed) return null
    const complete = this.copy.at(state.version)
    try {
      const { version } = await findRelease(complete, number)
      if (this.isClosed) return null
      return (this.old.get(number) ?? this.openAt(number, { ...state, version })).hold()
    } catch (error) {
      if (isNoRelease(error)) return null
      throw error
    } finally {
      await complete.close()
    }
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    this.retireAll()
    await this.site.close()
  }

  private async findBlobs(): Promise<void> {
    try {
      const blobsKey = await this.copy.findBlobsKey()
      if (this.isClosed) return
      if (blobsKey === null) throw new Error('its first block is none of a drive')
      this.blobsKey = blobsKey
      this.options.onBlobsKey(blobsKey)
      this.look()
    } catch (cause) {
      if (this.isClosed) return
      this.notADrive =
        cause instanceof SitedriveError
          ? cause
          : new SitedriveError('DRIVE_CORRUPT', `\`${this.key}\` is no drive.`, { cause })
    }
  }

  private mayShow(): boolean {
    return this.blobsKey !== null && this.options.table.mayShow(this.key, this.blobsKey)
  }

  private holdLive(): HeldState | null {
    const now = this.liveState()
    if (!now || this.isClosed) return null
    const shown = this.live?.state
    if (
      shown?.version !== now.version ||
      shown.fork !== now.fork ||
      shown.blobsLength !== now.blobsLength ||
      shown.blobsFork !== now.blobsFork
    ) {
      this.live?.retire()
      this.live = this.waitingState(now, null)
    }
    return this.live?.hold() ?? null
  }

  private liveState(): DriveState | null {
    const { host } = this.options
    const index = host.sizeOf(this.key)
    const blobs = this.blobsKey === null ? null : host.sizeOf(this.blobsKey)
    if (!index || !blobs || index.length < 2 || !this.mayShow()) return null
    // Between the two halves of a reorganisation the index would point at the bytes of other files.
    const isOurs = index.fork >= OUR_LOWEST_FORK || blobs.fork >= OUR_LOWEST_FORK
    if (isOurs && index.fork !== blobs.fork) return null
    return { version: index.length, fork: index.fork, blobsLength: blobs.length, blobsFork: blobs.fork }
  }

  private openAt(number: number, state: DriveState): SharedState {
    const shared = this.waitingState(state, number)
    this.old.set(number, shared)
    const [oldest] = this.old.keys()
    if (this.old.size > MAX_OPEN_RELEASES && oldest !== undefined) {
      this.old.get(oldest)?.retire()
      this.old.delete(oldest)
    }
    return shared
  }

  /** A state whose blocks may still have to come from a peer. */
  private waitingState(state: DriveState, release: number | null): SharedState {
    const { stallMs } = this.options
    const drive = this.copy.at(state.version)
    return new SharedState(
      {
        ...state,
        onDamaged: (file) => this.meet({ path: file, release, why: OTHER_BYTES }),
        drive: {
          entry: (file) => drive.entry(file, stallMs),
          stream: (blob, range) => drive.stream(blob, { ...range, timeoutMs: stallMs })
        }
      },
      () => void drive.close().catch(() => {}) // already closed with the copy
    )
  }

  private retireAll(): void {
    this.live?.retire()
    this.live = null
    for (const each of this.old.values()) each.retire()
    this.old.clear()
  }

  private async readRelease(): Promise<void> {
    const { state } = this
    if (!state || this.isClosed) return
    this.release = await this.releaseAt(state)
    if (!this.site.refused) this.refused = null
    this.options.onProblems(this)
  }

  private async readRefused(): Promise<void> {
    const { refused } = this.site
    if (!refused || this.isClosed) return
    const number = (await this.releaseAt(refused.state))?.release ?? null
    if (this.site.refused !== refused) return
    this.refused = { release: number, files: refused.damaged.map((each) => ({ ...each, release: number })) }
    this.options.onProblems(this)
  }

  /** @returns null when it was written by something else, or is damaged: its files can be shown all the same */
  private async releaseAt(state: DriveState): Promise<Release | null> {
    const drive = this.copy.at(state.version)
    try {
      return await latestRelease(drive)
    } catch {
      return null
    } finally {
      await drive.close().catch(() => {}) // already closed with the copy
    }
  }

  private shownDamage(): DamagedFile[] {
    const release = this.release?.release ?? null
    return this.site.damaged.map((each) => ({ ...each, release }))
  }

  private meet(file: DamagedFile): void {
    const name = `${file.release} ${file.path}`
    // Those of a release that is not shown are known already.
    if (this.refused && this.refused.release === file.release) return
    if (this.met.has(name) || this.met.size >= MAX_MET) return
    this.met.set(name, file)
    this.options.onProblems(this)
  }
}

function isNoRelease(error: unknown): boolean {
  return (
    error instanceof SitedriveError &&
    (error.code === 'NO_SUCH_RELEASE' || error.code === 'RELEASE_CHAIN_INVALID')
  )
}
