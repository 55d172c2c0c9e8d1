import type { Drive, DriveEntry, DriveState } from '@sitedrive/core/drive'

/**
 * The part of a drive at one version that serving needs. What is optional reads from this machine alone: it is there when the
 * whole state is.
 */
export type ReadableDrive = Pick<Drive, 'entry' | 'stream'> &
  Partial<Pick<Drive, 'blocks' | 'differences' | 'entries'>>

/** One complete state of a drive: its index and every blob that it points at are on this machine. */
export interface CompleteState extends DriveState {
  drive: ReadableDrive
  /**
   * The files that do not match what their author signed. undefined: they were not checked yet, and each is checked when it
   * is sent.
   */
  damaged?: ReadonlySet<string> | undefined
  /** Called with the path of a file that does not match what its author signed, when it should have been sent. */
  onDamaged?: ((path: string) => void) | undefined
  /** Finds a file with a fingerprint in its name that this state lacks in an earlier one, whose blobs are in the same core. */
  earlier?: ((path: string) => Promise<DriveEntry | null>) | undefined
}

/** A complete state in use. It stays readable until it is released, although a newer one may have replaced it. */
export interface HeldState extends CompleteState {
  /** Safe to call twice. */
  release(): void
}

/** Counts the users of a state. It is closed when it is retired and the last user has released it. */
export class SharedState {
  readonly state: CompleteState
  private readonly close: () => void
  private users = 0
  private isRetired = false

  constructor(state: CompleteState, close: () => void) {
    this.state = state
    this.close = close
  }

  hold(): HeldState {
    this.users++
    return new Held(this.state, () => {
      this.users--
      this.closeIfUnused()
    })
  }

  /** Call `hold` no more after this. */
  retire(): void {
    if (this.isRetired) return
    this.isRetired = true
    this.closeIfUnused()
  }

  private closeIfUnused(): void {
    if (this.isRetired && this.users === 0) this.close()
  }
}

/** A class for speed: one is made for every request. */
class Held implements HeldState {
  readonly version: number
  readonly fork: number
  readonly blobsLength: number
  readonly blobsFork: number
  readonly drive: ReadableDrive
  readonly damaged: CompleteState['damaged']
  readonly onDamaged: CompleteState['onDamaged']
  readonly earlier: CompleteState['earlier']
  private onRelease: (() => void) | null

  constructor(state: CompleteState, onRelease: () => void) {
    const { version, fork, blobsLength, blobsFork, drive } = state
    this.version = version
    this.fork = fork
    this.blobsLength = blobsLength
    this.blobsFork = blobsFork
    this.drive = drive
    this.damaged = state.damaged
    this.onDamaged = state.onDamaged
    this.earlier = state.earlier
    this.onRelease = onRelease
  }

  release(): void {
    const { onRelease } = this
    this.onRelease = null
    onRelease?.()
  }
}
