import { createHash } from 'node:crypto'
import { Network, openFollower, type Address, type Drive, type FollowedDrive } from '@sitedrive/core/drive'
import { temporaryFolder } from '@sitedrive/testing'
import { onTestFinished } from 'vitest'

const RECORD = '/.well-known/sitedrive.json'
const PATIENCE_MS = 3_000

/** What somebody sees of a site. */
export interface Seen {
  release: number
  /** A hash of each file. */
  files: Record<string, string>
}

/** A site with these files, as one who sees all of it sees it. */
export function seenOf(release: number, files: Record<string, string | Buffer>): Seen {
  return {
    release,
    files: Object.fromEntries(Object.entries(files).map(([name, content]) => [name, hash(content)]))
  }
}

/** Somebody who has the link and nothing else, on a network of its own. */
export class Visitor {
  /** Cores whose key was seen to have signed two different things at one place. */
  conflicts = 0
  private readonly drive: FollowedDrive

  private constructor(drive: FollowedDrive) {
    this.drive = drive
    drive.onConflict(() => this.conflicts++)
  }

  static async open(bootstrap: Address[], key: string): Promise<Visitor> {
    const drive = await openFollower(temporaryFolder(), key)
    const network = Network.open({ bootstrap })
    onTestFinished(async () => {
      await network.close()
      await drive.close()
    })
    network.serve(drive)
    await network.join(key, { announce: false, find: true })
    return new Visitor(drive)
  }

  /** The newest version that is known of. */
  get version(): number {
    return this.drive.version
  }

  /** What any client gets that asks for one file after the other. @returns null when something does not come */
  async browse(version?: number): Promise<Seen | null> {
    if (version === undefined) return list(this.drive, PATIENCE_MS).catch(() => null)
    const old = this.drive.at(version)
    try {
      return await list(old, PATIENCE_MS)
    } finally {
      await old.close()
    }
  }

  /** What a mirror gets, which shows a release when it has all of it. @returns null when something does not come */
  async pull(): Promise<Seen | null> {
    const state = await this.drive.pull(AbortSignal.timeout(PATIENCE_MS)).catch(() => null)
    if (!state) return null
    const snapshot = this.drive.at(state.version)
    try {
      return await list(snapshot, 0)
    } finally {
      await snapshot.close()
    }
  }

  /** The bytes of a file, or null. */
  async read(path: string): Promise<Buffer | null> {
    const entry = await this.drive.entry(path, PATIENCE_MS)
    return entry?.blob ? this.drive.read(entry.blob, PATIENCE_MS) : null
  }

  /** Blocks of the blobs core that the index points at. */
  async blocksAt(version: number): Promise<number[]> {
    const state = this.drive.at(version)
    const blocks: number[] = []
    for await (const { blob } of state.entries(PATIENCE_MS))
      if (blob) blocks.push(...Array.from({ length: blob.blockLength }, (_, n) => blob.blockOffset + n))
    await state.close()
    return blocks
  }
}

async function list(drive: Drive, timeoutMs: number): Promise<Seen> {
  const seen: Seen = { release: 0, files: {} }
  for await (const { path, blob, metadata } of drive.entries(timeoutMs)) {
    if (path === RECORD) seen.release = (metadata as { release: number }).release
    else if (blob) seen.files[path.slice(1)] = hash(await drive.read(blob, timeoutMs))
  }
  return seen
}

/** A long text in a failed comparison helps nobody. */
function hash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}
