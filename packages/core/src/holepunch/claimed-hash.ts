import { createHash, hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BlobPointer, Drive, DriveEntry } from './hyperdrive.js'
import { RECORD_PATH } from './reserved-paths.js'

/** sha256, base64url, without padding. */
const HASH = /^[A-Za-z0-9_-]{43}$/

/** The longest time of hashing without a pause for other work of the process. Milliseconds. */
const SLICE_MS = 8

/**
 * The hash of an entry's bytes as its signed metadata states it: sha256, base64url. null when the metadata has no hash, as in
 * drives of other programs.
 *
 * The metadata of the release record is the whole record, so its hash is computed from the metadata.
 */
export function claimedHash({ path, blob, metadata }: DriveEntry): string | null {
  if (!blob || typeof metadata !== 'object' || metadata === null) return null
  if (path === RECORD_PATH) return hash('sha256', recordBytes(metadata), 'base64url')
  const { hash: claim } = metadata as { hash?: unknown }
  return typeof claim === 'string' && HASH.test(claim) ? claim : null
}

/** The reason why a file with a wrong hash is not shown. Part of a sentence for people. */
export const HASH_MISMATCH = 'its bytes are not those that were signed'

export interface HashOptions {
  signal?: AbortSignal | undefined
  /** Is called with the number of bytes of each block. If it throws, the reading stops with that error. */
  onBytes?: (count: number) => void
}

/**
 * The hash of a blob's bytes: sha256, base64url.
 *
 * @throws {SitedriveError} NOT_HELD when a block is not on this machine
 */
export function hashBlob(
  drive: Pick<Drive, 'blocks'>,
  blob: BlobPointer,
  options: HashOptions = {}
): Promise<string> {
  return hashOfBlocks(drive.blocks(blob), options)
}

/**
 * The hash of a sequence of blocks: sha256, base64url. Pauses regularly, so that other work of the process can run.
 */
export async function hashOfBlocks(
  blocks: AsyncIterable<Buffer>,
  { signal, onBytes }: HashOptions = {}
): Promise<string> {
  const digest = createHash('sha256')
  let since = performance.now()
  for await (const block of blocks) {
    onBytes?.(block.byteLength)
    digest.update(block)
    if (performance.now() - since < SLICE_MS) continue
    await nextTurn()
    signal?.throwIfAborted()
    since = performance.now()
  }
  return digest.digest('base64url')
}

/** The content of the entry that holds a release record: JSON text. */
export function recordBytes(record: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(record, null, 2)}\n`)
}
