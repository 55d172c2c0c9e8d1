import {
  isSameState,
  type CorePart,
  type Difference,
  type DriveEntry,
  type DriveState,
  type FollowedDrive,
  type Network,
  type Pulled
} from '@sitedrive/core/drive'
import { isStillHeld, readCompleteMark, writeCompleteMark } from './complete-mark.js'
import { EarlierFiles } from './earlier-files.js'
import { SharedState, type HeldState } from './held-state.js'
import { findPeers } from './find-peers.js'
import { NewestOnly } from './newest-only.js'
import { proveFiles, type Damage, type Proof } from '../proof/prove-files.js'
import { ProvedFiles } from '../proof/proved-files.js'
import { TaskLimit } from '../task-limit.js'

/** A copy of another author's site drive in a folder of this machine. It follows the updates. */
export interface FollowedSite {
  /** z-base-32, normalised. */
  readonly key: string
  /** The last complete state, or null before the first. */
  readonly state: DriveState | null
  /** The newest version that is known of, complete or not. */
  readonly newestVersion: number
  /** How many peers are connected that hold this drive. */
  readonly peers: number
  /** The newest state, when it is complete but not shown, because some of its files do not match what their author signed. */
  readonly refused: RefusedState | null
  /** Files of the shown state that do not match what their author signed. They are not served. */
  readonly damaged: readonly Damage[]
  /** The error that keeps the newest state from being fetched, or null. A missing peer is no error: it is waited for. */
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
   * Calls back with every new complete state, and with its differences from the one before, when they are known.
   *
   * @returns stops it
   */
  onState(listener: StateListener): () => void
  /** Closes the folder. States that are still held become unreadable. Safe to call twice. */
  close(): Promise<void>
}

/** @param differences from the state before; null when only a full comparison can find them */
export type StateListener = (state: DriveState, differences: Difference[] | null) => void

export interface SiteCopyOptions {
  /** The file that names the last complete state. */
  markFile: string
  /** The file that lists which files match what their author signed. */
  proofFile: string
  overtakenMs?: number | undefined
  /** Called before anything is fetched. After false, `checkFetchAllowed` calls it again. @default always true */
  mayFetch?: () => boolean
}

/** A complete state that does not replace the shown one: some of its files do not match what their author signed. */
export interface RefusedState {
  state: DriveState
  damaged: readonly Damage[]
}

/** The number of sites that this process checks at the same time. */
const proofLimit = new TaskLimit(4)

/** A check may read this many times the size of the blobs core, and `READ_MORE` bytes more. */
const READ_TIMES = 2
const READ_MORE = 64 * 1024 * 1024

/**
 * Shows the last complete state of a copied drive, and fetches newer ones.
 *
 * Before a state is shown, each of its files is compared with the hash that its author signed. A state with damaged files
 * is shown only when the state before is damaged too, or is not there any more.
 */
export class SiteCopy implements FollowedSite {
  readonly key: string
  problem: Error | null = null
  /** How many fetches in a row have failed. */
  failedFetches = 0
  /** The newest state, while it is not shown because of damaged files. */
  refused: RefusedState | null = null
  private readonly copy: FollowedDrive
  private readonly markFile: string
  private readonly proofFile: string
  private proved: ProvedFiles
  /** The result of the check of the shown state; null: it was not checked. */
  private proof: Proof | null = null
  /**
   * The shown state with the present forks of the cores, when its blocks are still there; null when they are not. Newer
   * states are compared with it.
   */
  private base: DriveState | null = null
  private readonly newest: NewestOnly
  private readonly earlierFiles: EarlierFiles
  private readonly mayFetch: () => boolean
  private isHeldBack = false
  private limit = new AbortController()
  private readonly listeners = new Set<StateListener>()
  private readonly refusalListeners = new Set<() => void>()
  private readonly waiting = new Set<() => void>()
  private shown: SharedState | null = null
  private stopSearching = () => {}
  private closed: Promise<void> | null = null

  constructor(copy: FollowedDrive, options: SiteCopyOptions) {
    const { markFile, proofFile, overtakenMs, mayFetch = () => true } = options
    this.copy = copy
    this.earlierFiles = new EarlierFiles(copy)
    this.key = copy.key
    this.markFile = markFile
    this.proofFile = proofFile
    this.proved = new ProvedFiles(proofFile, NaN)
    this.mayFetch = mayFetch
    this.newest = new NewestOnly((signal) => this.pull(signal), {
      onFailure: (error) => {
        this.failedFetches++
        this.setProblem(error)
      },
      ...(overtakenMs !== undefined && { overtakenMs })
    })
  }

  async start(network: Pick<Network, 'serve' | 'join'> | null, announce: boolean): Promise<void> {
    this.proved = new ProvedFiles(this.proofFile, (await this.copy.state()).blobsFork)
    await this.showMarked()
    this.copy.onTruncate((part, length, fork) => this.onForkMoved(part, length, fork))
    this.copy.onChange(() => this.newest.ask())
    this.newest.ask()
    if (!network) return
    this.stopSearching = findPeers(this.copy, network, {
      announce,
      onProblem: (error) => this.setProblem(error)
    })
  }

  /** Call it when the answer of `mayFetch` may have changed. Cheap when it has not. */
  checkFetchAllowed(): void {
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

  /** Calls back when a newer state is complete and is not shown because of damaged files. */
  onRefusal(listener: () => void): void {
    this.refusalListeners.add(listener)
  }

  close(): Promise<void> {
    this.closed ??= this.closeNow()
    return this.closed
  }

  private async closeNow(): Promise<void> {
    this.stopSearching()
    this.listeners.clear()
    await this.newest.close()
    this.shown?.retire()
    this.shown = null
    this.wakeWaiting()
    await this.copy.close()
  }

  private async pull(signal: AbortSignal): Promise<void> {
    // An empty drive, or only its header, is no release. The first blocks that arrive call this again.
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
    // The drive was reorganised during the fetch: the blocks are of two histories.
    if (!isStillHeld(pulled, now)) return this.newest.ask()
    this.problem = null
    this.failedFetches = 0
    if (isSameState(this.state, pulled) || isSameState(this.refused?.state, pulled)) return
    const proof = await this.prove(pulled, { differences, entries }, signal)
    if (signal.aborted) return
    // The drive was reorganised while the files were read.
    const then = await this.copy.state()
    if (!isStillHeld(pulled, then)) return this.newest.ask()
    const isBetter = this.proof?.damaged.length === 0 && this.base !== null && isStillHeld(this.base, then)
    // guard: proof: a release with a file that is not what was signed does not replace a whole one
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

  /** Checks a state that an older version of this program has shown without a check. */
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
    // The shown state is always checked before another state is compared with it.
    const before = differences && this.proof
    const files = entries && (before || !differences) ? entries : drive.entries()
    try {
      const proof = await proofLimit.run(
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

  /** A core has moved to another fork. The shown state may be the same there. */
  private onForkMoved(part: CorePart, length: number, fork: number): void {
    if (part === 'blobs') this.proved.truncated(length)
    const { base, proof } = this
    if (!base) return
    if (part === 'index') this.base = base.version <= length ? { ...base, fork } : null
    else {
      // The blocks above belong to no file of the shown state.
      const isThere = (proof?.usedBlobs ?? base.blobsLength) <= length
      const blobsLength = Math.min(base.blobsLength, length)
      this.base = isThere ? { ...base, blobsLength, blobsFork: fork } : null
    }
    if (this.base) this.mark()
  }

  /** @returns null when fetching was stopped because the drive has grown beyond its limit */
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
      // This opens the snapshot, and shows that its root can be read.
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
    const earlier = (path: string) => this.earlierFiles.find(state, path)
    this.shown = new SharedState({ ...state, drive, earlier, ...(damaged && { damaged }) }, close)
    this.proof = proof
    this.base = { ...state }
    before?.retire()
    this.wakeWaiting()
    return true
  }

  private async showMarked(): Promise<void> {
    const mark = readCompleteMark(this.markFile)
    if (!mark || !isStillHeld(mark, await this.copy.state())) return
    await this.show(mark, mark.proof).catch((error: unknown) => this.setProblem(error))
  }

  private mark(): void {
    const { base, proof } = this
    if (!base) return
    try {
      this.proved.save(base.blobsFork)
      writeCompleteMark(this.markFile, { ...base, proof })
    } catch (error) {
      this.setProblem(error) // the site is shown anyway; the mark is only needed after a restart in the middle of a fetch
    }
  }

  private setProblem(error: unknown): void {
    this.problem = error instanceof Error ? error : new Error(String(error))
  }

  private wakeWaiting(): void {
    for (const wake of this.waiting) wake()
  }
}

function withoutDrive({ version, fork, blobsLength, blobsFork }: DriveState): DriveState {
  return { version, fork, blobsLength, blobsFork }
}

/** The proof of a state of which only the differences were checked. */
function merged(before: Proof, now: Proof, differences: readonly Difference[]): Proof {
  const touched = new Set(differences.flatMap((each) => [each.now?.path ?? '', each.before?.path ?? '']))
  const stillDamaged = before.damaged.filter(({ path }) => !touched.has(path))
  return {
    damaged: [...stillDamaged, ...now.damaged],
    usedBlobs: Math.max(before.usedBlobs, now.usedBlobs)
  }
}
