/** The position of a file's bytes in the blobs core of its drive. Plain data: it can be stored and compared. */
export interface BlobPointer {
  blockOffset: number
  blockLength: number
  byteOffset: number
  byteLength: number
}

/** The index of the first block after the blob. */
export function endOf({ blockOffset, blockLength }: BlobPointer): number {
  return blockOffset + blockLength
}
