import type { BlobPointer } from '@sitedrive/core/drive'

/** No block of a core has more bytes: hypercore itself warns of blocks above 15 MiB. */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024

/**
 * True when the numbers of a pointer are possible. They come from the drive's index, where the author may write anything.
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
