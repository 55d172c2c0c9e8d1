import type { BlobPointer } from '@sitedrive/core/drive'

/** More bytes than any block of a core has: hypercore itself warns of blocks above 15 MiB. */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024

/**
 * True when a pointer can be what it says. It comes from the drive's index, where its author may have put anything.
 *
 * @param blobsLength blocks of the blobs core
 */
export function isPlausible(pointer: BlobPointer, blobsLength: number): boolean {
  const { blockOffset, blockLength, byteOffset, byteLength } = pointer
  if (![blockOffset, blockLength, byteOffset, byteLength].every((n) => Number.isSafeInteger(n) && n >= 0))
    return false
  // A deduplicated file of Hyperblobs: its range holds a list of blocks, not the bytes.
  if ('blockMap' in pointer && pointer.blockMap) return false
  return blockOffset + blockLength <= blobsLength && byteLength <= blockLength * MAX_BLOCK_BYTES
}
