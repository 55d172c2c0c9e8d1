/** Where the bytes of a file lie in the blobs core of its drive. Plain data: it may be stored and compared. */
export interface BlobPointer {
  blockOffset: number
  blockLength: number
  byteOffset: number
  byteLength: number
}

/** The block behind the last one. */
export function endOf({ blockOffset, blockLength }: BlobPointer): number {
  return blockOffset + blockLength
}
