import type { Readable } from 'node:stream'
import type Hyperdrive from 'hyperdrive'
import type Hypercore from 'hypercore'
import { codeOf, SitedriveError } from '../error.js'
import { encodeKey } from './site-key.js'
import type { BlobPointer } from './blob-pointer.js'

export type { BlobPointer }

/** One entry of a drive's index. `metadata` is written by the author and not verified. */
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

/** One state of a drive. `version` and `fork` of the index identify it; the blobs core has its own length and fork. */
export interface DriveState {
  version: number
  fork: number
  blobsLength: number
  blobsFork: number
}

/** Read access to a drive at its newest state, or at an older state that `at` returned. */
export class Drive {
  /** @internal */
  protected readonly drive: Hyperdrive
  private readonly frozenBlobs: Hypercore | null
  private readonly mostWaitMs: number

  /**
   * @param frozenBlobs a snapshot of the blobs core that later forks do not change; null: the live core is read
   * @param mostWaitMs the longest that `entry` waits for a block; 0 for a drive that is not on any network
   * @internal
   */
  constructor(drive: Hyperdrive, frozenBlobs: Hypercore | null = null, mostWaitMs = Infinity) {
    this.drive = drive
    this.frozenBlobs = frozenBlobs
    this.mostWaitMs = mostWaitMs
  }

  get key(): string {
    return encodeKey(this.drive.key)
  }

  get version(): number {
    return this.drive.version
  }

  /** The state on this machine; no peer is asked. Without any index block, the blobs core counts as empty. */
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
    const waitMs = Math.min(timeoutMs, this.mostWaitMs)
    const node = await this.withTypedErrors(() => this.drive.entry(path, waitOptions(waitMs)))
    return node && toEntry(node)
  }

  /** All entries, sorted by path. @param timeoutMs as in `entry`, for each block */
  entries(timeoutMs = 0): AsyncGenerator<DriveEntry> {
    return this.entriesIn(undefined, timeoutMs)
  }

  /** The entries below a folder, sorted by path. @param folder without a slash at its end @param timeoutMs as in `entries` */
  entriesBelow(folder: string, timeoutMs = 0): AsyncGenerator<DriveEntry> {
    // The character after the slash is `0`.
    return this.entriesIn({ gt: `${folder}/`, lt: `${folder}0` }, timeoutMs)
  }

  private async *entriesIn(
    range: { gt: string; lt: string } | undefined,
    timeoutMs: number
  ): AsyncGenerator<DriveEntry> {
    try {
      for await (const node of this.drive.entries(range, waitOptions(timeoutMs))) yield toEntry(node)
    } catch (error) {
      throw this.toSitedriveError(error)
    }
  }

  /**
   * The differences to an older version of the same history. The cost depends on their number, not on the size of the drive.
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
   * The same bytes as `stream`, but only from this machine. For small files this is faster than a stream.
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
      if (block.byteLength === 0 && at - blockOffset > byteLength) return // a damaged core with endless empty blocks
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
   * The drive at an older version. Close it after use; this drive stays open.
   *
   * @param version must be the end of a batch, such as a release. Inside a batch the index is incomplete
   */
  at(version: number): Drive {
    // A checkout freezes only the index. After a fork change of the blobs, its pointers would lead to other bytes.
    // guard: atomic: old bytes stay when the fork changes
    const blobs = this.drive.blobs?.core.snapshot() ?? null
    return new Drive(this.drive.checkout(version), blobs, this.mostWaitMs)
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
    // SNAPSHOT_NOT_AVAILABLE: another fork has replaced the state of the checkout.
    if (code === 'BLOCK_NOT_AVAILABLE' || code === 'REQUEST_TIMEOUT' || code === 'SNAPSHOT_NOT_AVAILABLE')
      return this.notHeld(error)
    // Hyperbee throws untyped errors for a checkout inside a batch and for a damaged block.
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

export function isSameState(a: DriveState | null | undefined, b: DriveState): boolean {
  return a?.version === b.version && a.fork === b.fork && a.blobsFork === b.blobsFork
}

function waitOptions(timeoutMs: number): { wait: boolean; timeout: number } {
  return { wait: timeoutMs > 0, timeout: timeoutMs }
}

function toEntry(node: Hyperdrive.Node): DriveEntry {
  return { path: node.key, seq: node.seq, blob: node.value.blob, metadata: node.value.metadata }
}
