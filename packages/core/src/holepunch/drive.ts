import type { Readable } from 'node:stream'
import type Hyperdrive from 'hyperdrive'
import type Hypercore from 'hypercore'
import { SitedriveError } from '../error.js'
import { encodeKey } from './key.js'

/** Where a file's bytes lie in the drive's blobs core. Plain data: it may be stored and compared. */
export interface BlobPointer {
  blockOffset: number
  blockLength: number
  byteOffset: number
  byteLength: number
}

/** One entry of a drive's index. `metadata` is whatever the writer put there: a claim, never a fact. */
export interface DriveEntry {
  path: string
  /** The index block that holds this entry; the drive has it from version `seq + 1` on. */
  seq: number
  blob: BlobPointer | null
  metadata: unknown
}

/** One state of a drive. `version` and `fork` name it; the blobs core has its own length and fork. */
export interface DriveState {
  version: number
  fork: number
  blobsLength: number
  blobsFork: number
}

/** The reading side of one drive, at its newest state or, from `at`, at an older one. */
export class Drive {
  protected readonly drive: Hyperdrive

  constructor(drive: Hyperdrive) {
    this.drive = drive
  }

  get key(): string {
    return encodeKey(this.drive.key)
  }

  get version(): number {
    return this.drive.version
  }

  /** The state on this machine; asks nobody. Before any index block is here, the blobs core counts as empty. */
  async state(): Promise<DriveState> {
    const blobs = this.drive.blobs?.core
    return {
      version: this.drive.core.length,
      fork: this.drive.core.fork,
      blobsLength: blobs?.length ?? 0,
      blobsFork: blobs?.fork ?? 0
    }
  }

  /** @param timeoutMs how long to wait for index blocks that are not on this machine; 0: do not wait at all */
  async entry(path: string, timeoutMs = 0): Promise<DriveEntry | null> {
    const node = await this.reading(() => this.drive.entry(path, waitFor(timeoutMs)))
    return node && toEntry(node)
  }

  /** All entries, sorted by path. Index blocks that are not here are waited for. */
  async *entries(): AsyncGenerator<DriveEntry> {
    try {
      for await (const node of this.drive.entries()) yield toEntry(node)
    } catch (error) {
      throw this.corrupt(error)
    }
  }

  /** The bytes of a blob, block by block as they arrive. */
  stream(blob: BlobPointer, range?: { start: number; length: number }): Readable {
    const blobs = this.drive.blobs
    if (!blobs) throw new SitedriveError('DRIVE_CORRUPT', `Drive \`${this.key}\` names no blobs core.`)
    return blobs.createReadStream(blob, range)
  }

  async read(blob: BlobPointer): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of this.stream(blob)) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }

  /**
   * The drive as it was at an older version. Close it after use; closing it leaves this one open.
   *
   * A version that lies inside a batch shows a half-written index: the caller must know that it ends a release.
   */
  at(version: number): Drive {
    return new Drive(this.drive.checkout(version))
  }

  async close(): Promise<void> {
    await this.drive.close()
  }

  protected cores(): { index: Hypercore; blobs: Hypercore } {
    const blobs = this.drive.blobs
    if (!blobs) throw new SitedriveError('DRIVE_CORRUPT', `Drive \`${this.key}\` names no blobs core.`)
    return { index: this.drive.core, blobs: blobs.core }
  }

  private async reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      throw this.corrupt(error)
    }
  }

  // Hyperbee answers a checkout into the middle of a batch, and a damaged block, with bare TypeErrors.
  private corrupt(error: unknown): unknown {
    if (error instanceof SitedriveError || !(error instanceof TypeError || error instanceof RangeError)) return error
    return new SitedriveError('DRIVE_CORRUPT', `The index of drive \`${this.key}\` cannot be read at version ${this.version}.`, {
      cause: error
    })
  }
}

function waitFor(timeoutMs: number): { wait: boolean; timeout: number } {
  return { wait: timeoutMs > 0, timeout: timeoutMs }
}

function toEntry(node: Hyperdrive.Node): DriveEntry {
  return { path: node.key, seq: node.seq, blob: node.value.blob, metadata: node.value.metadata }
}
