import { readFileSync } from 'node:fs'
import { readProject, dataDir, sitePaths } from '@sitedrive/core'
import { openLastRelease, parseKey, type HeldRelease } from '@sitedrive/core/drive'
import { type HeldState, SharedState } from '@sitedrive/mirror/parts'

/** The time until an unused release is closed. Milliseconds. */
const IDLE_MS = 60_000

interface Opened {
  held: HeldRelease
  shared: SharedState
}

/** A release in use. It stays readable until it is released, although a newer one may exist. */
export interface ReleaseInUse extends HeldRelease {
  hold(): HeldState
}

/** The newest release that this machine holds. It is opened at first use, and again when there is a newer one. */
export class LastRelease {
  private readonly projectDir: string
  private readonly env: NodeJS.ProcessEnv
  private opening: Promise<Opened | null> = Promise.resolve(null)
  /** Identifies the newest release at the time it was opened; null: none is open. */
  private mark: string | null = null
  private idle: NodeJS.Timeout | undefined

  constructor(projectDir: string, env: NodeJS.ProcessEnv) {
    this.projectDir = projectDir
    this.env = env
  }

  /** @param read gets null when this machine holds no release */
  async use<T>(read: (release: HeldRelease | null) => T | Promise<T>): Promise<T> {
    const inUse = await this.take()
    try {
      return await read(inUse?.held ?? null)
    } finally {
      inUse?.state.release()
    }
  }

  /** Takes the release into use for serving; null when there is none. */
  async hold(): Promise<{ key: string; state: HeldState } | null> {
    const inUse = await this.take()
    return inUse && { key: inUse.held.key, state: inUse.state }
  }

  close(): void {
    clearTimeout(this.idle)
    this.retire()
  }

  /**
   * Holds the release in the same microtask in which it is opened: a newer release can retire it only in a later one.
   */
  private take(): Promise<{ held: HeldRelease; state: HeldState } | null> {
    return this.current().then((opened) => opened && { held: opened.held, state: opened.shared.hold() })
  }

  private current(): Promise<Opened | null> {
    clearTimeout(this.idle)
    this.idle = setTimeout(() => this.retire(), IDLE_MS).unref()
    const mark = this.markNow()
    if (mark !== this.mark) {
      this.retire()
      this.mark = mark
      const opening = (this.opening = this.open())
      // When opening fails, the next call tries again.
      opening.catch(() => this.opening === opening && (this.mark = null))
    }
    return this.opening
  }

  private async open(): Promise<Opened | null> {
    const held = await openLastRelease(this.projectDir, this.env)
    if (!held) return null
    const shared = new SharedState(
      { ...held.state, drive: held.drive },
      () => void held.close().catch(() => {})
    )
    return { held, shared }
  }

  private retire(): void {
    this.mark = null
    const before = this.opening
    this.opening = Promise.resolve(null)
    before.then(
      (opened) => opened?.shared.retire(),
      () => {} // the caller of `current` got the error
    )
  }

  /** Every publish rewrites the head file, so its content identifies the newest release. */
  private markNow(): string {
    try {
      const key = readProject(this.projectDir, parseKey)?.key
      return key === undefined ? '' : key + readFileSync(sitePaths(dataDir(this.env), key).head, 'utf8')
    } catch {
      return ''
    }
  }
}
