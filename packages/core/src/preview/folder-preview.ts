import { statfsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { KnownSources } from '../history/known-sources.js'
import { debug } from '../debug.js'
import type { Sources } from '../content/content-types.js'
import { codeOf, messageOf, SitedriveError } from '../error.js'
import type { Change } from '../folder/compare.js'
import type { Address } from '../holepunch/bootstrap.js'
import { openHints, type Hints } from '../holepunch/hints.js'
import type { Drive } from '../holepunch/hyperdrive.js'
import type { PreviewKeys } from '../holepunch/key-pairs.js'
import { Network } from '../holepunch/network.js'
import { encodeKey } from '../holepunch/site-key.js'
import { previewLink } from '../identity/preview-link.js'
import { refuseOverlap } from '../machine/data-dir.js'
import type { WriterLock } from '../machine/writer-process-lock.js'
import { compactBetweenRequests } from './compact-preview.js'
import type { Preview, PreviewUpdate, Shown } from './preview-contract.js'
import { PreviewDrive, type Build, type PreviewFiles } from './preview-drive.js'
import { PreviewListeners } from './preview-listeners.js'
import type { PreviewPlace } from './preview-place.js'
import { completeFailure, type BuildFailure, type PreviewStatus } from './preview-status.js'
import { UpdateQueue, type PendingUpdate } from './update-queue.js'

/** The whole folder is compared this long after an update that compared only named files. Milliseconds. */
const COMPARE_DELAY_MS = 1_000
/** The pause before a folder that changed while it was read is read again. Milliseconds. */
const RETRY_MS = 100
const MAX_RETRIES = 20
/** How often it is looked whether a full disk has room again. Milliseconds. */
const ROOM_POLL_MS = 2_000
/** The room that a store needs to be opened and to take an update. Bytes. */
const ROOM_BYTES = 8 * 2 ** 20
/** Peers that have fetched nothing for this long are done. Milliseconds. */
const QUIET_MS = 300

export interface PreviewParts {
  place: PreviewPlace
  drive: PreviewDrive
  keys: PreviewKeys
  /** Held by this process. The preview releases it when it closes. */
  lock: WriterLock
  /** The data directory. */
  home: string
  /** Which files of the folder stay out. */
  ignoreFile: string
  onProblem: (problem: Error) => void
}

/** The preview of one project folder: writes updates one after the other, and notifies peers and listeners. */
export class FolderPreview implements Preview {
  readonly key: string
  readonly link: string
  shown: Shown | null = null
  isBuilding = false
  private readonly parts: PreviewParts
  private readonly queue = new UpdateQueue()
  private readonly knownSources = new KnownSources()
  private readonly listeners = new PreviewListeners()
  private drive: PreviewDrive
  private hints: Hints | null = null
  private network: Network | null = null
  private bootstrap: Address[] | null | undefined = null
  /** A write found the disk full. */
  private isStoreStuck = false
  /** The writing of updates or a compaction, while one runs. */
  private running: Promise<void> | null = null
  /** Aborted when a build begins: what was read of the folder until then is thrown away. */
  private reading = new AbortController()
  /** The last update compared only what its build named, or the drive is incomplete: the whole folder must be compared. */
  private isUnverified = false
  /** The preview was closed during a build. */
  private wasClosedWhileBuilding = false
  private lastDir: string | null = null
  private idleTimer: NodeJS.Timeout | undefined
  private closed: Promise<void> | null = null

  constructor(parts: PreviewParts) {
    this.parts = parts
    this.drive = parts.drive
    this.key = parts.keys.key
    this.link = previewLink(parts.keys)
  }

  /** Reads the state of the drive, and joins the network. @param bootstrap null: no network; undefined: the public nodes */
  async start(bootstrap: Address[] | null | undefined): Promise<void> {
    const { drive } = this
    const state = await drive.state()
    if (state.version > 1) this.shown = { state, status: drive.lastStatus, changes: [] }
    this.bootstrap = bootstrap
    this.joinNetwork()
  }

  private joinNetwork(): void {
    const { bootstrap } = this
    const { writer } = this.drive
    this.hints = openHints(writer, () => {})
    if (bootstrap === null) return
    this.network = Network.open({ ...(bootstrap && { bootstrap }), keyPair: this.parts.keys.network })
    this.network.serve(writer)
    writer.onPeers(() => this.listeners.notify('peers'))
    // Not awaited: being offline is a normal state, and the attempts continue in the background.
    this.network
      .join(this.key, { announce: true, find: true })
      .catch((error: unknown) => this.reportProblem(error))
  }

  get sources(): Sources {
    return this.knownSources.all
  }

  get dir(): string | null {
    return this.lastDir
  }

  get peers(): number {
    return this.closed ? 0 : this.drive.writer.peers
  }

  at(version: number): Drive {
    return this.drive.at(version)
  }

  files(): PreviewFiles | null {
    return this.closed ? null : this.drive.snapshot()
  }

  update(dir: string, touched?: Iterable<string>, sources?: Sources): Promise<PreviewUpdate> {
    this.knownSources.add(sources)
    const { home, ignoreFile } = this.parts
    try {
      refuseOverlap(dir, home, 'shown')
    } catch (error) {
      return Promise.reject(error as Error)
    }
    this.isBuilding = false
    this.lastDir = dir
    const written = this.queue.addBuild({ dir, ignoreFile, touched: touched ? new Set(touched) : null })
    this.startWriting()
    return written
  }

  building(): void {
    this.reading.abort()
    this.reading = new AbortController()
    this.isBuilding = true
    this.hints?.send({ state: 'building' })
    this.listeners.notify('building')
  }

  idle(): void {
    if (!this.isBuilding) return
    this.queue.dropBuild()
    this.isBuilding = false
    this.notifyUnchanged()
    this.startWriting()
  }

  async failed(failure: BuildFailure): Promise<void> {
    this.isBuilding = false
    const written = this.queue.addFailure(completeFailure(failure))
    this.startWriting()
    await written
  }

  onShown(listener: (shown: Shown) => void): () => void {
    return this.listeners.onShown(listener)
  }

  onBuilding(listener: () => void): () => void {
    return this.listeners.onBuilding(listener)
  }

  onPeers(listener: () => void): () => void {
    return this.listeners.onPeers(listener)
  }

  close(): Promise<void> {
    return (this.closed ??= this.closeNow())
  }

  private async closeNow(): Promise<void> {
    clearTimeout(this.idleTimer)
    this.wasClosedWhileBuilding = this.isBuilding
    if (this.wasClosedWhileBuilding) this.queue.dropBuild()
    this.isBuilding = false
    this.startWriting()
    while (this.running) await this.running
    const { lock } = this.parts
    try {
      this.hints?.close()
      await this.network?.close()
      await (this.isStoreStuck ? this.drive.abandon() : this.drive.close())
    } finally {
      lock.release()
    }
  }

  /** Starts writing the waiting updates, unless a write or a compaction runs already. */
  private startWriting(): void {
    clearTimeout(this.idleTimer)
    this.running ??= this.writeWaiting().finally(() => this.onWritingEnded())
  }

  /** Writes updates until none waits or a build begins. */
  private async writeWaiting(): Promise<void> {
    let attempts = 0
    while (!this.isBuilding) {
      const update = this.queue.take()
      if (!update) return
      const { build, done } = update
      const { signal } = this.reading
      try {
        const changes = await this.writeNow(update, signal)
        if (!changes) {
          this.putBack(update)
          continue
        }
        attempts = 0
        // guard: preview: everything is compared a while after what was touched
        if (build) this.isUnverified = build.touched !== null
        done.resolve({ version: this.shown?.state.version ?? 0, changes })
      } catch (error) {
        if (signal.aborted) this.putBack(update)
        else if (isTemporary(error) && attempts++ < MAX_RETRIES && !this.closed) {
          this.putBack(update)
          await pause(RETRY_MS)
        } else if (codeOf(error) === 'DISK_FULL') {
          done.reject(diskFull(this.parts.place, error))
          this.isStoreStuck = true
          this.keepForLater(update)
          return
        } else done.reject(error)
      }
    }
  }

  /** @returns null when another build began before everything was read: nothing was written */
  private async writeNow(
    { build, failure }: { build: Build | null; failure: PreviewStatus['failure'] },
    signal: AbortSignal
  ): Promise<Change[] | null> {
    // guard: preview: it goes on when a full disk has room again
    if (this.isStoreStuck) await this.reopen()
    const { drive } = this
    const author = encodeKey(this.parts.keys.network.publicKey)
    const before = drive.lastStatus
    const startedAt = performance.now()
    const changes = await drive.write(build, { failure, author }, signal)
    debug('preview', () => `${describeUpdate(build, changes)} in ${sinceMs(startedAt)} ms`)
    if (!changes) return null
    if (changes.length > 0 || drive.lastStatus !== before) await this.updateShown(changes)
    else if (!this.isBuilding) this.notifyUnchanged()
    if (drive.wantsCompaction === 'now') await this.compact()
    return changes
  }

  /** Keeps an update that found the disk full until there is room. Its caller was told. */
  private keepForLater({ build, failure }: PendingUpdate): void {
    if (this.closed) return
    if (build) this.queue.keepBuild(build)
    else this.queue.keepFailure(failure)
  }

  /**
   * Opens the store anew. After a write that found the disk full it takes no other, however much room there is.
   *
   * @throws {SitedriveError} DISK_FULL, STORE_FAILED
   */
  private async reopen(): Promise<void> {
    const { place, keys } = this.parts
    // Until then, what was shown last can still be read.
    if (!hasRoom(place.dir)) throw diskFull(place)
    this.hints?.close()
    this.hints = null
    await this.network?.close()
    this.network = null
    await this.drive.abandon()
    this.drive = await PreviewDrive.open(place, keys)
    this.isStoreStuck = false
    this.joinNetwork()
    await this.updateShown([])
  }

  private putBack(update: PendingUpdate): void {
    // After a close during a build, nobody reports the end of the build, so its folder is not read.
    if (this.wasClosedWhileBuilding && !update.failure)
      update.done.resolve({ version: this.shown?.state.version ?? 0, changes: [] })
    else this.queue.putBack(update)
  }

  /** After a write or a compaction: starts the next write, or schedules the idle work. */
  private onWritingEnded(): void {
    this.running = null
    if (this.isStoreStuck) this.waitForRoom()
    else if (!this.queue.isEmpty && !this.isBuilding) this.startWriting()
    else this.scheduleIdleWork()
  }

  private waitForRoom(): void {
    clearTimeout(this.idleTimer)
    if (this.closed) return
    this.idleTimer = setTimeout(() => {
      if (!hasRoom(this.parts.place.dir)) this.waitForRoom()
      else if (!this.isBuilding) this.startWriting()
    }, ROOM_POLL_MS)
    this.idleTimer.unref()
  }

  /** Schedules the work for an idle time: a comparison of the whole folder, or a compaction. */
  private scheduleIdleWork(): void {
    clearTimeout(this.idleTimer)
    if (this.closed) return
    const { drive } = this
    const wantsCompaction = drive.wantsCompaction !== 'no'
    // A failed build may leave incomplete output in the folder, which must not be shown.
    // guard: preview: what a failed build left is not looked at
    const mustCompare = this.isUnverified && !this.shown?.status.failure
    if (!mustCompare && !wantsCompaction) return
    const uploads = drive.writer.uploads
    this.idleTimer = setTimeout(
      () => {
        if (this.isBuilding || !this.queue.isEmpty || this.running) return
        if (mustCompare && this.lastDir !== null) {
          this.isUnverified = false
          this.update(this.lastDir).catch((error: unknown) => {
            // When the folder is missing, the build that creates it again sends an update.
            if (!isTemporary(error)) this.reportProblem(error)
          })
        } else if (uploads !== drive.writer.uploads) this.scheduleIdleWork()
        else this.running ??= this.compact().finally(() => this.onWritingEnded())
      },
      wantsCompaction ? QUIET_MS : COMPARE_DELAY_MS
    )
    this.idleTimer.unref()
  }

  private async compact(): Promise<void> {
    const { drive } = this
    const startedAt = performance.now()
    try {
      if (this.network) await compactBetweenRequests(drive, this.network, () => this.closed !== null)
      else await drive.compact()
      debug('preview', () => `compacted the drive in ${sinceMs(startedAt)} ms`)
      await this.updateShown([])
    } catch (error) {
      this.reportProblem(error)
      this.isUnverified = true // the drive may be incomplete, so the next update compares the whole folder
    }
  }

  /** Sets `shown` to the state of the drive, and notifies the listeners. */
  private async updateShown(changes: Change[]): Promise<void> {
    const { drive } = this
    this.shown = { state: await drive.state(), status: drive.lastStatus, changes }
    this.listeners.notifyShown(this.shown)
  }

  /** Notifies peers and listeners that a build has ended without a change. */
  private notifyUnchanged(): void {
    this.hints?.send({ state: 'done' })
    this.listeners.notify('building')
  }

  private reportProblem(error: unknown): void {
    this.parts.onProblem(error instanceof Error ? error : new Error(messageOf(error)))
  }
}

/** Whether a retry can help: the folder is missing, or changed while it was read, because another program writes it. */
function isTemporary(error: unknown): boolean {
  return error instanceof SitedriveError && (error.code === 'FILE_CHANGED' || error.code === 'DIR_MISSING')
}

function hasRoom(dir: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dir)
    return bavail * bsize >= ROOM_BYTES
  } catch {
    return true // opening the store tells what is wrong
  }
}

function diskFull({ store }: PreviewPlace, cause?: unknown): SitedriveError {
  return new SitedriveError(
    'DISK_FULL',
    `The disk that holds \`${store}\` is full. The preview shows what it had, and goes on by itself when there is room again.`,
    { cause }
  )
}

/** One line for the debug log. */
function describeUpdate(build: Build | null, changes: Change[] | null): string {
  if (!build) return 'wrote the status of a failed build'
  const what = build.touched ? `${build.touched.size} named files of ${build.dir}` : `all of ${build.dir}`
  if (!changes) return `read ${what}, wrote nothing because another build has begun`
  return `compared ${what}, wrote ${changes.length} changes`
}

function sinceMs(startedAt: number): number {
  return Math.round(performance.now() - startedAt)
}
