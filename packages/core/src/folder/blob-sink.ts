import type { SiteWriter } from '../holepunch/site-store.js'
import type { BlobPointer } from '../holepunch/hyperdrive.js'
import { GROUP_BYTES } from './file-bytes.js'

/** Hyperblobs' own block size: a file is cut into blocks of at most this many bytes. */
const BLOCK_BYTES = 65536

/** Most blocks in a group. Each has hashes and keys in memory until it is written, and many of them are taken back late. */
const GROUP_BLOCKS = 256

/**
 * Appends blobs in groups of about GROUP_BYTES: one signature and one disk write for hundreds of small files. One
 * group is being written while the next is gathered.
 */
export class BlobSink {
  /** Bytes put so far. */
  bytes = 0
  private readonly writer: SiteWriter
  private group: Uint8Array[] = []
  private groupBytes = 0
  private nextBlock: number
  private nextByte: number
  private inFlight: Promise<void> = Promise.resolve()

  /** @param writer nothing else may append to its blobs until the sink has ended */
  constructor(writer: SiteWriter) {
    this.writer = writer
    this.nextBlock = writer.coreLength('blobs')
    this.nextByte = writer.blobsByteLength
  }

  /** Takes one whole blob. Call `room` before the next. */
  put(bytes: Uint8Array): BlobPointer {
    const blob = this.open()
    this.extend(blob, bytes)
    return blob
  }

  /** Begins a blob that comes in pieces: hand them to `extend`, one blob at a time. */
  open(): BlobPointer {
    return { blockOffset: this.nextBlock, blockLength: 0, byteOffset: this.nextByte, byteLength: 0 }
  }

  /** Each piece must be a multiple of BLOCK_BYTES, except the last one of a blob. */
  extend(blob: BlobPointer, bytes: Uint8Array): void {
    for (let start = 0; start < bytes.byteLength; start += BLOCK_BYTES) {
      this.group.push(bytes.subarray(start, start + BLOCK_BYTES))
      this.nextBlock++
      blob.blockLength++
    }
    this.nextByte += bytes.byteLength
    this.groupBytes += bytes.byteLength
    this.bytes += bytes.byteLength
    blob.byteLength += bytes.byteLength
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    if (this.groupBytes >= GROUP_BYTES || this.group.length >= GROUP_BLOCKS) await this.write()
  }

  /** Resolves when every blob is in the store. */
  async end(): Promise<void> {
    if (this.group.length > 0) await this.write()
    await this.inFlight
  }

  private async write(): Promise<void> {
    await this.inFlight
    const group = this.group
    this.group = []
    this.groupBytes = 0
    this.inFlight = this.writer.append(group)
    this.inFlight.catch(() => {}) // the next caller that awaits it gets the error
  }
}

/** Number of blocks that a blob of this size takes. @param bytes the blob's size */
export function blocksOf(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES)
}
