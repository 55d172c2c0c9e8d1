import { createHash, hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BlobPointer, Drive, DriveEntry } from './holepunch/drive.js'
import { recordBytes } from './release-record.js'
import { RECORD_PATH } from './reserved.js'

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

/**
 * The hash of the bytes that a pointer leads to: sha256, base64url. Large files go through block by block, and other work
 * of the process has its turns in between.
 *
 * @param onBytes hears how many bytes were read; what it throws ends the reading
 * @throws {SitedriveError} NOT_HELD when a block is not on this machine: bytes that cannot be read have no hash
 */
export async function hashBlob(
  drive: Pick<Drive, 'blocks'>,
  blob: BlobPointer,
  { signal, onBytes }: { signal?: AbortSignal | undefined; onBytes?: (count: number) => void } = {}
): Promise<string> {
  const digest = createHash('sha256')
  let since = performance.now()
  for await (const block of drive.blocks(blob)) {
    onBytes?.(block.byteLength)
    digest.update(block)
    if (performance.now() - since < SLICE_MS) continue
    await nextTurn()
    signal?.throwIfAborted()
    since = performance.now()
  }
  return digest.digest('base64url')
}
