import type { SiteWriter } from '../holepunch/site-store.js'
import type { BlobPointer } from '../holepunch/hyperdrive.js'
import { GROUP_BYTES } from './file-bytes.js'

/** Hyperblobs' own block size: a file is cut into blocks of at most this many bytes. */
const BLOCK_BYTES = 65536

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

  /** Every piece but a blob's last must be a multiple of BLOCK_BYTES. */
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
    if (this.groupBytes >= GROUP_BYTES) await this.write()
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
    this.inFlight.catch(() => {}) // whoever awaits it next hears of it
  }
}

/** Blocks that a blob of so many bytes takes. */
export function blocksOf(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES)
}
