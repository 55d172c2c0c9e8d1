import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import {
  isSameState,
  Network,
  openFollower,
  type Address,
  type Difference,
  type Drive,
  type DriveState,
  type FollowedDrive
} from '@sitedrive/core/drive'
import {
  changesBetween,
  changesOf,
  openHints,
  statusOf,
  STATUS_PATH,
  type Change,
  type PreviewLink,
  type PreviewStatus
} from '@sitedrive/core/preview'
import { SiteCopy } from '@sitedrive/mirror/parts'
import { AuthorFirst } from './author-first.js'
import { ShownFeed, type LiveStatus, type PreviewFeed } from './feed.js'

export interface FollowPreviewOptions {
  link: PreviewLink
  /** Where the copy is kept, absolute; made when it is not there. One process at a time may have it open. */
  dir: string
  /** Nodes of the DHT to start from. @default the public ones */
  bootstrap?: Address[] | undefined
  /** Called with errors that keep the newest state from being fetched. */
  onProblem?: (problem: Error) => void
}

/** A preview that another machine writes. */
export interface FollowedFeed extends PreviewFeed {
  /** How many peers are connected: the author, and others that have the preview. */
  readonly peers: number
  /** The error that keeps the newest state from being fetched, or null. An author who is offline is no error: it is waited for. */
  readonly problem: Error | null
  /** How many fetches in a row have failed with it. */
  readonly failedFetches: number
}

/** How long a fetch may go on after a newer update became known. Milliseconds. */
const OVERTAKEN_MS = 500
/** How long a build is shown as running when its end is not received. Milliseconds. */
const BUILDING_MS = 60_000

/**
 * Follows a preview drive over the network. A state that was fetched earlier is shown at once.
 *
 * @throws {SitedriveError} STORE_LOCKED, DISK_FULL or STORE_FAILED when the folder cannot be used; BAD_LINK
 *   when the link's secret does not decrypt what was fetched earlier. When it does not decrypt what comes later, that is a
 *   `problem`.
 */
export async function followPreview(options: FollowPreviewOptions): Promise<FollowedFeed> {
  const { link, dir, bootstrap } = options
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new SitedriveError(
      'STORE_FAILED',
      `The folder \`${dir}\` for the copy of a preview cannot be made.`,
      {
        cause
      }
    )
  }
  let drive: FollowedDrive
  try {
    drive = await openFollower(path.join(dir, 'drive'), link.key, link.encryptionKey)
  } catch (error) {
    throw isUnreadable((error as Error).cause) || isUnreadable(error) ? wrongSecret(link.key, error) : error
  }
  const network = Network.open(bootstrap ? { bootstrap } : {})
  const feed = new CopiedPreview(drive, network, dir, options.onProblem)
  try {
    await feed.start()
    return feed
  } catch (error) {
    await feed.close()
    throw error
  }
}

class CopiedPreview implements FollowedFeed {
  readonly key: string
  readonly isOwn = false
  private readonly drive: FollowedDrive
  private readonly network: Network
  private readonly authorFirst: AuthorFirst
  private readonly copy: SiteCopy
  private readonly feed = new ShownFeed(waiting())
  private readonly onProblem: (problem: Error) => void
  private before: { state: DriveState; drive: Drive } | null = null
  private authorStatus: PreviewStatus = { failure: null, updatedAt: null, author: null }
  private isBuilding = false
  private building: NodeJS.Timeout | undefined
  private showing: Promise<void> = Promise.resolve()
  private hints: { close(): void } | null = null
  private closed: Promise<void> | null = null

  constructor(
    drive: FollowedDrive,
    network: Network,
    dir: string,
    onProblem: (problem: Error) => void = () => {}
  ) {
    this.drive = drive
    this.key = drive.key
    this.network = network
    this.authorFirst = new AuthorFirst(network)
    this.onProblem = onProblem
    this.copy = new SiteCopy(drive, {
      markFile: path.join(dir, 'complete.json'),
      proofFile: path.join(dir, 'proved.bin'),
      overtakenMs: OVERTAKEN_MS
    })
  }

  async start(): Promise<void> {
    this.hints = openHints(this.drive, (hint) => this.onHint(hint))
    this.drive.onPeers(() => this.updateStatus())
    this.copy.onState((state, differences) => this.show(state, differences))
    // Announced, so that an author who comes online finds this viewer, and viewers find one another without the author.
    await this.copy.start(this.authorFirst, true)
    if (this.copy.state) this.show(this.copy.state, null)
    this.drive.fetchEagerly().catch((error: unknown) => this.reportProblem(error))
    await this.showing
  }

  get id(): string | null {
    return this.feed.id
  }

  get status(): LiveStatus {
    return this.feed.status
  }

  get peers(): number {
    return this.copy.peers
  }

  get problem(): Error | null {
    const { problem } = this.copy
    return problem && this.id === null && isUnreadable(problem) ? wrongSecret(this.key, problem) : problem
  }

  get failedFetches(): number {
    return this.copy.failedFetches
  }

  hold() {
    return this.feed.hold()
  }

  changesSince(id: string): Change[] | null {
    return this.feed.changesSince(id)
  }

  onUpdate(listener: () => void): () => void {
    return this.feed.onUpdate(listener)
  }

  onStatus(listener: () => void): () => void {
    return this.feed.onStatus(listener)
  }

  close(): Promise<void> {
    return (this.closed ??= this.closeNow())
  }

  private async closeNow(): Promise<void> {
    clearTimeout(this.building)
    this.hints?.close()
    this.feed.end()
    await this.network.close()
    await this.showing
    await this.copy.close()
  }

  /** Shows states one after the other, in the order in which they became complete. */
  private show(state: DriveState, differences: Difference[] | null): void {
    // The snapshot is opened now: later the drive may be reorganised, and this state unreadable.
    const drive = this.drive.at(state.version)
    this.showing = this.showing.then(() => this.showNow(state, drive, differences))
  }

  private async showNow(state: DriveState, drive: Drive, differences: Difference[] | null): Promise<void> {
    const { before } = this
    if (this.closed || isSameState(before?.state, state)) return void drive.close().catch(() => {})
    let changes: Change[] | null = null
    try {
      const statusEntry = differences?.find(({ now }) => now?.path === STATUS_PATH)?.now
      if (statusEntry || !differences)
        this.authorStatus = statusOf(statusEntry ?? (await drive.entry(STATUS_PATH)))
      if (differences) changes = changesOf(differences)
      else if (before) changes = await changesBetween(before.drive, drive)
    } catch (error) {
      this.reportProblem(error) // the state is shown anyway; browsers find out by themselves what changed
    }
    if (this.closed) return void drive.close().catch(() => {})
    this.authorFirst.setAuthor(this.authorStatus.author)
    this.before = { state, drive } // open until the next one is shown
    this.isBuilding = false
    this.feed.show(state, drive, changes)
    this.updateStatus()
    // The flush only saves memory and disk space. The state is here already, so an error is ignored.
    // guard: a follower does not keep what it fetched in memory
    await this.drive.flushLogIfLarge().catch(() => {})
  }

  private reportProblem(error: unknown): void {
    if (!this.closed) this.onProblem(error instanceof Error ? error : new Error(String(error)))
  }

  private onHint(hint: unknown): void {
    const { state } = (hint ?? {}) as { state?: unknown }
    if (state !== 'building' && state !== 'done') return
    this.isBuilding = state === 'building'
    clearTimeout(this.building)
    this.building = setTimeout(() => {
      this.isBuilding = false
      this.updateStatus()
    }, BUILDING_MS).unref()
    this.updateStatus()
  }

  private updateStatus(): void {
    if (this.closed) return
    const { failure, updatedAt, author } = this.authorStatus
    const online = author !== null && this.drive.peerKeys.includes(author)
    this.feed.setStatus({
      state: this.isBuilding && online ? 'building' : failure ? 'failed' : 'ready',
      failure,
      author: { online, updatedAt }
    })
  }
}

/** With a wrong secret the decrypted index is noise, which cannot be decoded. */
function isUnreadable(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === 'DECODING_ERROR' || code === 'DRIVE_CORRUPT'
}

function wrongSecret(key: string, cause: unknown): SitedriveError {
  return new SitedriveError(
    'BAD_LINK',
    `The secret in this link does not open the preview \`${key}\`: it is not the one that its author's link carries. ` +
      'Ask the author for the link again, all of it.',
    { cause }
  )
}

function waiting(): LiveStatus {
  return { state: 'ready', failure: null, author: { online: false, updatedAt: null } }
}
