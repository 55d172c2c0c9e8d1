import { createHash } from 'node:crypto'
import type { BlobPointer, DriveState } from '@sitedrive/core/drive'
import type { Encoding } from './accepted-encoding.js'

/**
 * Names the bytes of a blob, so that a lying drive can poison no cache: an entry's hash and size are claims, but the same
 * blocks of the same core at the same fork are always the same bytes. Every number of the pointer counts, as each has a
 * say in what is read.
 */
export function blobName(key: string, state: DriveState, blob: BlobPointer): string {
  const { blockOffset, blockLength, byteOffset, byteLength } = blob
  return [key, state.fork, state.blobsFork, blockOffset, blockLength, byteOffset, byteLength].join(':')
}

/** Names the bytes of a blob that were, or will be, compared with a claim: those of another claim are not to be had by it. */
export function provenName(blob: string, claim: string | null): string {
  return claim === null ? blob : `${blob} ${claim}`
}

/**
 * A strong entity tag. A file that did not change keeps its blob from release to release, and so its tag.
 *
 * @param encoding the content coding: other bytes, so another tag
 */
export function entityTag(key: string, state: DriveState, blob: BlobPointer, encoding?: Encoding): string {
  const hash = createHash('sha256')
    .update(blobName(key, state, blob))
    .digest('base64url')
    .slice(0, 27)
  return encoding ? `"${hash}-${encoding}"` : `"${hash}"`
}

/** Whether an If-None-Match header names the tag. Comparison is weak, as RFC 9110, 13.1.2 wants it. */
export function matchesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  if (header === tag) return true
  return header.split(',').some((part) => {
    const candidate = part.trim()
    return candidate === '*' || candidate.replace(/^W\//, '') === tag
  })
}
