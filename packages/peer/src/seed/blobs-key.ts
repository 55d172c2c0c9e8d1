import { encodeKey, type FollowedDrive } from '@sitedrive/core/drive'

/**
 * The blobs core that a drive's index names, z-base-32. Resolves when the first block of the index is here; null when
 * that block is none of a drive.
 *
 * Whoever introduces a site says which core that is; only the index, which the site's key has signed, knows.
 */
export async function blobsKeyOf(drive: FollowedDrive): Promise<string | null> {
  // Not among core's public methods yet.
  const { drive: inner } = drive as unknown as {
    drive: { getBlobs(): Promise<{ core: { key: Uint8Array } } | null> }
  }
  const blobs = await inner.getBlobs()
  return blobs && encodeKey(blobs.core.key)
}
