import { realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { pollTree, POLLING_MS, watchTree, type TreeWatch } from './watch-tree.js'

export interface WatchFolderOptions {
  /** How long nothing may happen in the folder before its writer counts as done. Milliseconds. @default 200 */
  settleMs?: number | undefined
  /** Looks at all files again and again, for a folder whose changes the system does not report. @default false */
  poll?: boolean | undefined
  /** The writer has begun: what is in the folder is not to be read now. */
  onBusy?: () => void
  /**
   * The writer is done. Called once at the start as well, and whenever the folder has been made again.
   *
   * @param touched what changed, as paths that start with `/`; null: anything may have
   */
  onSettled: (touched: ReadonlySet<string> | null) => void
  /** The folder is not there, or no longer. It is waited for. */
  onMissing?: () => void
  /** The folder has been changing for 10 s without a pause; called once until it settles. @param file the last that changed */
  onRestless?: (file: string) => void
  /** Called with what keeps the folder from being watched well. */
  onProblem?: (problem: Error) => void
}

/** A folder that is watched. */
export interface FolderWatch {
  /** Nothing is called back any more. */
  close(): void
}

const SETTLE_MS = 200
const RESTLESS_MS = 10_000
/** How often the folder itself is looked for. Milliseconds. */
const LOOK_MS = 500
const LOOK_MISSING_MS = 100
/** A longer list costs more than it saves. */
const MAX_TOUCHED = 500
/** So many events at once may be more than the system's queue held (Linux: 16,384), and nothing reports what was dropped. */
const MAX_EVENTS = 12_000

const ENOSPC_HELP =
  'the system lets no more folders be watched. `sysctl fs.inotify.max_user_watches=1048576` allows more.'

/**
 * Watches a folder that another program writes, and reports when that program is done: nothing has happened for a while.
 * The folder may be missing, at the start or later; may be deleted and made again; and may be a link that is set anew.
 */
export function watchFolder(dir: string, options: WatchFolderOptions): FolderWatch {
  return new WatchedFolder(path.resolve(dir), options)
}

class WatchedFolder implements FolderWatch {
  private readonly dir: string
  private readonly options: WatchFolderOptions
  private tree: TreeWatch | null = null
  /** What the folder's name led to when it was opened; null while it is missing. */
  private identity: string | null = null
  private isMissingReported = false
  private isPolling: boolean
  private looking: NodeJS.Timeout | undefined
  private settling: NodeJS.Timeout | undefined
  private isClosed = false

  // What happened since the folder was last quiet.
  private touched = new Set<string>()
  private isWhole = false
  private events = 0
  private busySince: number | null = null
  private isRestlessReported = false

  constructor(dir: string, options: WatchFolderOptions) {
    this.dir = dir
    this.options = options
    this.isPolling = options.poll ?? false
    // Not at once: the caller has nothing to close yet.
    this.looking = setTimeout(() => this.look())
  }

  close(): void {
    this.isClosed = true
    clearTimeout(this.looking)
    this.reset()
    this.closeTree()
  }

  /** Looks whether the folder is still the one that is watched. */
  private look(): void {
    clearTimeout(this.looking)
    if (this.isClosed) return
    const identity = identityOf(this.dir)
    if (identity === null) this.lose()
    else if (identity !== this.identity) this.open(identity)
    if (this.isClosed) return // a callback has closed it
    this.looking = setTimeout(() => this.look(), this.identity === null ? LOOK_MISSING_MS : LOOK_MS)
  }

  private lose(): void {
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
        isLeftOut,
        onEvent: (relative, isFolder) => this.onEvent(relative, isFolder),
        onFailure: (error) => this.onFailure(error)
      })
    } catch (error) {
      this.identity = null // it is looked for again
      if (!isGone(error)) this.onFailure(error as NodeJS.ErrnoException)
      return
    }
    this.isMissingReported = false
    // Nobody reported what happened before.
    this.isWhole = true
    this.wait()
  }

  private reopen(): void {
    this.identity = ''
    this.look()
  }

  private closeTree(): void {
    this.tree?.close()
    this.tree = null
  }

  private onEvent(relative: string, isFolder: boolean): void {
    if (isFolder) this.isWhole = true
    else if (this.touched.size <= MAX_TOUCHED) this.touched.add(`/${relative.split(path.sep).join('/')}`)
    this.countEvent(relative)
    // The folder itself is gone, and perhaps there is another already.
    if (relative === '') this.reopen()
  }

  private onFailure(error: NodeJS.ErrnoException): void {
    if (this.isClosed) return
    if (identityOf(this.dir) === null) return this.look()
    if (this.isPolling) return // reported already
    this.isPolling = true
    const why = error.code === 'ENOSPC' ? ENOSPC_HELP : error.message
    this.options.onProblem?.(
      new Error(`The folder is looked at twice a second, for it cannot be watched: ${why}`)
    )
    // Not from within what has failed.
    setImmediate(() => this.reopen())
  }

  private countEvent(file: string): void {
    this.events++
    if (this.busySince === null) {
      this.busySince = performance.now()
      this.options.onBusy?.()
    } else if (!this.isRestlessReported && performance.now() - this.busySince > RESTLESS_MS) {
      this.isRestlessReported = true
      this.options.onRestless?.(file)
    }
    this.wait()
  }

  private wait(): void {
    if (this.settling) this.settling.refresh()
    else this.settling = setTimeout(() => this.elapse(), this.settleMs)
  }

  private get settleMs(): number {
    const { settleMs = SETTLE_MS } = this.options
    // Two looks, or a writer that goes on would not be seen.
    return this.isPolling ? Math.max(settleMs, 2 * POLLING_MS + 100) : settleMs
  }

  private elapse(): void {
    const { events } = this
    // When this process was busy, the timer fires before the events that came meanwhile. They are delivered first now.
    setImmediate(() => {
      if (this.settling && events === this.events) this.settle()
    })
  }

  private settle(): void {
    const { touched, isWhole, events } = this
    this.reset()
    if (this.identity !== identityOf(this.dir)) return this.look()
    if (events > MAX_EVENTS) this.reopen()
    const isPart = !isWhole && touched.size <= MAX_TOUCHED && events <= MAX_EVENTS
    this.options.onSettled(isPart ? touched : null)
  }

  private reset(): void {
    clearTimeout(this.settling)
    this.settling = undefined
    this.touched = new Set()
    this.isWhole = false
    this.events = 0
    this.busySince = null
    this.isRestlessReported = false
  }
}

/** Of names below the folder: what is never published, see core's `walk`, is not waited for either. */
function isLeftOut(relative: string): boolean {
  return relative
    .split(path.sep)
    .some((name) => name === 'node_modules' || (name.startsWith('.') && name !== '.well-known'))
}

/** Which folder a name leads to now; null: none. */
function identityOf(dir: string): string | null {
  try {
    const stats = statSync(dir, { bigint: true })
    return stats.isDirectory() ? `${stats.dev}:${stats.ino}` : null
  } catch {
    return null // not there, or not to be read: it is looked for again
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
