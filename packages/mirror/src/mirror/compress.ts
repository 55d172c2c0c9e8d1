import { promisify } from 'node:util'
import type { Transform } from 'node:stream'
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib'
import type { Encoding } from './accepted-encoding.js'
import { zstd } from './zstd.js'

const toBrotli = promisify(brotliCompress)
const toGzip = promisify(gzip)
const toZstd = zstd && promisify(zstd.zstdCompress)

/** Low levels: higher ones cost more time than they save in sending. */
const GZIP_LEVEL = 5
const BROTLI_QUALITY = 4

/** Keeps the memory of a stream at some 2 MB. The window of others is as large as the file. Bits. */
const STREAM_WINDOW = 18

/** Smaller bodies fit into one packet uncompressed. Bytes. */
export const MIN_COMPRESSED_BYTES = 1_024

/** True when compression makes bytes of this type smaller. @param type a Content-Type */
export function isCompressible(type: string): boolean {
  return /^(text\/|image\/(svg|bmp|x-icon)|font\/[ot]tf|model\/(gltf\+json|obj)|application\/(javascript|json|xml|wasm|jsonl|json5|rtf|toml|vnd\.apple\.mpegurl|.*\+(json|xml)))/i.test(
    type
  )
}

export async function compress(bytes: Uint8Array, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return toGzip(bytes, { level: GZIP_LEVEL })
  if (encoding === 'zstd' && toZstd) return toZstd(bytes, {})
  return toBrotli(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length
    }
  })
}

/** Compresses what is written to it. */
export function compressor(encoding: Encoding): Transform {
  if (encoding === 'gzip') return createGzip({ level: GZIP_LEVEL })
  if (encoding === 'zstd' && zstd) return zstd.createZstdCompress()
  return createBrotliCompress({
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: STREAM_WINDOW
    }
  })
}
