import type { Sources } from '../content/content-types.js'
import type { Change } from '../folder/compare.js'
import type { Address } from '../holepunch/bootstrap.js'
import type { Drive, DriveState } from '../holepunch/hyperdrive.js'
import type { PreviewFiles } from './preview-drive.js'
import type { BuildFailure, PreviewStatus } from './preview-status.js'

export interface PreviewOptions {
  /** The project folder that is previewed, absolute. */
  projectDir: string
  /** Environment variables. @default process.env */
  env?: NodeJS.ProcessEnv
  /** Nodes of the DHT to start from; null: no network, this machine alone. @default as for publishing */
  bootstrap?: Address[] | null
  /** Makes a new key and secret. The old link then shows nothing new. @default false */
  newLink?: boolean
  /** Is called with each error that does not end the preview. */
  onProblem?: (problem: Error) => void
}

/** What a preview shows after an update. */
export interface Shown {
  state: DriveState
  /** How the last build ended. */
  status: PreviewStatus
  /** The differences to what was shown before. */
  changes: Change[]
}

/** The result of an update. Updates that were merged get the same result. */
export interface PreviewUpdate {
  /** The version that the drive shows now; 0: it shows nothing yet. */
  version: number
  changes: Change[]
}

/** A long-lived handle on the encrypted preview drive of one project folder. */
export interface Preview {
  /** The preview drive's key, z-base-32. */
  readonly key: string
  /** The link with which another machine follows it. It is a secret, and stays the same when the preview is opened again. */
  readonly link: string
  /** How many peers follow it now. */
  readonly peers: number
  /** The last shown state; null before the first build of this folder. */
  readonly shown: Shown | null
  /** Whether a build is running, according to the calls of `building`, `idle`, `update` and `failed`. */
  readonly isBuilding: boolean
  /** The drive at a version that was shown. Close it after use. */
  at(version: number): Drive
  /**
   * All files that are shown, with the hashes of their bytes. null while the drive is being rewritten; `onShown` listeners are
   * called when that has ended.
   */
  files(): PreviewFiles | null
  /**
   * Must be called when a build has succeeded. Updates that arrive during the write of another one are merged.
   *
   * @param dir the folder that the build wrote; a missing or empty folder changes nothing
   * @param touched what the build may have changed, as paths in the drive. Other changes are found a second later.
   *   Default: the whole folder is compared at once
   * @param sources the sources of the output files; sources of earlier updates stay known
   * @throws {SitedriveError} what reading the folder or writing the store throws; the preview then shows what it showed
   */
  update(dir: string, touched?: Iterable<string>, sources?: Sources): Promise<PreviewUpdate>
  /** The folder of the last `update`; null before the first one of this process. */
  readonly dir: string | null
  /** The sources of the output files, as passed to `update` so far. */
  readonly sources: Sources
  /** Must be called when a build has begun. The folder is not read before `update`, `failed` or `idle`. */
  building(): void
  /** Must be called when the build has ended without a result: it was cancelled, or changed nothing. */
  idle(): void
  /** Must be called when a build has failed. Viewers see the reason over the last good pages. */
  failed(failure: BuildFailure): Promise<void>
  /** Calls back each time the preview shows something new. @returns stops the calls */
  onShown(listener: (shown: Shown) => void): () => void
  /** Calls back when a build begins, and when a build has ended that changed nothing. @returns stops the calls */
  onBuilding(listener: () => void): () => void
  /** Calls back when peers come or go. @returns stops the calls */
  onPeers(listener: () => void): () => void
  /** Writes what waits, closes the store and the network, and releases the lock. Safe to call twice. */
  close(): Promise<void>
}
