import { createHash, hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BlobPointer, Drive, DriveEntry } from './hyperdrive.js'

import { RECORD_PATH } from './reserved-paths.js'

/** sha256, base64url, without padding. */
const HASH = /^[A-Za-z0-9_-]{43}$/

/** For so long bytes are hashed in one go, before whatever else there is to do has its turn. Milliseconds. */
const SLICE_MS = 8

/**
 * What an entry's signed metadata says of its bytes: sha256, base64url.
 *
 * A drive of another program says nothing: null. The release record says it by standing in the metadata as a whole.
 */
export function claimedHash({ path, blob, metadata }: DriveEntry): string | null {
  if (!blob || typeof metadata !== 'object' || metadata === null) return null
  if (path === RECORD_PATH) return hash('sha256', recordBytes(metadata), 'base64url')
  const { hash: claim } = metadata as { hash?: unknown }
  return typeof claim === 'string' && HASH.test(claim) ? claim : null
}

/** Why a file is not shown whose bytes have another hash. For people: a part of a sentence. */
export const HASH_MISMATCH = 'its bytes are not those that were signed'

export interface HashOptions {
  signal?: AbortSignal | undefined
  /** Hears how many bytes were read; what it throws ends the reading. */
  onBytes?: (count: number) => void
}

/**
 * The hash of the bytes that a pointer leads to: sha256, base64url.
 *
 * @throws {SitedriveError} NOT_HELD when a block is not on this machine: bytes that cannot be read have no hash
 */
export function hashBlob(
  drive: Pick<Drive, 'blocks'>,
  blob: BlobPointer,
  options: HashOptions = {}
): Promise<string> {
  return hashOfBlocks(drive.blocks(blob), options)
}

/**
 * The hash of blocks that come one after the other: sha256, base64url. Other work of the process has its turns in between.
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

/** The content of the entry that carries a record. */
export function recordBytes(record: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(record, null, 2)}\n`)
}
