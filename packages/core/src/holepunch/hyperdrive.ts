import type { Readable } from 'node:stream'
import type Hyperdrive from 'hyperdrive'
import type Hypercore from 'hypercore'
import { codeOf, SitedriveError } from '../error.js'
import { encodeKey } from './site-key.js'
import type { BlobPointer } from './blob-pointer.js'

export type { BlobPointer }

/** One entry of a drive's index. `metadata` is whatever the writer put there: a claim, never a fact. */
export interface DriveEntry {
  path: string
  /** The index block that holds this entry; the drive has it from version `seq + 1` on. */
  seq: number
  blob: BlobPointer | null
  metadata: unknown
}

/** One entry that was added (`before` is null), changed, or removed (`now` is null). */
export interface Difference {
  now: DriveEntry | null
  before: DriveEntry | null
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
  /** @internal */
  protected readonly drive: Hyperdrive
  private readonly frozenBlobs: Hypercore | null

  /**
   * @param frozenBlobs the blobs core as it is now, where later reorganisations must not show through
   * @internal
   */
  constructor(drive: Hyperdrive, frozenBlobs: Hypercore | null = null) {
    this.drive = drive
    this.frozenBlobs = frozenBlobs
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
    const node = await this.withTypedErrors(() => this.drive.entry(path, waitOptions(timeoutMs)))
    return node && toEntry(node)
  }

  /** All entries, sorted by path. @param timeoutMs as in `entry`, for each block */
  async *entries(timeoutMs = 0): AsyncGenerator<DriveEntry> {
    try {
      for await (const node of this.drive.entries(undefined, waitOptions(timeoutMs))) yield toEntry(node)
    } catch (error) {
      throw this.toSitedriveError(error)
    }
  }

  /**
   * What differs from an older version of the same history. The work grows with what differs, not with the drive.
   *
   * @param version must end a batch, as for `at`
   * @param timeoutMs as in `entry`, for each block
   */
  async *differences(version: number, timeoutMs = 0): AsyncGenerator<Difference> {
    try {
      for await (const { left, right } of this.drive.diff(version, '/', waitOptions(timeoutMs))) {
        yield { now: left && toEntry(left), before: right && toEntry(right) }
      }
    } catch (error) {
      throw this.toSitedriveError(error)
    }
  }

  /** The bytes of a blob, block by block. @param timeoutMs as in `entry`, for each block */
  stream(
    blob: BlobPointer,
    { timeoutMs = 0, ...range }: { start?: number; length?: number; timeoutMs?: number } = {}
  ): Readable {
    const { blobsReader } = this.cores()
    const core = this.frozenBlobs ?? blobsReader.core
    return blobsReader.createReadStream(blob, { ...range, ...waitOptions(timeoutMs), core })
  }

  /**
   * The same bytes as `stream` gives, of this machine alone; a stream takes longer to make than a small file to read.
   *
   * @throws {SitedriveError} NOT_HELD when a block is not here
   */
  async *blocks({ blockOffset, byteLength }: BlobPointer): AsyncGenerator<Buffer> {
    const core = this.frozenBlobs ?? this.cores().blobs
    let left = byteLength
    for (let at = blockOffset; left > 0; at++) {
      const block = await this.withTypedErrors(() => core.get(at, { wait: false }))
      if (!block) throw this.notHeld()
      yield block.byteLength > left ? block.subarray(0, left) : block
      left -= block.byteLength
      if (block.byteLength === 0 && at - blockOffset > byteLength) return // no drive has so many empty blocks
    }
  }

  /** @throws {SitedriveError} NOT_HELD when a block is not here in time */
  async read(blob: BlobPointer, timeoutMs = 0): Promise<Buffer> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of this.stream(blob, { timeoutMs })) chunks.push(chunk as Buffer)
    } catch (error) {
      throw this.toSitedriveError(error)
    }
    return Buffer.concat(chunks)
  }

  /**
   * The drive as it was at an older version. Close it after use; closing it leaves this one open.
   *
   * A version that lies inside a batch shows a half-written index: the caller must know that it ends a release.
   */
  at(version: number): Drive {
    // A checkout freezes the index alone. When another fork replaces the blobs, its pointers would show other bytes.
    // guard: atomic: old bytes stay when the fork changes
    return new Drive(this.drive.checkout(version), this.drive.blobs?.core.snapshot() ?? null)
  }

  async close(): Promise<void> {
    await this.frozenBlobs?.close()
    await this.drive.close()
  }

  /** @internal */
  protected cores(): { index: Hypercore; blobs: Hypercore; blobsReader: Hyperdrive.Blobs } {
    const { blobs } = this.drive
    if (!blobs)
      throw new SitedriveError(
        'NOT_HELD',
        `Drive \`${this.key}\` is not on this machine yet: no peer has sent its index.`
      )
    return { index: this.drive.core, blobs: blobs.core, blobsReader: blobs }
  }

  private async withTypedErrors<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      throw this.toSitedriveError(error)
    }
  }

  private toSitedriveError(error: unknown): unknown {
    if (error instanceof SitedriveError) return error
    const code = codeOf(error)
    // The last: another fork has taken the place of what a checkout was made of.
    if (code === 'BLOCK_NOT_AVAILABLE' || code === 'REQUEST_TIMEOUT' || code === 'SNAPSHOT_NOT_AVAILABLE')
      return this.notHeld(error)
    // Hyperbee answers a checkout into the middle of a batch, and a damaged block, with bare errors.
    if (error instanceof TypeError || error instanceof RangeError || code === 'DECODING_ERROR') {
      return new SitedriveError(
        'DRIVE_CORRUPT',
        `The index of drive \`${this.key}\` cannot be read at version ${this.version}.`,
        {
          cause: error
        }
      )
    }
    return error
  }

  private notHeld(cause?: unknown): SitedriveError {
    return new SitedriveError(
      'NOT_HELD',
      `A part of drive \`${this.key}\` is not on this machine, and no peer has sent it in time.`,
      { cause }
    )
  }
}

function waitOptions(timeoutMs: number): { wait: boolean; timeout: number } {
  return { wait: timeoutMs > 0, timeout: timeoutMs }
}

function toEntry(node: Hyperdrive.Node): DriveEntry {
  return { path: node.key, seq: node.seq, blob: node.value.blob, metadata: node.value.metadata }
}
