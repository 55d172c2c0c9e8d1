import type { CoreSize } from '@sitedrive/core/drive'

/** Cost of keeping a core, without its blocks: its rows in the store, and a session that stays open. */
export const CORE_BYTES = 65_536

/** Cost of a block, without its bytes: its row in the store and its nodes of the Merkle tree. */
const BLOCK_BYTES = 128

/** Largest length of a core. An author can sign any length at no cost, but the peer's memory grows with it. */
const MAX_BLOCKS = 2 ** 27

/** The bytes that a core counts in a quota: what it takes on disk, also when its blocks are empty. */
export function costOf({ length, byteLength }: Pick<CoreSize, 'length' | 'byteLength'>): number {
  return CORE_BYTES + byteLength + length * BLOCK_BYTES
}

/** True when no honest core can have this size. */
export function isAbsurd({ length, byteLength }: Pick<CoreSize, 'length' | 'byteLength'>): boolean {
  return length > MAX_BLOCKS || !Number.isSafeInteger(length) || !Number.isSafeInteger(byteLength)
}
