import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Encoding } from './accepted-encoding.js'

const toBrotli = promisify(brotliCompress)
const toGzip = promisify(gzip)

/** Smaller bodies fit into one packet uncompressed. Bytes. */
export const MIN_COMPRESSED_BYTES = 1_024

/** True when compression makes bytes of this type smaller. @param type a Content-Type */
export function isCompressible(type: string): boolean {
  return /^(text\/|image\/(svg|bmp|x-icon)|font\/[ot]tf|model\/(gltf\+json|obj)|application\/(javascript|json|xml|wasm|jsonl|json5|rtf|toml|vnd\.apple\.mpegurl|.*\+(json|xml)))/i.test(
    type
  )
}

/** Compresses at low levels: higher ones cost more time than they save in sending. */
export async function compress(bytes: Uint8Array, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return toGzip(bytes, { level: 5 })
  return toBrotli(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 4,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length
    }
  })
}
