import { realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { pollTree, POLLING_MS, watchTree, type TreeWatch } from './watch-tree.js'

export interface WatchFolderOptions {
  /** When nothing has changed in the folder for this time, its writer counts as done. Milliseconds. @default 200 */
  settleMs?: number | undefined
  /** true: checks all files twice a second, for a folder whose changes the system does not report. @default false */
  poll?: boolean | undefined
  /** Called when the writer has begun. The folder must not be read now. */
  onBusy?: () => void
  /**
   * Called when the writer is done. Also called once at the start, and when the folder was created again.
   *
   * @param touched the changed paths, which start with `/`; null: any file may have changed
   */
  onSettled: (touched: ReadonlySet<string> | null) => void
  /** Called when the folder does not exist, or was removed. The watch waits for it. */
  onMissing?: () => void
  /** Called when the folder has changed for 10 s without a pause; once until the writer is done. @param file the last changed file */
  onStillChanging?: (file: string) => void
  /** Called with a problem of watching the folder. */
  onProblem?: (problem: Error) => void
}

/** A folder that is watched. */
export interface FolderWatch {
  /** After this, no option is called any more. */
  close(): void
}

const SETTLE_MS = 200
const STILL_CHANGING_MS = 10_000
/** Most programs empty a file and then write it. How long an emptied file is waited for. Milliseconds. */
const EMPTIED_MS = 2_000
/** How often it is checked that the folder is still the same. Milliseconds. */
const CHECK_MS = 500
const CHECK_MISSING_MS = 100
/** With more changed files than this, it is faster to compare all files. */
const MAX_TOUCHED = 500
/** With more events than this, the queue of the system (Linux: 16,384) may have overflowed, and the lost events are not reported. */
const MAX_EVENTS = 12_000

const ENOSPC_HELP =
  'the system lets no more folders be watched. `sysctl fs.inotify.max_user_watches=1048576` allows more.'

/**
 * Watches a folder that another program writes, and reports when that program is done: when nothing has changed for a while.
 * The folder may be missing at the start, may be deleted and created again, and may be a symbolic link whose target changes.
 */
export function watchFolder(dir: string, options: WatchFolderOptions): FolderWatch {
  return new WatchedFolder(path.resolve(dir), options)
}

class WatchedFolder implements FolderWatch {
  private readonly dir: string
  private readonly options: WatchFolderOptions
  private tree: TreeWatch | null = null
  /** Identifies the watched folder; null while it is missing. */
  private identity: string | null = null
  private isMissingReported = false
  private isPolling: boolean
  private checkTimer: NodeJS.Timeout | undefined
  private settleTimer: NodeJS.Timeout | undefined
  private isClosed = false

  // The changes since the writer was last done.
  private touched = new Set<string>()
  private mayBeAnyFile = false
  private events = 0
  private busySince: number | null = null
  private isStillChangingReported = false
  /** Files that are empty, and when that was seen first. */
  private readonly emptySince = new Map<string, number>()

  constructor(dir: string, options: WatchFolderOptions) {
    this.dir = dir
    this.options = options
    this.isPolling = options.poll ?? false
    // Asynchronous: callbacks must not run before the caller has the object that it can close.
    this.checkTimer = setTimeout(() => this.checkFolder())
  }

  close(): void {
    this.isClosed = true
    clearTimeout(this.checkTimer)
    this.reset()
    this.closeTree()
  }

  /** Checks that the folder is still the watched one. */
  private checkFolder(): void {
    clearTimeout(this.checkTimer)
    if (this.isClosed) return
    const identity = identityOf(this.dir)
    if (identity === null) this.onMissing()
    else if (identity !== this.identity) this.open(identity)
    if (this.isClosed) return // a callback may have closed the watch
    this.checkTimer = setTimeout(
      () => this.checkFolder(),
      this.identity === null ? CHECK_MISSING_MS : CHECK_MS
    )
  }

  private onMissing(): void {
    this.identity = null
    this.closeTree()
    this.reset()
    if (this.isMissingReported) return
    this.isMissingReported = true
    this.options.onMissing?.()
  }

  private open(identity: string): void {
    this.closeTree()
    this.identity = identity
    try {
      const root = realpathSync(this.dir)
      this.tree = (this.isPolling ? pollTree : watchTree)(root, {
        isIgnored,
        onEvent: (relative, isFolder) => this.onEvent(relative, isFolder),
        onFailure: (error) => this.onFailure(error)
      })
    } catch (error) {
      this.identity = null // the next check tries again
      if (!isMissing(error)) this.onFailure(error as NodeJS.ErrnoException)
      return
    }
    this.isMissingReported = false
    // Changes before this moment were not reported.
    this.mayBeAnyFile = true
    this.waitUntilQuiet()
  }

  private reopen(): void {
    this.identity = ''
    this.checkFolder()
  }

  private closeTree(): void {
    this.tree?.close()
    this.tree = null
  }

  private onEvent(relative: string, isFolder: boolean): void {
    if (isFolder) this.mayBeAnyFile = true
    else if (this.touched.size <= MAX_TOUCHED) this.touched.add(`/${relative.split(path.sep).join('/')}`)
    this.countEvent(relative)
    // The folder itself was removed, and perhaps created again.
    if (relative === '') this.reopen()
  }

  private onFailure(error: NodeJS.ErrnoException): void {
    if (this.isClosed) return
    if (identityOf(this.dir) === null) return this.checkFolder()
    if (this.isPolling) return // reported already
    this.isPolling = true
    const why = error.code === 'ENOSPC' ? ENOSPC_HELP : error.message
    this.options.onProblem?.(
      new Error(`The folder is looked at twice a second, for it cannot be watched: ${why}`)
    )
    // Asynchronous: the failed watch still calls this function.
    setImmediate(() => this.reopen())
  }

  private countEvent(file: string): void {
    this.events++
    if (this.busySince === null) {
      this.busySince = performance.now()
      this.options.onBusy?.()
    } else if (!this.isStillChangingReported && performance.now() - this.busySince > STILL_CHANGING_MS) {
      this.isStillChangingReported = true
      this.options.onStillChanging?.(file)
    }
    this.waitUntilQuiet()
  }

  private waitUntilQuiet(): void {
    if (this.settleTimer) this.settleTimer.refresh()
    else this.settleTimer = setTimeout(() => this.onQuiet(), this.settleMs)
  }

  private get settleMs(): number {
    const { settleMs = SETTLE_MS } = this.options
    // At least two polls must find no change, otherwise a busy writer counts as done.
    return this.isPolling ? Math.max(settleMs, 2 * POLLING_MS + 100) : settleMs
  }

  private onQuiet(): void {
    const { events } = this
    // When this process was busy, the timer fires before the events that arrived in that time. `setImmediate` lets them come first.
    setImmediate(() => {
      if (this.settleTimer && events === this.events) this.settle()
    })
  }

  private settle(): void {
    // guard: watch: an emptied file is waited for
    if (this.isWaitingForEmptied()) return
    const { touched, mayBeAnyFile, events } = this
    this.reset()
    if (this.identity !== identityOf(this.dir)) return this.checkFolder()
    if (events > MAX_EVENTS) this.reopen()
    const isPart = !mayBeAnyFile && touched.size <= MAX_TOUCHED && events <= MAX_EVENTS
    this.options.onSettled(isPart ? touched : null)
  }

  /** Whether a file was emptied a short time ago: then its writer is hardly done, however busy this machine is. */
  private isWaitingForEmptied(): boolean {
    const now = performance.now()
    let isWaiting = false
    for (const file of this.touched) {
      if (!isEmpty(path.join(this.dir, file))) {
        this.emptySince.delete(file)
        continue
      }
      const since = this.emptySince.get(file) ?? now
      this.emptySince.set(file, since)
      isWaiting ||= now - since < EMPTIED_MS
    }
    if (isWaiting) this.settleTimer?.refresh()
    return isWaiting
  }

  private reset(): void {
    clearTimeout(this.settleTimer)
    this.settleTimer = undefined
    this.touched = new Set()
    this.mayBeAnyFile = false
    this.events = 0
    this.busySince = null
    this.isStillChangingReported = false
  }
}

/** Files that are never published (see `walk` of core) are ignored here too. */
function isIgnored(relative: string): boolean {
  return relative
    .split(path.sep)
    .some((name) => name === 'node_modules' || (name.startsWith('.') && name !== '.well-known'))
}

function isEmpty(file: string): boolean {
  try {
    const stats = statSync(file)
    return stats.isFile() && stats.size === 0
  } catch {
    return false // it was removed
  }
}

/** Identifies the folder at this path; null: there is none. */
function identityOf(dir: string): string | null {
  try {
    const stats = statSync(dir, { bigint: true })
    return stats.isDirectory() ? `${stats.dev}:${stats.ino}` : null
  } catch {
    return null // it is missing or cannot be read: the next check tries again
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
