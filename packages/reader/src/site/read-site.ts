import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import {
  findRelease,
  isLost,
  isSameState,
  openFollower,
  parseKey,
  type Drive,
  type DriveState,
  type FollowedDrive,
  type Network,
  type Release
} from '@sitedrive/core/drive'
import {
  incompleteState,
  releaseAt,
  resolvePath,
  SiteCopy,
  titleAt,
  type HeldState,
  type ServedSite,
  type StateListener,
  type SharedState,
  visibleFiles
} from '@sitedrive/mirror/parts'

import { makeCopyDir } from './fetched-drive.js'

export interface ReadSiteOptions {
  /** The site's key, in any spelling. */
  key: string
  /** Where the copy is kept, absolute; made when it is not there. One process at a time may have it open. */
  dir: string
  /** The network to find peers in; closing the site leaves it open. null: only what is here is shown. */
  network: Network | null
  /** Announces the site, so that others copy from here what is here. */
  isShared: boolean
  /** A site with more bytes is not fetched as a whole: pages are fetched when they are opened. Bytes. */
  maxBytes: number
  /** The page that somebody waits for: it is fetched before all else. @default none */
  firstPath?: string | undefined
  /** How long a visitor may wait for a block from a peer. Milliseconds. @default 10000 */
  stallMs?: number | undefined
}

/** How much of a site is on this machine. */
export interface Progress {
  /** Blocks of index and files that are here, and that there are. */
  held: number
  known: number
  /** The bytes of the site with its history, from its signed heads. */
  bytes: number
}

/** The index of a site with more entries, those of older releases included, would take too much memory at once. */
const MAX_ENTRIES = 500_000

/** For how long all else waits for the first page. Milliseconds. */
const FIRST_PAGE_MS = 5_000

/** A larger first page is fetched with all else. Bytes. */
const MAX_FIRST_BYTES = 4_000_000

/** Old releases that stay open for the next visitor. */
const MAX_OPEN_RELEASES = 4

const STALL_MS = 10_000

/** A site of somebody else that is read on this machine: the newest complete release, or what has come of it so far. */
export class ReadSite implements ServedSite {
  readonly key: string
  /** The record of the shown release; null: there is none yet, or another program than sitedrive wrote the site. */
  release: Release | null = null
  /** The title of its start page; null: it has none, or it is not here yet. */
  title: string | null = null
  private readonly copy: FollowedDrive
  private readonly site: SiteCopy
  private readonly stallMs: number
  private maxBytes: number
  private searchesSince = performance.now()
  private readonly listeners = new Set<() => void>()
  /** Who waits for a change. */
  private readonly waiting = new Set<() => void>()
  private incomplete: SharedState | null = null
  private readonly old = new Map<string, SharedState>()
  private noDrive: Error | null = null
  /** All else waits for the first page. */
  private isHeldBack = false
  private isClosed = false

  private constructor(copy: FollowedDrive, options: ReadSiteOptions) {
    const { dir, maxBytes, stallMs = STALL_MS } = options
    this.key = copy.key
    this.copy = copy
    this.stallMs = stallMs
    this.maxBytes = maxBytes
    this.site = new SiteCopy(copy, {
      markFile: path.join(dir, 'complete.json'),
      proofFile: path.join(dir, 'proved.bin'),
      mayFetch: () => !this.isTooLarge && !this.isHeldBack
    })
    this.site.onState(() => {
      this.wakeWaiting()
      void this.readFacts()
    })
    this.isHeldBack = options.firstPath !== undefined
    // How large the site is becomes known while it is fetched.
    this.copy.onDownload(() => this.site.checkFetchAllowed())
  }

  /**
   * Opens the copy of a site, and looks for who has it. What was complete before is shown at once.
   *
   * @throws {SitedriveError} BAD_KEY or DAT_LINK; STORE_LOCKED, DISK_FULL or STORE_FAILED
   */
  static async open(options: ReadSiteOptions): Promise<ReadSite> {
    const key = parseKey(options.key)
    makeCopyDir(options.dir)
    const copy = await openFollower(path.join(options.dir, 'drive'), key)
    const site = new ReadSite(copy, options)
    try {
      // Not awaited: a peer may claim a site and never send a byte of it.
      void site.findBlobs()
      await site.site.start(options.network, options.isShared)
      void site.readFacts()
      if (options.firstPath !== undefined) void site.fetchFirst(options.firstPath)
      return site
    } catch (error) {
      await site.close()
      throw error
    }
  }

  /** The newest complete state; null before the first. */
  get state(): DriveState | null {
    return this.site.state
  }

  /** The newest state that is known of is here as a whole. */
  get isComplete(): boolean {
    return this.site.state !== null && this.site.state.version === this.site.newestVersion
  }

  /** The site has more bytes, or more files, than are fetched by themselves: what is asked for is fetched. */
  get isTooLarge(): boolean {
    // guard: reader: a site that says that it is huge is not fetched by itself
    return this.copy.byteLength > this.maxBytes || this.copy.version > MAX_ENTRIES
  }

  /** Sites with more bytes are not fetched as a whole from now on. @param maxBytes bytes */
  limitTo(maxBytes: number): void {
    this.maxBytes = maxBytes
    this.site.checkFetchAllowed()
  }

  /** For how long somebody has waited for it. Milliseconds. */
  get searchedForMs(): number {
    return performance.now() - this.searchesSince
  }

  /** Somebody waits for it anew. Peers are looked for as long as it is open. */
  waitAnew(): void {
    this.searchesSince = performance.now()
  }

  /** Something of the site can be shown. */
  get canBeShown(): boolean {
    const held = this.hold()
    held?.release()
    return held !== null
  }

  get peers(): number {
    return this.site.peers
  }

  get progress(): Progress {
    return { ...this.copy.progress, bytes: this.copy.byteLength }
  }

  /** Why the newest state cannot be fetched, or null. A missing peer is no problem: it is waited for. */
  get problem(): Error | null {
    return this.noDrive ?? this.site.problem
  }

  /** Files of the shown release, or of a newer one that is refused for them, that are not what the author signed. */
  get damaged(): readonly { path: string; why: string }[] {
    return [...(this.site.refused?.damaged ?? []), ...this.site.damaged]
  }

  hold(): HeldState | null {
    return this.site.hold() ?? this.holdIncomplete()
  }

  async holdRelease(number: number): Promise<HeldState | null> {
    const newest = this.state ?? this.copy.newestState
    if (!newest || this.isClosed) return null
    const drive = this.copy.at(newest.version)
    try {
      const { version } = await findRelease(drive, number)
      return this.holdVersion(version)
    } catch (error) {
      if (isNoRelease(error)) return null
      throw error
    } finally {
      await drive.close()
    }
  }

  /** Holds the drive at an older version. @returns null when it has none of that number */
  holdVersion(version: number): HeldState | null {
    const newest = this.copy.newestState
    if (this.isClosed || !newest || version < 2 || version > newest.version) return null
    const name = `${newest.fork}.${version}`
    const open = this.old.get(name)
    if (open) return open.hold()
    const shared = incompleteState(this.copy, { ...newest, version }, { stallMs: this.stallMs })
    this.old.set(name, shared)
    const [oldest] = this.old
    if (oldest && this.old.size > MAX_OPEN_RELEASES) {
      oldest[1].retire()
      this.old.delete(oldest[0])
    }
    return shared.hold()
  }

  isLost(release: number): boolean {
    return this.release !== null && isLost(this.release, release)
  }

  /**
   * Resolves with true as soon as something of the site can be shown, with false at the deadline.
   *
   * @param deadlineMs milliseconds
   */
  async firstPage(deadlineMs: number): Promise<boolean> {
    const endsAt = performance.now() + deadlineMs
    while (!this.isClosed && performance.now() < endsAt) {
      if (this.canBeShown && !this.isHeldBack) return true
      await this.change(Math.min(endsAt - performance.now(), 250))
    }
    return false
  }

  /** Calls back when another release is shown. @returns stops it */
  onRelease(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  /** Calls back with each state that is shown, and its differences from the one before, when they are known. @returns stops it */
  onState(listener: StateListener): () => void {
    return this.site.onState(listener)
  }

  /** The drive at the version of a shown state. */
  at(version: number): Drive {
    return this.copy.at(version)
  }

  /** The copied drive, to read it as a whole. */
  get drive(): FollowedDrive {
    return this.copy
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    this.listeners.clear()
    this.retireAll()
    await this.site.close()
  }

  /** Resolves when something of the index arrives, when what can be shown has changed, or after the time. */
  private change(afterMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        stop()
        this.waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, afterMs)
      const stop = this.copy.onDownload(done)
      this.waiting.add(done)
    })
  }

  private wakeWaiting(): void {
    for (const wake of this.waiting) wake()
  }

  private async findBlobs(): Promise<void> {
    try {
      if ((await this.copy.findBlobsKey()) === null) throw new Error('its first block is none of a drive')
    } catch (cause) {
      if (this.isClosed) return
      this.noDrive =
        cause instanceof SitedriveError
          ? cause
          : new SitedriveError(
              'DRIVE_CORRUPT',
              `\`${this.key}\` is no site: what its key signs is no drive.`,
              { cause }
            )
    }
  }

  /** Fetches the page that somebody waits for, when the site is not here as a whole, and lets all else be fetched then. */
  private async fetchFirst(path: string): Promise<void> {
    const endsAt = performance.now() + FIRST_PAGE_MS
    while (!this.site.state && !this.isClosed && performance.now() < endsAt) {
      // Nothing else asks for the heads of the cores.
      await this.copy.askForNewest(endsAt - performance.now())
      const held = this.holdIncomplete()
      if (held) {
        await readPage(held, path).catch(() => {}) // whoever opens the page is told
        held.release()
        break
      }
      await this.change(100)
    }
    this.isHeldBack = false
    this.site.checkFetchAllowed()
    this.wakeWaiting()
  }

  private holdIncomplete(): HeldState | null {
    const now = this.copy.newestState
    // Before the head of the blobs core is here, every file would seem to point at nothing.
    if (!now || now.blobsLength === 0 || this.isClosed) return null
    if (!isSameState(this.incomplete?.state, now) || this.incomplete?.state.blobsLength !== now.blobsLength) {
      this.incomplete?.retire()
      this.incomplete = incompleteState(this.copy, now, { stallMs: this.stallMs })
    }
    return this.incomplete?.hold() ?? null
  }

  private retireAll(): void {
    this.incomplete?.retire()
    this.incomplete = null
    for (const each of this.old.values()) each.retire()
    this.old.clear()
  }

  private async readFacts(): Promise<void> {
    const { state } = this
    if (!state || this.isClosed) return
    const release = await releaseAt(this.copy, state)
    if (this.isClosed) return
    const damaged = new Set(this.site.damaged.map(({ path }) => path))
    const title = await titleAt(this.copy, state, { isDamaged: (path) => damaged.has(path), stallMs: 0 })
    if (this.isClosed || !isSameState(this.state, state)) return
    this.release = release
    this.title = title
    this.retireAll()
    for (const listener of this.listeners) listener()
  }
}

/** Reads a page as a visitor would, so that its blocks are here. */
async function readPage({ drive }: HeldState, path: string): Promise<void> {
  const lookUp = visibleFiles((each) => drive.entry(each))
  const found = await resolvePath(path, lookUp)
  const page = found.kind === 'moved' ? await resolvePath(found.path, lookUp) : found
  if (page.kind !== 'file' || page.entry.blob.byteLength > MAX_FIRST_BYTES) return
  for await (const _block of drive.stream(page.entry.blob));
}

function isNoRelease(error: unknown): boolean {
  return (
    error instanceof SitedriveError &&
    (error.code === 'NO_SUCH_RELEASE' || error.code === 'RELEASE_CHAIN_INVALID')
  )
}
