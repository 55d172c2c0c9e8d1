import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { Address } from '../../src/holepunch/bootstrap.js'
import type { Drive, DriveState } from '../../src/holepunch/drive.js'
import { openFollower, type FollowedDrive } from '../../src/holepunch/follower.js'
import { Network, openLocalDht } from '../../src/holepunch/network.js'
import { createPreview, parsePreviewLink, type Preview, type PreviewOptions } from '../../src/preview/index.js'
import { isReserved } from '../../src/reserved.js'
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

/** Somebody on another machine who has the link, and fetches all the time. */
export class Viewer {
  readonly drive: FollowedDrive
  readonly network: Network
  conflicts = 0
  /** Connections that ended. */
  dropped = 0
  /** The last state that was whole here. */
  whole: DriveState | null = null
  private isClosed = false
  private pulling: Promise<void> = Promise.resolve()

  private constructor(drive: FollowedDrive, network: Network) {
    this.drive = drive
    this.network = network
    drive.onConflict(() => this.conflicts++)
    drive.coreOf('index').on('peer-remove', () => this.dropped++)
    drive.onChange(() => (this.pulling = this.pulling.then(() => this.pull())))
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
  async files(): Promise<Record<string, string>> {
    return this.whole ? filesOf(this.drive.at(this.whole.version)) : {}
  }

  private async pull(): Promise<void> {
    if (this.isClosed || this.drive.version < 2) return
    const gone = AbortSignal.timeout(20_000)
    try {
      this.whole = await this.drive.pull(gone, this.whole)
    } catch (error) {
      if (!this.isClosed && !gone.aborted) await pause(0).then(() => void error)
    }
  }
}

/** Every file of a drive; closes it. */
export async function filesOf(drive: Drive): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for await (const { path, blob } of drive.entries()) {
    if (blob && !isReserved(path)) files[path.slice(1)] = (await drive.read(blob)).toString()
  }
  await drive.close()
  return files
}
