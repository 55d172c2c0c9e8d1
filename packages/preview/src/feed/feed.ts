import type { Drive, DriveState } from '@sitedrive/core/drive'
import type { Change, PreviewStatus } from '@sitedrive/core/preview'
import { type HeldState, SharedState } from '@sitedrive/mirror/parts'
import { UpdateLog } from './update-log.js'

/** How a preview's author is doing, as far as is known here. */
export interface Author {
  online: boolean
  /** When its files last changed, ISO 8601. */
  updatedAt: string | null
}

/** What a browser is told of a preview besides its files. */
export interface LiveStatus {
  state: 'ready' | 'building' | 'failed'
  failure: PreviewStatus['failure']
  author: Author
}

/** A preview to be served: one that is written in this process, or one that is followed. */
export interface PreviewFeed {
  /** The preview drive's key, z-base-32. */
  readonly key: string
  /** Names what is shown now; null before the first build is here. */
  readonly id: string | null
  readonly status: LiveStatus
  /** Takes what is shown into use, or null while there is nothing. */
  hold(): HeldState | null
  /** What changed since a state that was shown; null when that is not known. */
  changesSince(id: string): Change[] | null
  /** Calls back when something else is shown. @returns stops it */
  onUpdate(listener: () => void): () => void
  /** Calls back when the status is another. @returns stops it */
  onStatus(listener: () => void): () => void
  close(): Promise<void>
}

/** What all feeds have in common: the state that is shown, what changed, and who wants to hear of it. */
export class ShownFeed {
  id: string | null = null
  private shared: SharedState | null = null
  private lastStatus: LiveStatus
  private readonly log = new UpdateLog()
  private readonly updateListeners = new Set<() => void>()
  private readonly statusListeners = new Set<() => void>()

  constructor(status: LiveStatus) {
    this.lastStatus = status
  }

  get status(): LiveStatus {
    return this.lastStatus
  }

  hold(): HeldState | null {
    return this.shared?.hold() ?? null
  }

  changesSince(id: string): Change[] | null {
    return this.log.since(id)
  }

  /**
   * @param drive closed when nobody uses it any more
   * @param changes from the state before; null when that is not known
   */
  show(state: DriveState, drive: Drive, changes: Change[] | null): void {
    const before = this.shared
    this.id = `${state.fork}.${state.version}`
    this.shared = new SharedState({ ...state, drive }, () => void drive.close().catch(() => {}))
    this.log.add(this.id, changes)
    before?.retire()
    for (const listener of this.updateListeners) listener()
  }

  say(status: LiveStatus): void {
    if (JSON.stringify(status) === JSON.stringify(this.lastStatus)) return
    this.lastStatus = status
    for (const listener of this.statusListeners) listener()
  }

  onUpdate(listener: () => void): () => void {
    this.updateListeners.add(listener)
    return () => void this.updateListeners.delete(listener)
  }

  onStatus(listener: () => void): () => void {
    this.statusListeners.add(listener)
    return () => void this.statusListeners.delete(listener)
  }

  /** Nothing is shown any more. */
  end(): void {
    this.updateListeners.clear()
    this.statusListeners.clear()
    this.shared?.retire()
    this.shared = null
  }
}
