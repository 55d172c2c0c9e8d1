import { createHash } from 'node:crypto'
import type { BlobPointer, DriveState } from '@sitedrive/core/drive'

/**
 * A strong entity tag that a lying drive cannot poison: an entry's hash and size are claims, but the same blocks of the
 * same core at the same fork are always the same bytes. A file that did not change keeps its blob from release to
 * release, and so its tag.
 */
export function entityTag(key: string, state: DriveState, blob: BlobPointer): string {
  const named = [key, state.fork, state.blobsFork, blob.blockOffset, blob.byteLength].join(':')
  return `"${createHash('sha256').update(named).digest('base64url').slice(0, 27)}"`
}

/** Whether an If-None-Match header names the tag. Comparison is weak, as RFC 9110, 13.1.2 wants it. */
export function matchesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((part) => {
    const candidate = part.trim()
    return candidate === '*' || candidate.replace(/^W\//, '') === tag
  })
}
