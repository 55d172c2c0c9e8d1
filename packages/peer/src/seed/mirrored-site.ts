import { statSync } from 'node:fs'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { SitedriveError } from '@sitedrive/core'
import {
  findRelease,
  isLost,
  latestRelease,
  HASH_MISMATCH,
  type Drive,
  type DriveState,
  type FollowedDrive,
  type Release,
  type SeedHost
} from '@sitedrive/core/drive'
import {
  HEADERS_PATH,
  MAX_RULE_FILE_BYTES,
  readHeadersFile,
  readRedirectsFile,
  REDIRECTS_PATH,
  writtenText
} from '@sitedrive/core/rules'
import { type HeldState, SharedState, SiteCopy } from '@sitedrive/mirror/parts'
import type { PinTable } from './pin-table.js'
import { problemsOf, type DamagedFile, type UnusableLines } from './site-problems.js'

/** Fork numbers of sitedrive's writers are at least this, and equal for both cores of a drive. */
const OUR_LOWEST_FORK = 2 ** 40

/** Largest number of old releases that stay open for the next visitor. */
const MAX_OPEN_RELEASES = 8

/** Largest number of remembered damaged files that visitors' requests found. */
const MAX_FOUND_BY_REQUESTS = 100

/** How much of a start page is searched for its title. Bytes. */
const MAX_TITLE_BYTES = 64 * 1024

/** The files whose lines a mirror follows, and who reads them. */
const RULE_FILES = [
  [REDIRECTS_PATH, readRedirectsFile],
  [HEADERS_PATH, readHeadersFile]
] as const

export interface MirroredSiteOptions {
  host: SeedHost
  table: PinTable
  key: string
  /** Folder of the marks that say which state was complete. */
  marksDir: string
  /** How long a visitor may wait for a block that must come from the publisher. Milliseconds. */
  stallMs: number
  /** Called with the key of the blobs core, as soon as the index names it. */
  onBlobsKey: (blobsKey: string) => void
  /** Called when `problems` may have changed. */
  onProblems: (site: MirroredSite) => void
}

/** One site of the mirror: its last complete release or, while there is none, the newest state that can be fetched. */
export class MirroredSite {
  readonly key: string
  /** The record of the last complete release; null: there is none yet, or sitedrive did not write it. */
  release: Release | null = null
  /** The title of the start page of the last complete release, as its author wrote it; null: there is none. */
  title: string | null = null
  /** When a release was last completed here; ISO 8601, UTC. */
  updatedAt: string | null = null
  /** Key of the blobs core that the index names; null: not known yet. */
  blobsKey: string | null = null
  private readonly options: MirroredSiteOptions
  private readonly copy: FollowedDrive
  private readonly site: SiteCopy
  private live: SharedState | null = null
  private readonly old = new Map<number, SharedState>()
  /** Damaged files that visitors' requests found, by release and path. */
  private readonly foundByRequests = new Map<string, DamagedFile>()
  private refused: { release: number | null; files: DamagedFile[] } | null = null
  private unusable: UnusableLines[] = []
  /** Fork of each core at the time when a peer showed another history of it. */
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
      for (const [name, { release }] of this.foundByRequests)
        if (release === null) this.foundByRequests.delete(name)
      void this.readRelease()
    })
    this.site.onRefusal(() => void this.readRefused())
  }

  static async open(options: MirroredSiteOptions): Promise<MirroredSite> {
    const copy = await options.host.drive(options.key)
    const mirrored = new MirroredSite(options, copy)
    // Not awaited: a publisher may claim a site and never send a byte of it.
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

  /** Files that differ from what their author signed: of the newest release, of the shown one, and those that requests found. */
  get damaged(): DamagedFile[] {
    return [...(this.refused?.files ?? []), ...this.shownDamage(), ...this.foundByRequests.values()]
  }

  /** The site's problems, in words for its publisher and the operator. */
  get problems(): string[] {
    return problemsOf({
      refused: this.refused,
      release: this.release?.release ?? null,
      shown: this.shownDamage(),
      foundByRequests: [...this.foundByRequests.values()],
      isForked: this.isForked,
      unusable: this.unusable
    })
  }

  /** Records that a peer has shown another history of one of the cores, signed with the same key. */
  conflicted(core: string, fork: number): void {
    this.forkedAt.set(core, fork)
    this.options.onProblems(this)
  }

  /** There are two histories, and since then no release was signed at a higher fork. */
  private get isForked(): boolean {
    return [...this.forkedAt].some(([core, fork]) => (this.options.host.sizeOf(core)?.fork ?? 0) <= fork)
  }

  /** The newest release is here but not shown, because files of it are damaged. */
  get isRefused(): boolean {
    return this.refused !== null
  }

  /** Whether the newest release says that the files of an old release are lost. */
  isLost(release: number): boolean {
    return this.release !== null && isLost(this.release, release)
  }

  /** To be called when blocks of the site have arrived, or its limits have changed. */
  update(): void {
    this.site.checkFetchAllowed()
  }

  /** Resolves with true as soon as a release is complete, with false at the deadline. */
  ready(deadlineMs: number): Promise<boolean> {
    return this.site.ready(deadlineMs)
  }

  /**
   * Holds the last complete release for use. While there is none: the newest known state, whose blocks are fetched when they
   * are read.
   */
  hold(): HeldState | null {
    return this.site.hold() ?? this.holdLive()
  }

  /**
   * Holds an old release for use.
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
      this.update()
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
    // While only one of the cores is reorganised, the index would point at the bytes of other files.
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

  /** A state whose blocks may have to be fetched from a peer. */
  private waitingState(state: DriveState, release: number | null): SharedState {
    const { stallMs } = this.options
    const drive = this.copy.at(state.version)
    return new SharedState(
      {
        ...state,
        onDamaged: (file) => this.recordDamage({ path: file, release, why: HASH_MISMATCH }),
        drive: {
          entry: (file) => {
            const endWait = this.waitForBlocks()
            return drive.entry(file, stallMs).finally(endWait)
          },
          stream: (blob, range) => {
            const endWait = this.waitForBlocks()
            return drive.stream(blob, { ...range, timeoutMs: stallMs }).once('close', endWait)
          }
        }
      },
      () => void drive.close().catch(() => {}) // already closed with the copy
    )
  }

  /** A visitor waits for blocks of this site. @returns ends it. It ends by itself: a visitor may read as slowly as they like */
  private waitForBlocks(): () => void {
    const { host, stallMs } = this.options
    const ends = [this.key, this.blobsKey].flatMap((key) => (key === null ? [] : host.waitFor(key)))
    const end = () => {
      clearTimeout(timer)
      for (const each of ends) each()
    }
    const timer = setTimeout(end, stallMs).unref()
    return end
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
    const release = await this.releaseAt(state)
    const unusable = await this.unusableAt(state)
    const title = await this.titleAt(state)
    // It may have been closed meanwhile.
    if (this.isClosed) return
    // At once: nobody is told of a new release with the problems of the one before.
    this.release = release
    this.unusable = unusable
    this.title = title
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

  /** @returns null when another program wrote the release, or its record is damaged; its files can be shown nevertheless */
  private releaseAt(state: DriveState): Promise<Release | null> {
    return this.readAt(state, latestRelease)
  }

  private async unusableAt(state: DriveState): Promise<UnusableLines[]> {
    const unusable = await this.readAt(state, async (drive) => {
      const found: UnusableLines[] = []
      for (const [path, read] of RULE_FILES) {
        const text = await this.ruleText(drive, path)
        const lines = text === null ? [] : read(text).unusable.map(({ line }) => line)
        if (lines.length > 0) found.push({ file: path.slice(1), lines })
      }
      return found
    })
    return unusable ?? []
  }

  /** @returns null when it cannot be read, too: the site is then listed by its name or its key */
  private titleAt(state: DriveState): Promise<string | null> {
    return this.readAt(state, async (drive) => {
      const entry = (await drive.entry('/index.html')) ?? (await drive.entry('/index.htm'))
      if (!entry?.blob || this.shownDamage().some(({ path }) => path === entry.path)) return null
      const length = Math.min(entry.blob.byteLength, MAX_TITLE_BYTES)
      const start = await buffer(
        drive.stream(entry.blob, { start: 0, length, timeoutMs: this.options.stallMs })
      )
      const { pageHead } = await import('@sitedrive/core/page')
      return pageHead(start).title
    })
  }

  /** @returns null when it cannot be read, and after the site was closed */
  private async readAt<T>(state: DriveState, read: (drive: Drive) => Promise<T>): Promise<T | null> {
    // The copy makes no session any more, and its error would end the process.
    if (this.isClosed) return null
    const drive = this.copy.at(state.version)
    try {
      return await read(drive)
    } catch {
      return null
    } finally {
      await drive.close().catch(() => {}) // already closed with the copy
    }
  }

  /** @returns null when there is none, and when it cannot be read: that is told elsewhere */
  private async ruleText(drive: Drive, path: string): Promise<string | null> {
    try {
      const blob = (await drive.entry(path))?.blob
      if (!blob || blob.byteLength > MAX_RULE_FILE_BYTES) return null
      return writtenText(await drive.read(blob, this.options.stallMs)).text
    } catch {
      return null
    }
  }

  private shownDamage(): DamagedFile[] {
    const release = this.release?.release ?? null
    return this.site.damaged.map((each) => ({ ...each, release }))
  }

  private recordDamage(file: DamagedFile): void {
    const name = `${file.release} ${file.path}`
    // Damaged files of a refused release are known already.
    if (this.refused && this.refused.release === file.release) return
    if (this.foundByRequests.has(name) || this.foundByRequests.size >= MAX_FOUND_BY_REQUESTS) return
    this.foundByRequests.set(name, file)
    this.options.onProblems(this)
  }
}

function isNoRelease(error: unknown): boolean {
  return (
    error instanceof SitedriveError &&
    (error.code === 'NO_SUCH_RELEASE' || error.code === 'RELEASE_CHAIN_INVALID')
  )
}
