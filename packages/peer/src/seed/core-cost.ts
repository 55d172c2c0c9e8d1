import type { CoreSize } from '@sitedrive/core/drive'

/** What keeping a core costs beside its blocks: its rows in the store, a session that is open for good. */
export const CORE_BYTES = 65_536

/** What a block costs beside its bytes: its row in the store and its nodes of the Merkle tree. */
const BLOCK_BYTES = 128

/** No site has more. A signed length costs its author nothing, and is looked after for as long as the core is kept. */
const MAX_BLOCKS = 2 ** 27

/** What a core counts for in a quota: bytes on disk, also where its blocks are empty. */
export function costOf({ length, byteLength }: Pick<CoreSize, 'length' | 'byteLength'>): number {
  return CORE_BYTES + byteLength + length * BLOCK_BYTES
}

/** True when no honest core can be of that size. */
export function isAbsurd({ length, byteLength }: Pick<CoreSize, 'length' | 'byteLength'>): boolean {
  return length > MAX_BLOCKS || !Number.isSafeInteger(length) || !Number.isSafeInteger(byteLength)
}
