import { hash, randomBytes } from 'node:crypto'
import path from 'node:path'
import type { BlobPointer } from '@sitedrive/core/drive'
// Not public: a drive's signing half is the core's own.
import { deriveKeys } from '../../../core/dist/holepunch/key-pairs.js'
import type { IndexOp } from '../../../core/dist/holepunch/index-op.js'
import { openSiteWriter, type SiteWriter } from '../../../core/dist/holepunch/site-store.js'
import { tempDir } from './folders.js'
import { later } from './later.js'
import { localNetwork } from './local-network.js'

const BLOCK_BYTES = 65_536

/** A drive that is online and written block by block, so that it can be caught half-way, and can lie. */
export class HandMadeDrive {
  readonly key: string
  private readonly writer: SiteWriter
  private blocks = 0
  private bytes = 0

  private constructor(key: string, writer: SiteWriter) {
    this.key = key
    this.writer = writer
  }

  static async open(): Promise<HandMadeDrive> {
    const keys = deriveKeys(randomBytes(32))
    const writer = await openSiteWriter(path.join(tempDir(), 'site'), keys)
    later(() => writer.close())
    const network = await localNetwork()
    network.serve(writer)
    await network.join(keys.key, { announce: true, find: false })
    return new HandMadeDrive(keys.key, writer)
  }

  /** Where the next file will lie, without storing it. */
  promise(content: Uint8Array): BlobPointer {
    const blockLength = Math.ceil(content.length / BLOCK_BYTES)
    return { blockOffset: this.blocks, blockLength, byteOffset: this.bytes, byteLength: content.length }
  }

  async store(content: Uint8Array): Promise<BlobPointer> {
    const pointer = this.promise(content)
    const blocks: Uint8Array[] = []
    for (let at = 0; at < content.length; at += BLOCK_BYTES)
      blocks.push(content.subarray(at, at + BLOCK_BYTES))
    await this.writer.append(blocks)
    this.blocks += pointer.blockLength
    this.bytes += pointer.byteLength
    return pointer
  }

  /** Points paths at blobs, truly or not, all in one batch; null takes a path out. */
  async point(files: Record<string, unknown>): Promise<number> {
    await this.writer.flush(
      Object.entries(files).map(
        ([path, blob]) => (blob === null ? { path, blob } : { path, blob, metadata: null }) as IndexOp
      )
    )
    return this.writer.version
  }

  /** Points paths at blobs and signs the hashes of what should lie there, truly or not, all in one batch. */
  async sign(files: Record<string, { blob: BlobPointer; as: Uint8Array }>): Promise<number> {
    await this.writer.flush(
      Object.entries(files).map(([path, { blob, as }]) => ({
        path,
        blob,
        metadata: { hash: hash('sha256', as, 'base64url'), mtime: null }
      }))
    )
    return this.writer.version
  }

  /** Signs both cores again under a higher fork number, as a publisher does that may not be alone. */
  async bump(fork: number): Promise<void> {
    await this.writer.bump(fork, this.blocks)
  }
}
