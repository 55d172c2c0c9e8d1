import { createHash } from 'node:crypto'
import type { BlobPointer, DriveState } from '@sitedrive/core/drive'
import type { Encoding } from './accepted-encoding.js'

/**
 * Identifies the bytes of a blob. An entry's hash and size are only claims, so a false one could poison a cache. But the
 * same blocks of the same core at the same fork are always the same bytes. All numbers of the pointer are used, since each
 * changes which bytes are read.
 */
export function blobName(key: string, state: DriveState, blob: BlobPointer): string {
  const { blockOffset, blockLength, byteOffset, byteLength } = blob
  return [key, state.fork, state.blobsFork, blockOffset, blockLength, byteOffset, byteLength].join(':')
}

/** Identifies the bytes of a blob together with the claim that they are compared with, so that each claim is checked. */
export function provenName(blob: string, claim: string | null): string {
  return claim === null ? blob : `${blob} ${claim}`
}

/**
 * A strong entity tag. An unchanged file keeps its blob in the next release, and therefore its tag.
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

/** True when an If-None-Match header contains the tag. The comparison is weak, as RFC 9110, 13.1.2 requires. */
export function matchesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  if (header === tag) return true
  return header.split(',').some((part) => {
    const candidate = part.trim()
    return candidate === '*' || candidate.replace(/^W\//, '') === tag
  })
}

/** True when an If-Match header contains the tag. The comparison is strong, as RFC 9110, 13.1.1 requires. */
export function matchesStrongly(header: string, tag: string): boolean {
  return header.split(',').some((part) => part.trim() === '*' || part.trim() === tag)
}
