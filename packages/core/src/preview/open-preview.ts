import { setTimeout as pause } from 'node:timers/promises'
import type { Change } from '../folder/compare.js'
import type { Sources } from '../content/content-types.js'
import { dataDir, refuseOverlap } from '../machine/data-dir.js'
import { messageOf, SitedriveError } from '../error.js'
import type { Address } from '../holepunch/bootstrap.js'
import type { Drive, DriveState } from '../holepunch/hyperdrive.js'
import type { Hints } from '../holepunch/hints.js'
import { derivePreviewKeys, type PreviewKeys } from '../holepunch/key-pairs.js'
import { encodeKey } from '../holepunch/site-key.js'
import { Network } from '../holepunch/network.js'
import { KnownSources } from '../content/known-sources.js'
import { bootstrapOf } from '../machine/network-choice.js'
import { ignoreFileOf } from '../project/project-file.js'
import { acquireWriterLock, describeHolder, type WriterLock } from '../machine/writer-lock.js'
import { PreviewDrive, type Build, type PreviewFiles } from './preview-drive.js'
import { previewLink } from '../identity/preview-link.js'
import { forgetPreview, previewIdentity, previewPlace, type PreviewPlace } from './preview-place.js'
import { wholeFailure, type BuildFailure, type PreviewStatus } from './preview-status.js'

export interface PreviewOptions {
  /** The folder of the project, whose preview it is. */
  projectDir: string
  /** @default process.env */
  env?: NodeJS.ProcessEnv
  /** Nodes of the DHT to start from; null: this machine alone. @default as for publishing */
  bootstrap?: Address[] | null
  /** Mints another key and secret, which revokes the link that was. @default false */
  newLink?: boolean
  /** Hears of what went wrong without ending the preview. */
  onProblem?: (problem: Error) => void
}

/** What a preview shows from some moment on. */
export interface Shown {
  state: DriveState
  status: PreviewStatus
  /** What differs from what was shown before. */
  changes: Change[]
}

/** How an update went. Of several that were merged, all get the same. */
export interface PreviewUpdate {
  version: number
  changes: Change[]
}

/** A long-lived handle on the encrypted preview drive of one project folder. */
export interface Preview {
  /** The preview drive's key, z-base-32. */
  readonly key: string
  /** What another machine needs to follow it: a secret, the same tomorrow. */
  readonly link: string
  /** Peers that follow it now. */
  readonly peers: number
  /** What it shows, or null before the first build of this folder. */
  readonly shown: Shown | null
  /** Whether a build is running, as far as `building` has told. */
  readonly isBuilding: boolean
  /** The drive at a version that was shown. Close it after use. */
  at(version: number): Drive
  /** All files that are shown, with the hashes of their bytes; null while the drive is written anew: `onShown` tells when that is done. */
  files(): PreviewFiles | null
  /**
   * Tells that a build has ended well. Updates that come while one is written are merged into the next.
   *
   * @param dir the folder that the build wrote; one that is missing or empty changes nothing
   * @param touched what the build may have changed, as paths in the drive. What else changed is found a second later.
   *   Default: the whole folder is compared at once
   * @param sources what outputs were made of; those of earlier updates stay known
   * @throws {SitedriveError} whatever reading the folder or writing the store throws; what is shown stays
   */
  update(dir: string, touched?: Iterable<string>, sources?: Sources): Promise<PreviewUpdate>
  /** What outputs were made of, as far as updates have told. */
  readonly sources: Sources
  /** Tells that a build has begun, so that the folder is not to be read before `update` or `failed`. */
  building(): void
  /** Tells that there is no build any more: it was given up, or changed nothing. */
  idle(): void
  /** Tells that a build has failed: viewers see why, over the last good pages. */
  failed(failure: BuildFailure): Promise<void>
  /** Calls back with all that is shown from now on. @returns stops it */
  onShown(listener: (shown: Shown) => void): () => void
  /** Calls back when a build begins, and when one has ended that changed nothing. @returns stops it */
  onBuilding(listener: () => void): () => void
  /** Calls back when peers come or go. @returns stops it */
  onPeers(listener: () => void): () => void
  /** Writes what is left to write, and lets go of everything. Safe to call twice. */
  close(): Promise<void>
}

/** After an update that named what it touched, the whole folder is compared when it has been quiet for so long. */
const LOOK_AGAIN_MS = 1_000
/** A folder that changes while it is read is read again. */
const READ_AGAIN_MS = 100
const READ_AGAIN_TIMES = 20
/** How long peers may take to fetch what they lack before the drive is rewritten. */
const CATCH_UP_MS = 5_000
/** Peers that have asked for nothing for so long are not in the middle of it. */
const BETWEEN_MS = 50
/** A peer that is not at the new fork after so long has missed it. */
const LEFT_BEHIND_MS = 2_000
/** Peers that have fetched nothing for so long are done. */
const QUIET_MS = 300

/**
 * Opens the preview of a project folder.
 *
 * @throws {SitedriveError} PREVIEW_RUNNING when another process has it open; DATA_DIR_UNUSABLE, DISK_FULL, STORE_FAILED
 */
export async function createPreview(options: PreviewOptions): Promise<Preview> {
  const env = options.env ?? process.env
  const home = dataDir(env)
  const place = previewPlace(home, options.projectDir)
  previewIdentity(place, options.projectDir) // makes the folder that the lock lies in
  const lock = await lockPreview(place)
  try {
    if (options.newLink) forgetPreview(place)
    const { secret } = previewIdentity(place, options.projectDir)
    const keys = derivePreviewKeys(Buffer.from(secret, 'hex'))
    const drive = await PreviewDrive.open(place, keys)
    const { openHints } = await import('../holepunch/hints.js')
    const bootstrap = options.bootstrap === undefined ? bootstrapOf(env, home) : options.bootstrap
    const preview = new FolderPreview({
      drive,
      keys,
      lock,
      hints: openHints(drive.writer, () => {}),
      home,
      ignoreFile: ignoreFileOf(options.projectDir),
      onProblem: options.onProblem ?? (() => {})
    })
    await preview.start(bootstrap)
    return preview
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Whether a process, this one or another, has the preview of a project folder open. */
export async function isPreviewOpen(
  env: NodeJS.ProcessEnv | undefined,
  projectDir: string
): Promise<boolean> {
  try {
    const lock = await lockPreview(previewPlace(dataDir(env ?? process.env), projectDir))
    lock.release()
    return false
  } catch (error) {
    if (error instanceof SitedriveError && error.code === 'PREVIEW_RUNNING') return true
    throw error
  }
}

async function lockPreview(place: PreviewPlace): Promise<WriterLock> {
  let holder = 'another process'
  try {
    return await acquireWriterLock(place.lock, {
      timeoutMs: 0,
      onWait: (other) => (holder = describeHolder(other))
    })
  } catch (cause) {
    if (!(cause instanceof SitedriveError) || cause.code !== 'LOCK_TIMEOUT') throw cause
    throw new SitedriveError(
      'PREVIEW_RUNNING',
      `The live preview of this folder is open in ${holder}. What that process builds is what viewers see.`,
      { cause }
    )
  }
}

interface Parts {
  drive: PreviewDrive
  keys: PreviewKeys
  lock: WriterLock
  hints: Hints
  home: string
  ignoreFile: string
  onProblem: (problem: Error) => void
}

/** All that is to be written next, merged. */
interface Pending {
  build: Build | null
  failure: PreviewStatus['failure']
  done: Deferred
}

class Deferred {
  resolve!: (update: PreviewUpdate) => void
  reject!: (error: unknown) => void
  readonly promise = new Promise<PreviewUpdate>((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })

  constructor() {
    this.promise.catch(() => {}) // whoever called hears of it
  }
}

class FolderPreview implements Preview {
  readonly key: string
  readonly link: string
  shown: Shown | null = null
  isBuilding = false
  private readonly parts: Parts
  private network: Network | null = null
  private pending: Pending | null = null
  private running: Promise<void> | null = null
  /** Counts the builds, so that what was read while another began is thrown away. */
  private builds = 0
  private isUnverified = false
  /** A build was given up, so what the next one touched is not all that changed. */
  private hasMissed = false
  /** Closed in the middle of a build. */
  private isCutOff = false
  private lastDir: string | null = null
  private later: NodeJS.Timeout | undefined
  private readonly listeners = {
    shown: new Set<(shown: Shown) => void>(),
    building: new Set<() => void>(),
    peers: new Set<() => void>()
  }
  private closed: Promise<void> | null = null
  private readonly knownSources = new KnownSources()

  constructor(parts: Parts) {
    this.parts = parts
    this.key = parts.keys.key
    this.link = previewLink(parts.keys)
  }

  async start(bootstrap: Address[] | null | undefined): Promise<void> {
    const { drive, keys } = this.parts
    const state = await drive.state()
    if (state.version > 1) this.shown = { state, status: drive.lastStatus, changes: [] }
    if (bootstrap === null) return
    this.network = Network.open({ ...(bootstrap && { bootstrap }), keyPair: keys.network })
    this.network.serve(drive.writer)
    drive.writer.onPeers(() => this.tell('peers'))
    // Not waited for: being offline is a normal state, and the joining goes on by itself.
    this.network.join(this.key, { announce: true, find: true }).catch((error: unknown) => this.note(error))
  }

  get sources(): Sources {
    return this.knownSources.all
  }

  get peers(): number {
    return this.closed ? 0 : this.parts.drive.writer.peers
  }

  at(version: number): Drive {
    return this.parts.drive.at(version)
  }

  files(): PreviewFiles | null {
    return this.closed ? null : this.parts.drive.snapshot()
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
    const before = this.pending?.build
    const isSameDir = !before || before.dir === dir
    const isPart = touched && isSameDir && before?.touched !== null && !this.hasMissed
    this.hasMissed = false
    const pending = this.wanting()
    pending.build = {
      dir,
      ignoreFile,
      touched: isPart ? new Set([...(before?.touched ?? []), ...touched]) : null
    }
    pending.failure = null
    this.pump()
    return pending.done.promise
  }

  building(): void {
    this.builds++
    this.isBuilding = true
    this.parts.hints.send({ state: 'building' })
    this.tell('building')
  }

  idle(): void {
    if (!this.isBuilding) return
    if (this.pending) this.giveUp(this.pending)
    this.isBuilding = false
    this.parts.hints.send({ state: 'done' })
    this.tell('building')
    this.pump()
  }

  async failed(failure: BuildFailure): Promise<void> {
    this.isBuilding = false
    const pending = this.wanting()
    pending.failure = wholeFailure(failure)
    this.giveUp(pending)
    this.pump()
    await pending.done.promise
  }

  onShown(listener: (shown: Shown) => void): () => void {
    return listen(this.listeners.shown, listener)
  }

  onBuilding(listener: () => void): () => void {
    return listen(this.listeners.building, listener)
  }

  onPeers(listener: () => void): () => void {
    return listen(this.listeners.peers, listener)
  }

  close(): Promise<void> {
    return (this.closed ??= this.closeNow())
  }

  private async closeNow(): Promise<void> {
    clearTimeout(this.later)
    this.isCutOff = this.isBuilding
    if (this.isCutOff && this.pending) this.giveUp(this.pending)
    this.isBuilding = false
    this.pump()
    while (this.running) await this.running
    const { drive, hints, lock } = this.parts
    try {
      hints.close()
      await this.network?.close()
      await drive.close()
    } finally {
      lock.release()
    }
  }

  /** What is waited for next; made when nothing is. */
  private wanting(): Pending {
    if (!this.pending) {
      const done = new Deferred()
      this.pending = { build: null, failure: null, done }
    }
    return this.pending
  }

  /** A build that was to be read, and whose folder another build has begun to write since. */
  private giveUp(pending: Pending): void {
    if (!pending.build) return
    pending.build = null
    this.hasMissed = true
  }

  private pump(): void {
    clearTimeout(this.later)
    this.running ??= this.work().finally(() => this.rest())
  }

  private async work(): Promise<void> {
    let attempts = 0
    while (this.pending && !this.isBuilding) {
      const { build, failure, done } = this.pending
      const builds = this.builds
      const isCurrent = () => builds === this.builds
      this.pending = null
      try {
        const changes = await this.writeNow(build, failure, isCurrent)
        if (!changes) {
          this.putBack({ build, failure, done })
          continue
        }
        attempts = 0
        if (build) this.isUnverified = build.touched !== null
        done.resolve({ version: this.shown?.state.version ?? 0, changes })
      } catch (error) {
        if (!isCurrent()) this.putBack({ build, failure, done })
        else if (isPassing(error) && attempts++ < READ_AGAIN_TIMES && !this.closed) {
          this.putBack({ build, failure, done })
          await pause(READ_AGAIN_MS)
        } else done.reject(error)
      }
    }
  }

  private async writeNow(
    build: Build | null,
    failure: PreviewStatus['failure'],
    isCurrent: () => boolean
  ): Promise<Change[] | null> {
    const { drive, keys } = this.parts
    const author = encodeKey(keys.network.publicKey)
    const before = drive.lastStatus
    const changes = await drive.write(build, { failure, author }, isCurrent)
    if (!changes) return null
    if (changes.length > 0 || drive.lastStatus !== before) {
      this.shown = { state: await drive.state(), status: drive.lastStatus, changes }
      this.tell('shown')
    } else if (!this.isBuilding) {
      this.parts.hints.send({ state: 'done' })
      this.tell('building')
    }
    if (drive.wantsCompaction === 'now') await this.compact()
    return changes
  }

  private rest(): void {
    this.running = null
    // What came in the meantime did not start anything.
    if (this.pending && !this.isBuilding) this.pump()
    else this.planLater()
  }

  /** What could not be written is part of what is written next. */
  private putBack(late: Pending): void {
    if (this.isCutOff && !late.failure) {
      late.done.resolve({ version: this.shown?.state.version ?? 0, changes: [] })
      return
    }
    const next = this.pending
    if (!next) {
      this.pending = late
      return
    }
    next.done.promise.then(late.done.resolve, late.done.reject)
    const { build } = late
    if (!build) return
    if (next.failure) {
      this.hasMissed = true
      return
    }
    if (!next.build) next.build = build
    else if (!build.touched || !next.build.touched) next.build = { ...next.build, touched: null }
    else next.build = { ...next.build, touched: new Set([...build.touched, ...next.build.touched]) }
  }

  /** What has time until nothing else is to be done. */
  private planLater(): void {
    clearTimeout(this.later)
    if (this.closed) return
    const { drive } = this.parts
    const wantsCompaction = drive.wantsCompaction !== 'no'
    // What a failed build left in the folder is nothing to look at.
    const mustLook = this.isUnverified && !this.shown?.status.failure
    if (!mustLook && !wantsCompaction) return
    const uploads = drive.writer.uploads
    this.later = setTimeout(
      () => {
        if (this.isBuilding || this.pending || this.running) return
        if (mustLook && this.lastDir !== null) {
          this.isUnverified = false
          this.update(this.lastDir).catch((error: unknown) => {
            // The folder is away; the build that makes it again tells.
            if (!isPassing(error)) this.note(error)
          })
        } else if (uploads !== drive.writer.uploads) this.planLater()
        else this.running ??= this.compact().finally(() => this.rest())
      },
      wantsCompaction ? QUIET_MS : LOOK_AGAIN_MS
    )
    this.later.unref()
  }

  private async compact(): Promise<void> {
    const { drive } = this.parts
    try {
      if (this.network) await this.compactBetweenRequests(this.network)
      else await drive.compact()
      this.shown = { state: await drive.state(), status: drive.lastStatus, changes: [] }
      this.tell('shown')
    } catch (error) {
      this.note(error)
      this.isUnverified = true // everything is written again, as soon as the folder may be read
    }
  }

  /**
   * A request that is being answered while the blocks go that it asked for ends its peer's connection, and a peer that waits
   * for blocks of the old fork may wait for ever (hypercore 11.37.1). So peers get what they ask for first, and are not
   * heard meanwhile; one that was left behind all the same is cut off, and comes back.
   */
  private async compactBetweenRequests(network: Network): Promise<void> {
    const { drive } = this.parts
    let quietSince = performance.now()
    const endsAt = quietSince + CATCH_UP_MS
    while (performance.now() - quietSince < BETWEEN_MS && performance.now() < endsAt) {
      await pause(5)
      if (drive.writer.openRequests > 0) quietSince = performance.now()
    }
    await network.whileDeaf(
      () => drive.writer.openRequests === 0,
      () => drive.compact()
    )
    // Not the fork of that moment: the drive may have moved on just before.
    const fork = drive.writer.coreFork('index')
    // Nor those who came since: they begin below every fork.
    const wereHere = new Set(drive.writer.peersBefore(Infinity).map(encodeKey))
    setTimeout(() => {
      if (this.closed) return
      for (const peer of drive.writer.peersBefore(fork)) if (wereHere.has(encodeKey(peer))) network.drop(peer)
    }, LEFT_BEHIND_MS).unref()
  }

  private tell(what: 'shown' | 'building' | 'peers'): void {
    if (what === 'shown') {
      if (this.shown) for (const listener of this.listeners.shown) listener(this.shown)
    } else for (const listener of this.listeners[what]) listener()
  }

  private note(error: unknown): void {
    this.parts.onProblem(error instanceof Error ? error : new Error(messageOf(error)))
  }
}

// Another program is writing the folder; it will be done.
function isPassing(error: unknown): boolean {
  return error instanceof SitedriveError && (error.code === 'FILE_CHANGED' || error.code === 'DIR_MISSING')
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
