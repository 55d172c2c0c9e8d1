import type { BlobPointer } from './blob-pointer.js'

/** In the index of a drive the path of a file follows this. */
export const KEY_PREFIX = 'files\0'

/** Sets the entry at `path`, with or without content. */
export interface SetEntry {
  path: string
  blob: BlobPointer | null
  metadata: unknown
}

/** One change of the index. Without `metadata` the entry is removed. */
export type IndexOp = SetEntry | { path: string; blob: null }
