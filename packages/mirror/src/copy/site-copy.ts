import type {
  CorePart,
  Difference,
  DriveEntry,
  DriveState,
  FollowedDrive,
  Network,
  Pulled
} from '@sitedrive/core/drive'
import { isStillHeld, readCompleteMark, writeCompleteMark } from './complete-mark.js'
import { SharedState, type HeldState } from './held-state.js'
import { lookAgain } from './look-again.js'
import { NewestOnly } from './newest-only.js'
import { proveFiles, type Damage, type Proof } from '../proof/prove-files.js'
import { ProvedFiles } from '../proof/proved-files.js'
import { Turns } from '../proof/turns.js'

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
  /** The newest state, while it is complete and not shown, for files of it are not what their author signed. */
  readonly refused: RefusedState | null
  /** Files of the shown state that are not what their author signed. They are not served. */
  readonly damaged: readonly Damage[]
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
  /** Where it is noted which files were found to be what their author signed. */
  proofFile: string
  overtakenMs?: number | undefined
  /** Asked before anything is fetched. After a no, `look` asks again. @default always */
  mayFetch?: () => boolean
}

/** A complete state that does not take the place of the one before: files of it are not what their author signed. */
export interface RefusedState {
  state: DriveState
  damaged: readonly Damage[]
}

/** So many sites of this process are looked through at a time. */
const TURNS = new Turns(4)

/** A check reads what is in the blobs core as many times, and this much. Bytes. */
const READ_TIMES = 2
const READ_MORE = 64 * 1024 * 1024

/**
 * Keeps the last complete state of a copied drive in view, and fetches what is newer.
 *
 * Each file of a state is compared with the hash that its author signed before it is shown. A state with files that are
 * something else is shown only where there is no better one to go on showing.
 */
export class SiteCopy implements FollowedSite {
  readonly key: string
  problem: Error | null = null
  /** Fetches that have failed one after the other. */
  failedFetches = 0
  /** The newest state, while it is not shown for what its files are. */
  refused: RefusedState | null = null
  private readonly copy: FollowedDrive
  private readonly markFile: string
  private readonly proofFile: string
  private proved: ProvedFiles
  /** What a check of the shown state came to; null: it was not checked. */
  private proof: Proof | null = null
  /**
   * The shown state at the forks that the cores have moved to since, as far as the same blocks are there; null where they
   * are not. What is newer is compared with it.
   */
  private base: DriveState | null = null
  private readonly newest: NewestOnly
  private readonly mayFetch: () => boolean
  private isHeldBack = false
  private limit = new AbortController()
  private readonly listeners = new Set<StateListener>()
  private readonly refusalListeners = new Set<() => void>()
  private readonly waiting = new Set<() => void>()
  private shown: SharedState | null = null
  private stopLooking = () => {}
  private closed: Promise<void> | null = null

  constructor(copy: FollowedDrive, options: SiteCopyOptions) {
    const { markFile, proofFile, overtakenMs, mayFetch = () => true } = options
    this.copy = copy
    this.key = copy.key
    this.markFile = markFile
    this.proofFile = proofFile
    this.proved = new ProvedFiles(proofFile, NaN)
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
    this.proved = new ProvedFiles(this.proofFile, (await this.copy.state()).blobsFork)
    await this.showMarked()
    this.copy.onTruncate((part, length, fork) => this.moved(part, length, fork))
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

  /** Files of the shown state that are not what their author signed. */
  get damaged(): readonly Damage[] {
    return this.proof?.damaged ?? []
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

  /** Calls back when a newer state is complete and is not shown, for what its files are. */
  onRefusal(listener: () => void): void {
    this.refusalListeners.add(listener)
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
    await this.proveShown(signal)
    const within = await this.pullWithin(AbortSignal.any([signal, this.limit.signal]))
    if (!within) return
    const { state: pulled, differences, entries } = within
    const now = await this.copy.state()
    if (signal.aborted) return
    // Reorganised while it was fetched: blocks of two histories.
    if (!isStillHeld(pulled, now)) return this.newest.ask()
    this.problem = null
    this.failedFetches = 0
    if (isSameState(this.state, pulled) || isSameState(this.refused?.state, pulled)) return
    const proof = await this.prove(pulled, { differences, entries }, signal)
    if (signal.aborted) return
    // And the same while it was read.
    const then = await this.copy.state()
    if (!isStillHeld(pulled, then)) return this.newest.ask()
    const isBetter = this.proof?.damaged.length === 0 && this.base !== null && isStillHeld(this.base, then)
    if (proof.damaged.length > 0 && isBetter) {
      this.refused = { state: pulled, damaged: proof.damaged }
      for (const listener of this.refusalListeners) listener()
      return
    }
    if (!(await this.show(pulled, proof, signal))) return
    this.refused = null
    for (const listener of this.listeners) listener({ ...pulled }, differences)
    this.mark()
  }

  /** One that was shown before anybody looked at its files, by an older version of this program. */
  private async proveShown(signal: AbortSignal): Promise<void> {
    const { state, base } = this
    if (!state || !base || this.proof) return
    const proof = await this.prove(state, { differences: null }, signal)
    if (signal.aborted || !isSameState(this.state, state) || !(await this.show(state, proof, signal))) return
    this.base = base
    this.mark()
  }

  /**
   * Compares the files of a complete state with what was signed: all of them, or those that differ from the shown state.
   */
  private async prove(
    state: DriveState,
    { differences, entries }: { differences: Difference[] | null; entries?: DriveEntry[] },
    signal: AbortSignal
  ): Promise<Proof> {
    const drive = this.copy.at(state.version)
    // The shown state is always looked through before anything is compared with it.
    const before = differences && this.proof
    const files = entries && (before || !differences) ? entries : drive.entries()
    try {
      const proof = await TURNS.take(
        () =>
          proveFiles(files, {
            drive,
            blobsLength: state.blobsLength,
            budgetBytes: READ_TIMES * this.copy.blobsByteLength + READ_MORE,
            proved: this.proved,
            isHeld: (blob) => this.copy.hasBlob(blob),
            signal
          }),
        signal
      )
      return before ? merged(before, proof, differences) : proof
    } finally {
      await drive.close().catch(() => {}) // already closed with the copy
    }
  }

  /** A core has moved to another fork. What is shown may be the same there. */
  private moved(part: CorePart, length: number, fork: number): void {
    if (part === 'blobs') this.proved.truncated(length)
    const { base, proof } = this
    if (!base) return
    if (part === 'index') this.base = base.version <= length ? { ...base, fork } : null
    else {
      // What lies above belongs to no file of it.
      const isThere = (proof?.usedBlobs ?? base.blobsLength) <= length
      const blobsLength = Math.min(base.blobsLength, length)
      this.base = isThere ? { ...base, blobsLength, blobsFork: fork } : null
    }
    if (this.base) this.mark()
  }

  /** @returns null when it may no longer be fetched: the drive has grown meanwhile */
  private async pullWithin(signal: AbortSignal): Promise<Pulled | null> {
    try {
      return await this.copy.pullSince(this.base, signal)
    } catch (error) {
      if (this.limit.signal.aborted) return null
      throw error
    }
  }

  private async show(state: DriveState, proof: Proof | null, signal?: AbortSignal): Promise<boolean> {
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
    const damaged = proof && new Set(proof.damaged.map(({ path }) => path))
    this.shown = new SharedState({ ...state, drive, ...(damaged && { damaged }) }, close)
    this.proof = proof
    this.base = { ...state }
    before?.retire()
    this.wakeWaiting()
    return true
  }

  private async showMarked(): Promise<void> {
    const mark = readCompleteMark(this.markFile)
    if (!mark || !isStillHeld(mark, await this.copy.state())) return
    await this.show(mark, mark.proof).catch((error: unknown) => this.note(error))
  }

  private mark(): void {
    const { base, proof } = this
    if (!base) return
    try {
      this.proved.save(base.blobsFork)
      writeCompleteMark(this.markFile, { ...base, proof })
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

function isSameState(a: DriveState | null | undefined, b: DriveState): boolean {
  return a?.version === b.version && a.fork === b.fork && a.blobsFork === b.blobsFork
}

/** What is known of a state of which only what differs was looked at. */
function merged(before: Proof, now: Proof, differences: readonly Difference[]): Proof {
  const touched = new Set(differences.flatMap((each) => [each.now?.path ?? '', each.before?.path ?? '']))
  const stillDamaged = before.damaged.filter(({ path }) => !touched.has(path))
  return {
    damaged: [...stillDamaged, ...now.damaged],
    usedBlobs: Math.max(before.usedBlobs, now.usedBlobs)
  }
}
