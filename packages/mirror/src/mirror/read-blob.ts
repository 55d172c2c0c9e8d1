import { hash } from 'node:crypto'
import type { BlobPointer } from '@sitedrive/core/drive'
import type { CompleteState } from '../copy/held-state.js'
import { within } from '../deadline.js'

/** The drive is at fault: its index points at bytes that do not exist or do not arrive. */
export class UnreadableBlob extends Error {}

/** The bytes do not match what the author signed. */
export class DamagedBlob extends UnreadableBlob {}

/** The bytes of a file, with the hash that its author signed. */
export interface SignedBytes {
  /** The file's path in the drive. */
  path: string
  blob: BlobPointer
  /** sha256, base64url; null: the author signed no hash. */
  claim: string | null
}

/** How many times longer than one block a complete body may take. */
const STALLS = 6

/**
 * Reads a small blob into memory, all its bytes and no more.
 *
 * @throws {UnreadableBlob}
 * @throws {DamagedBlob} when the bytes do not match the claim; `state.onDamaged` is called first
 */
export async function readBlob(
  state: CompleteState,
  { path, blob, claim }: SignedBytes,
  stallMs: number
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const deadline = performance.now() + stallMs * STALLS
  let length = 0
  let stream
  try {
    let blocks: AsyncIterator<Uint8Array> | undefined = state.drive.blocks?.(blob)
    if (!blocks) {
      stream = state.drive.stream(blob)
      stream.on('error', () => {}) // the iterator throws it
      blocks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    }
    while (length < blob.byteLength) {
      const { value, done } = await within(stallMs, blocks.next())
      if (done || performance.now() > deadline) throw new Error(`only ${length} bytes are there`)
      length += value.length
      if (length > blob.byteLength) throw new Error('more bytes are there')
      chunks.push(value)
    }
  } catch (cause) {
    throw new UnreadableBlob(`A file of ${blob.byteLength} bytes cannot be read.`, { cause })
  } finally {
    stream?.destroy()
  }
  // The bytes are copied: a chunk may be part of a much larger buffer, which a cache would keep in memory.
  const bytes = Buffer.allocUnsafeSlow(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  // guard: proof: a small file is compared before it is sent
  if (claim === null || hash('sha256', bytes, 'base64url') === claim) return bytes
  state.onDamaged?.(path)
  throw new DamagedBlob(`A file of ${length} bytes is not what was signed.`)
}
