import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import {
  openFollower,
  parseKey,
  type DriveState,
  type FollowedDrive,
  type Network
} from '@sitedrive/core/drive'
import { isStillHeld, readCompleteMark, writeCompleteMark } from './complete-mark.js'
import { SharedState, type HeldState } from './held-state.js'
import { lookAgain } from './look-again.js'
import { NewestOnly } from './newest-only.js'

export interface FollowOptions {
  /** The site drive's key, in any spelling. */
  key: string
  /** Where the copy is kept, absolute; made when it is not there. One process at a time may have it open. */
  dir: string
  /** Where to find other peers; it is not closed with the site. null: what the folder holds is all there is. */
  network: Network | null
  /** Tells the network that this peer has the site, so that others copy it from here. @default false */
  announce?: boolean
  /**
   * How long the fetch of a release may go on when a newer one is known. Longer: a slow link still completes releases of
   * a site that changes often. Shorter: one that nobody holds any more delays the next less. Milliseconds. @default 10000
   */
  overtakenMs?: number
}

/** A site drive of somebody else, kept up to date in a folder of this machine. */
export interface FollowedSite {
  /** z-base-32, normalised. */
  readonly key: string
  /** The last complete state, or null before the first. */
  readonly state: DriveState | null
  /** The newest version that is known of, complete or not. */
  readonly newestVersion: number
  /** How many peers are connected that hold this drive. */
  readonly peers: number
  /** What keeps the newest state from being fetched, or null. A missing peer is no problem: it is waited for. */
  readonly problem: Error | null
  /**
   * Takes the last complete state into use, so that it stays readable until it is released.
   *
   * @returns null before the first complete state, and after `close`
   */
  hold(): HeldState | null
  /** Resolves with true as soon as there is a complete state, with false at the deadline or when the site is closed. */
  ready(deadlineMs: number): Promise<boolean>
  /** Calls back with every new complete state. @returns stops it */
  onState(listener: (state: DriveState) => void): () => void
  /** Lets go of the folder. States that are still held become unreadable. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Copies a site drive into a folder and follows every update of it.
 *
 * Readers see the last complete release: a new one replaces it only when its index and every blob that the index
 * points at are on this machine. What was complete before is shown at once, without any network.
 *
 * @throws {SitedriveError} BAD_KEY or DAT_LINK; STORE_LOCKED, STORE_COPIED, DISK_FULL or STORE_FAILED when the folder
 * cannot be used
 */
export async function followSite(options: FollowOptions): Promise<FollowedSite> {
  const key = parseKey(options.key)
  makeDir(options.dir)
  const copy = await openFollower(path.join(options.dir, 'drive'), key)
  const site = new SiteCopy(copy, path.join(options.dir, 'complete.json'), options.overtakenMs)
  try {
    await site.start(options.network, options.announce ?? false)
    return site
  } catch (error) {
    await site.close()
    throw error
  }
}

class SiteCopy implements FollowedSite {
  readonly key: string
  problem: Error | null = null
  private readonly copy: FollowedDrive
  private readonly markFile: string
  private readonly newest: NewestOnly
  private readonly listeners = new Set<(state: DriveState) => void>()
  private readonly waiting = new Set<() => void>()
  private shown: SharedState | null = null
  private stopLooking = () => {}
  private closed: Promise<void> | null = null

  constructor(copy: FollowedDrive, markFile: string, overtakenMs?: number) {
    this.copy = copy
    this.key = copy.key
    this.markFile = markFile
    this.newest = new NewestOnly((signal) => this.pull(signal), {
      onFailure: (error) => this.note(error),
      ...(overtakenMs !== undefined && { overtakenMs })
    })
  }

  async start(network: Network | null, announce: boolean): Promise<void> {
    await this.showMarked()
    this.copy.onChange(() => this.newest.ask())
    this.newest.ask()
    if (!network) return
    // The network outlives the site and goes on handing out connections.
    network.serve({ replicate: (connection) => !this.closed && this.copy.replicate(connection) })
    // Not waited for: being offline is a normal state, and the joining goes on by itself.
    const look = () =>
      void network.join(this.key, { announce, find: true }).catch((error: unknown) => this.note(error))
    look()
    this.stopLooking = lookAgain(() => this.copy.peers === 0, look)
  }

  get state(): DriveState | null {
    return this.shown && withoutDrive(this.shown.state)
  }

  get newestVersion(): number {
    return this.copy.version
  }

  get peers(): number {
    return this.closed ? 0 : this.copy.peers
  }

  hold(): HeldState | null {
    return this.shown?.hold() ?? null
  }

  async ready(deadlineMs: number): Promise<boolean> {
    if (!this.shown && !this.closed) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(deadline)
          this.waiting.delete(done)
          resolve()
        }
        const deadline = setTimeout(done, deadlineMs)
        this.waiting.add(done)
      })
    }
    return this.shown !== null
  }

  onState(listener: (state: DriveState) => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  close(): Promise<void> {
    this.closed ??= this.closeNow()
    return this.closed
  }

  private async closeNow(): Promise<void> {
    this.stopLooking()
    this.listeners.clear()
    await this.newest.close()
    this.shown?.retire()
    this.shown = null
    this.wakeWaiting()
    await this.copy.close()
  }

  private async pull(signal: AbortSignal): Promise<void> {
    // Nothing, or the bare header of a drive, is no release. The first blocks to arrive are a change.
    if ((await this.copy.state()).version < 2) return
    const pulled = await this.copy.pull(signal)
    const now = await this.copy.state()
    if (signal.aborted) return
    // Reorganised while it was fetched: blocks of two histories.
    if (!isStillHeld(pulled, now)) return this.newest.ask()
    this.problem = null
    const { state } = this
    if (
      state?.version === pulled.version &&
      state.fork === pulled.fork &&
      state.blobsFork === pulled.blobsFork
    )
      return
    if (!(await this.show(pulled, signal))) return
    this.mark(pulled)
    for (const listener of this.listeners) listener({ ...pulled })
  }

  private async show(state: DriveState, signal?: AbortSignal): Promise<boolean> {
    const drive = this.copy.at(state.version)
    const close = () => void drive.close().catch(() => {}) // already closed with the copy
    try {
      // Opens the snapshot, and proves that its root can be read.
      await drive.entry('/index.html')
    } catch (error) {
      close()
      throw error
    }
    if (signal?.aborted) {
      close()
      return false
    }
    const before = this.shown
    this.shown = new SharedState({ ...state, drive }, close)
    before?.retire()
    this.wakeWaiting()
    return true
  }

  private async showMarked(): Promise<void> {
    const mark = readCompleteMark(this.markFile)
    if (!mark || !isStillHeld(mark, await this.copy.state())) return
    await this.show(mark).catch((error: unknown) => this.note(error))
  }

  private mark(state: DriveState): void {
    try {
      writeCompleteMark(this.markFile, state)
    } catch (error) {
      this.note(error) // the site is shown all the same; only a restart in the middle of a fetch would miss it
    }
  }

  private note(error: unknown): void {
    this.problem = error instanceof Error ? error : new Error(String(error))
  }

  private wakeWaiting(): void {
    for (const wake of this.waiting) wake()
  }
}

function makeDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new SitedriveError('STORE_FAILED', `The folder \`${dir}\` for the copy of a site cannot be made.`, {
      cause
    })
  }
}

function withoutDrive({ version, fork, blobsLength, blobsFork }: DriveState): DriveState {
  return { version, fork, blobsLength, blobsFork }
}
