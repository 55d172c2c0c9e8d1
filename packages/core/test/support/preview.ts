import type Hypercore from 'hypercore'
import { onTestFinished } from 'vitest'
import { SitedriveError } from '../../src/error.js'
import type { Address } from '../../src/holepunch/bootstrap.js'
import type { Drive, DriveState } from '../../src/holepunch/hyperdrive.js'
import { openFollower, type FollowedDrive } from '../../src/holepunch/follower.js'
import { Network, openLocalDht } from '../../src/holepunch/network.js'
import {
  createPreview,
  parsePreviewLink,
  type Preview,
  type PreviewOptions
} from '../../src/preview-entry.js'
import { isReserved } from '../../src/holepunch/reserved-paths.js'
import { tempDir, type Workshop } from './workshop.js'

/** A DHT of this machine's own, closed when the running test ends. */
export async function testDht(): Promise<Address[]> {
  const dht = await openLocalDht()
  onTestFinished(() => dht.close())
  return dht.bootstrap
}

/** Opens the preview of a workshop's project; closed when the test ends. Without a DHT unless one is given. */
export async function openPreview(
  workshop: Workshop,
  options: Partial<PreviewOptions> = {}
): Promise<Preview> {
  const preview = await createPreview({
    projectDir: workshop.projectDir,
    env: workshop.env,
    bootstrap: null,
    ...options
  })
  onTestFinished(() => preview.close())
  return preview
}

/** The files that a preview shows now. */
export async function shownBy(preview: Preview): Promise<Record<string, string>> {
  const drive = preview.at(preview.shown?.state.version ?? 0)
  try {
    return await filesOf(drive)
  } finally {
    await drive.close()
  }
}

/** Somebody on another machine who has the link, and fetches all the time. */
export class Viewer {
  readonly drive: FollowedDrive
  readonly network: Network
  conflicts = 0
  /** Why connections ended, one text for each. */
  readonly dropped: string[] = []
  /** The last state that was whole here. */
  whole: DriveState | null = null
  private isClosed = false
  private shown: Drive | null = null
  private pulling: Promise<void> = Promise.resolve()

  private constructor(drive: FollowedDrive, network: Network) {
    this.drive = drive
    this.network = network
    drive.onConflict(() => this.conflicts++)
    drive.coreOf('index').on('peer-add', ({ stream }: Hypercore.Peer) => {
      let reason = 'without an error'
      stream.on('error', ({ message }: Error) => (reason = message))
      stream.on('close', () => this.dropped.push(reason))
    })
    drive.onChange(() => {
      this.pulling = this.pulling.then(() => this.pull())
    })
  }

  static async open(link: string, bootstrap: Address[]): Promise<Viewer> {
    const { key, encryptionKey } = parsePreviewLink(link)
    const drive = await openFollower(tempDir(), key, encryptionKey)
    const network = Network.open({ bootstrap })
    network.serve(drive)
    const viewer = new Viewer(drive, network)
    onTestFinished(async () => {
      viewer.isClosed = true
      await network.close()
      await drive.close()
    })
    await network.join(key, { announce: false, find: true })
    return viewer
  }

  /** All files as they are whole here. */
  files(): Promise<Record<string, string>> {
    // In turn with the pulls, which close what was shown.
    const read = this.pulling.then(() => (this.shown ? filesOf(this.shown) : {}))
    this.pulling = read.then(() => {})
    return read
  }

  private async pull(): Promise<void> {
    if (this.isClosed || this.drive.version < 2) return
    const gone = new AbortController()
    const timer = setTimeout(() => gone.abort(), 20_000)
    // Not waited for, as nobody does who shows a preview: a core that is being reorganised may take long to close a view of it.
    const letGo = (drive: Drive | null) => void drive?.close().catch(() => {})
    try {
      const whole = await this.drive.pull(gone.signal, this.whole)
      const snapshot = this.drive.at(whole.version)
      const { fork, blobsFork } = await this.drive.state()
      if (fork !== whole.fork || blobsFork !== whole.blobsFork) return letGo(snapshot)
      this.whole = whole
      letGo(this.shown)
      this.shown = snapshot
    } catch (error) {
      // Reorganised in the middle of it: the change that did so asks again.
      if (!(error instanceof SitedriveError) && !this.isClosed) throw error
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Every file of a drive. */
export async function filesOf(drive: Drive): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for await (const { path, blob } of drive.entries()) {
    if (blob && !isReserved(path)) files[path.slice(1)] = (await drive.read(blob)).toString()
  }
  return files
}
