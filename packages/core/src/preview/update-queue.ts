import type { PreviewUpdate } from './preview-contract.js'
import type { Build } from './preview-drive.js'
import type { PreviewStatus } from './preview-status.js'

/** The next update: a build, a failure, or neither, when only the callers wait for an answer. */
export interface PendingUpdate {
  build: Build | null
  failure: PreviewStatus['failure']
  done: Deferred
}

/** A promise that is settled from outside. */
class Deferred {
  resolve!: (update: PreviewUpdate) => void
  reject!: (error: unknown) => void
  readonly promise = new Promise<PreviewUpdate>((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })

  constructor() {
    this.promise.catch(() => {}) // the caller of the update gets the error
  }
}

/** Merges waiting updates, so that at most one waits. */
export class UpdateQueue {
  private pending: PendingUpdate | null = null
  /** A build was dropped, so the next one must compare the whole folder and ignores `touched`. */
  private hasDropped = false

  get isEmpty(): boolean {
    return this.pending === null
  }

  /** Adds a build that has ended well. It replaces a failure that waits. */
  addBuild({ dir, ignoreFile, touched }: Build): Promise<PreviewUpdate> {
    const before = this.pending?.build
    const isSameDir = !before || before.dir === dir
    const isPart = touched && isSameDir && before?.touched !== null && !this.hasDropped
    this.hasDropped = false
    const pending = this.makePending()
    pending.build = {
      dir,
      ignoreFile,
      touched: isPart ? new Set([...(before?.touched ?? []), ...touched]) : null
    }
    pending.failure = null
    return pending.done.promise
  }

  /** Adds the failure of a build. A build that waits is dropped. */
  addFailure(failure: PreviewStatus['failure']): Promise<PreviewUpdate> {
    const pending = this.makePending()
    pending.failure = failure
    this.dropBuild()
    return pending.done.promise
  }

  /** Drops the build that waits, because another build writes its folder now. */
  dropBuild(): void {
    if (!this.pending?.build) return
    this.pending.build = null
    this.hasDropped = true
  }

  /** Adds a build that could not be written, unless a newer update waits. The whole folder is compared then. */
  keepBuild(build: Build): void {
    const { pending } = this
    if (pending?.build) pending.build = { ...pending.build, touched: null }
    else if (pending?.failure) this.hasDropped = true
    else void this.addBuild({ ...build, touched: null })
  }

  /** Adds a failure that could not be written, unless a newer update waits. */
  keepFailure(failure: PreviewStatus['failure']): void {
    if (!this.pending) void this.addFailure(failure)
  }

  /** Removes and returns the waiting update; null: none waits. */
  take(): PendingUpdate | null {
    const { pending } = this
    this.pending = null
    return pending
  }

  /** Puts back an update that could not be written, and merges it with a newer waiting update. */
  putBack(late: PendingUpdate): void {
    const next = this.pending
    if (!next) {
      this.pending = late
      return
    }
    next.done.promise.then(late.done.resolve, late.done.reject)
    const { build } = late
    if (!build) return
    if (next.failure) {
      this.hasDropped = true
      return
    }
    if (!next.build) next.build = build
    else if (!build.touched || !next.build.touched) next.build = { ...next.build, touched: null }
    else next.build = { ...next.build, touched: new Set([...build.touched, ...next.build.touched]) }
  }

  private makePending(): PendingUpdate {
    return (this.pending ??= { build: null, failure: null, done: new Deferred() })
  }
}
