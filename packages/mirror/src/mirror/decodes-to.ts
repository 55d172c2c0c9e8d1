import { promisify } from 'node:util'
import { brotliDecompress, gunzip } from 'node:zlib'
import type { CompleteState } from '../copy/held-state.js'
import type { Encoding } from './accepted-encoding.js'
import { zstd } from './zstd.js'
import { DamagedBlob, readBlob, type SignedBytes } from './read-blob.js'

const fromBrotli = promisify(brotliDecompress)
const fromGzip = promisify(gunzip)
const fromZstd = zstd && promisify(zstd.zstdDecompress)

/**
 * Whether the bytes of `form` decode to those of `whole`.
 *
 * @returns false also when either is not what its author signed
 * @throws {UnreadableBlob} when the bytes do not arrive
 */
export async function decodesTo(
  state: CompleteState,
  { form, encoding, whole }: { form: SignedBytes; encoding: Encoding | null; whole: SignedBytes },
  stallMs: number
): Promise<boolean> {
  try {
    const [packed, plain] = await Promise.all([
      readBlob(state, form, stallMs),
      readBlob(state, whole, stallMs)
    ])
    const unpacked = await decoded(packed, encoding, plain.length)
    return unpacked?.equals(plain) ?? false
  } catch (error) {
    if (error instanceof DamagedBlob) return false
    throw error
  }
}

/** @returns null when the bytes are not of that coding, or decode to more than `byteLength` */
async function decoded(
  packed: Buffer,
  encoding: Encoding | null,
  byteLength: number
): Promise<Buffer | null> {
  const limit = { maxOutputLength: Math.max(byteLength, 1) }
  try {
    if (encoding === 'zstd') return (await fromZstd?.(packed, limit)) ?? null
    return await (encoding === 'br' ? fromBrotli(packed, limit) : fromGzip(packed, limit))
  } catch {
    return null
  }
}
