import type { Difference, DriveState, FollowedDrive, Network, Pulled } from '@sitedrive/core/drive'
import { isStillHeld, readCompleteMark, writeCompleteMark } from './complete-mark.js'
import { SharedState, type HeldState } from './held-state.js'
import { lookAgain } from './look-again.js'
import { NewestOnly } from './newest-only.js'

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
  /**
   * Calls back with every new complete state, and with what differs from the one before, as far as that is known.
   *
   * @returns stops it
   */
  onState(listener: StateListener): () => void
  /** Lets go of the folder. States that are still held become unreadable. Safe to call twice. */
  close(): Promise<void>
}

/** @param differences from the state before; null where only a comparison of all can tell */
export type StateListener = (state: DriveState, differences: Difference[] | null) => void

export interface SiteCopyOptions {
  /** Where it is noted which state was last complete. */
  markFile: string
  overtakenMs?: number | undefined
  /** Asked before anything is fetched. After a no, `look` asks again. @default always */
  mayFetch?: () => boolean
}

/** Keeps the last complete state of a copied drive in view, and fetches what is newer. */
export class SiteCopy implements FollowedSite {
  readonly key: string
  problem: Error | null = null
  /** Fetches that have failed one after the other. */
  failedFetches = 0
  private readonly copy: FollowedDrive
  private readonly markFile: string
  private readonly newest: NewestOnly
  private readonly mayFetch: () => boolean
  private isHeldBack = false
  private limit = new AbortController()
  private readonly listeners = new Set<StateListener>()
  private readonly waiting = new Set<() => void>()
  private shown: SharedState | null = null
  private stopLooking = () => {}
  private closed: Promise<void> | null = null

  constructor(copy: FollowedDrive, { markFile, overtakenMs, mayFetch = () => true }: SiteCopyOptions) {
    this.copy = copy
    this.key = copy.key
    this.markFile = markFile
    this.mayFetch = mayFetch
    this.newest = new NewestOnly((signal) => this.pull(signal), {
      onFailure: (error) => {
        this.failedFetches++
        this.note(error)
      },
      ...(overtakenMs !== undefined && { overtakenMs })
    })
  }

  async start(network: Pick<Network, 'serve' | 'join'> | null, announce: boolean): Promise<void> {
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

  /** Whether it may be fetched has perhaps changed. Costs next to nothing when it has not. */
  look(): void {
    if (this.closed) return
    const mayFetch = this.mayFetch()
    if (mayFetch && this.isHeldBack) this.newest.ask()
    if (!mayFetch && !this.isHeldBack) this.limit.abort()
    this.isHeldBack = !mayFetch
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

  onState(listener: StateListener): () => void {
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
    this.isHeldBack = !this.mayFetch()
    if (this.isHeldBack) return
    this.limit = new AbortController()
    const within = await this.pullWithin(AbortSignal.any([signal, this.limit.signal]))
    if (!within) return
    const { state: pulled, differences } = within
    const now = await this.copy.state()
    if (signal.aborted) return
    // Reorganised while it was fetched: blocks of two histories.
    if (!isStillHeld(pulled, now)) return this.newest.ask()
    this.problem = null
    this.failedFetches = 0
    const { state } = this
    if (
      state?.version === pulled.version &&
      state.fork === pulled.fork &&
      state.blobsFork === pulled.blobsFork
    )
      return
    if (!(await this.show(pulled, signal))) return
    for (const listener of this.listeners) listener({ ...pulled }, differences)
    this.mark(pulled)
  }

  /** @returns null when it may no longer be fetched: the drive has grown meanwhile */
  private async pullWithin(signal: AbortSignal): Promise<Pulled | null> {
    try {
      return await this.copy.pullSince(this.state, signal)
    } catch (error) {
      if (this.limit.signal.aborted) return null
      throw error
    }
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

function withoutDrive({ version, fork, blobsLength, blobsFork }: DriveState): DriveState {
  return { version, fork, blobsLength, blobsFork }
}
