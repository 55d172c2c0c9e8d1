import type { Drive, DriveState } from '@sitedrive/core/drive'
import type { Change, PreviewStatus } from '@sitedrive/core/preview'
import { type HeldState, SharedState } from '@sitedrive/mirror/parts'
import type { SourceLines } from '../failure/source-excerpt.js'
import { toldToOthers } from '../failure/source-lines.js'
import { UpdateLog } from './update-log.js'

/** The author of a preview, as far as this machine knows. */
export interface Author {
  online: boolean
  /** When its files last changed, ISO 8601. */
  updatedAt: string | null
}

/** Why the last build failed. */
export type Failure = NonNullable<PreviewStatus['failure']> & {
  /** For browsers on the author's machine only; null: not known, or not to be shown. */
  source?: SourceLines | null
}

/** The status of a preview. */
export interface LiveStatus {
  state: 'ready' | 'building' | 'failed'
  failure: Failure | null
  author: Author
}

/** The status as it is sent to a browser. */
export interface SentStatus extends LiveStatus {
  /** The browser is on the machine where the builds are made. */
  isAuthor: boolean
}

/** A preview that can be served: one that this process writes, or one that it follows. */
export interface PreviewFeed {
  /** The preview drive's key, z-base-32. */
  readonly key: string
  /** This machine makes the builds. */
  readonly isOwn: boolean
  /** Identifies the shown state; null before the first build. */
  readonly id: string | null
  readonly status: LiveStatus
  /** Takes the shown state into use; null while there is none. */
  hold(): HeldState | null
  /** The changes since an earlier shown state; null when they are not known. */
  changesSince(id: string): Change[] | null
  /** Calls back when another state is shown. @returns stops it */
  onUpdate(listener: () => void): () => void
  /** Calls back when the status changes. @returns stops it */
  onStatus(listener: () => void): () => void
  close(): Promise<void>
}

/** What a browser is told. Those on other machines are told of a failure what followers are. */
export function statusFor(browser: { isHere: boolean }, { isOwn, status }: PreviewFeed): SentStatus {
  const isAuthor = isOwn && browser.isHere
  const { failure } = status
  if (isAuthor || failure === null) return { ...status, isAuthor }
  // guard: overlay: source lines are for the author's machine alone
  const { source: _, ...rest } = failure
  return { ...status, failure: { ...rest, ...toldToOthers(rest) }, isAuthor }
}

/** The common part of all feeds: the shown state, the last changes, the status, and the listeners. */
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
   * @param drive is closed after its last use
   * @param changes from the state before; null when they are not known
   */
  show(state: DriveState, drive: Drive, changes: Change[] | null): void {
    const before = this.shared
    this.id = `${state.fork}.${state.version}`
    this.shared = new SharedState({ ...state, drive }, () => void drive.close().catch(() => {}))
    this.log.add(this.id, changes)
    before?.retire()
    for (const listener of this.updateListeners) listener()
  }

  setStatus(status: LiveStatus): void {
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

  /** Shows nothing from here on, and removes all listeners. */
  end(): void {
    this.updateListeners.clear()
    this.statusListeners.clear()
    this.shared?.retire()
    this.shared = null
  }
}
