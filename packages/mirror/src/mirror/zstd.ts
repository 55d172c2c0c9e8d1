import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'

interface Options {
  params?: Record<number, number>
  maxOutputLength?: number
}

type Convert = (
  bytes: Uint8Array,
  options: Options,
  done: (error: Error | null, result: Buffer) => void
) => void

/** What Node.js 22.15 and 24 add to `node:zlib`. */
interface Zstd {
  createZstdCompress: (options?: Options) => Transform
  zstdCompress: Convert
  zstdDecompress: Convert
}

/** null: this Node.js has no Zstandard. */
export const zstd: Zstd | null = 'createZstdCompress' in zlib ? (zlib as unknown as Zstd) : null
