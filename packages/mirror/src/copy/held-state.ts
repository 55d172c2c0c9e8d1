import type { Drive, DriveState } from '@sitedrive/core/drive'

/** What serving needs of a drive at one version. */
export type ReadableDrive = Pick<Drive, 'entry' | 'stream'>

/** One complete state of a drive: its index and every blob that it points at are on this machine. */
export interface CompleteState extends DriveState {
  drive: ReadableDrive
  /**
   * The files that are not what their author signed. Without it nobody has looked yet: each is looked at when it is sent.
   */
  damaged?: ReadonlySet<string> | undefined
  /** Hears of a file that was found not to be what its author signed when it was to be sent. */
  onDamaged?: ((path: string) => void) | undefined
}

/** A complete state in use. It stays readable until it is released, although a newer one may have replaced it. */
export interface HeldState extends CompleteState {
  /** Safe to call twice. */
  release(): void
}

/** Counts the users of a state, and closes it when it is retired and the last of them is done. */
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

  /** Nobody may hold it any more from here on. */
  retire(): void {
    if (this.isRetired) return
    this.isRetired = true
    this.closeIfUnused()
  }

  private closeIfUnused(): void {
    if (this.isRetired && this.users === 0) this.close()
  }
}

/** Made for every request. */
class Held implements HeldState {
  readonly version: number
  readonly fork: number
  readonly blobsLength: number
  readonly blobsFork: number
  readonly drive: ReadableDrive
  readonly damaged: CompleteState['damaged']
  readonly onDamaged: CompleteState['onDamaged']
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
    this.onRelease = onRelease
  }

  release(): void {
    const { onRelease } = this
    this.onRelease = null
    onRelease?.()
  }
}
