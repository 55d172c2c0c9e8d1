/** The largest number of blocks of a core: 2^27 blocks of 64 KB are 8 TB. No honest peer names a higher block. */
export const MAX_BLOCKS = 2 ** 27

/** The highest node index of the Merkle tree: two nodes for each block. */
export const MAX_NODE = 2 * MAX_BLOCKS

/**
 * How many blocks beyond the known length a peer may name. A peer announces new blocks shortly before its new length, and a
 * bitfield is filled up to 2^21 bits.
 */
export const AHEAD_BLOCKS = 2 ** 21

/** Blocks in one page of hypercore's bitfields of a peer: two pages of 4 KB. */
export const PAGE_BLOCKS = 32_768

/** The most bitfield pages for one connection. One page needs about 10,000 bytes in all. */
export const MAX_PAGES = 8_192

/** The most bitfield pages for all connections of this process together. */
export const MAX_ALL_PAGES = 32_768

/** The longest bitfield in a message: 2^21 bits in words of 32 bits. */
export const MAX_BITFIELD_WORDS = 65_536

/** A path through the Merkle tree has fewer than 64 nodes. A proof is at most a path and the roots. */
export const MAX_PROOF_NODES = 128

/** The longest signature or user data of a manifest. Bytes. */
export const MAX_MANIFEST_BYTES = 65_536
export const MAX_SIGNERS = 256

/** The most waiting requests of one peer on one core. Hypercore itself sends at most 512 at a time. */
export const MAX_WAITING = 4_096

/** The most bytes of answers that are prepared at the same time, by the average block size of the core. */
export const ANSWER_BYTES = 8 * 1024 * 1024

/** How often one peer may raise the fork of one core. Each claimed fork is stored and requested. */
export const MAX_FORKS = 4_096

export const MAX_EXTENSION_NAME = 128
export const MAX_EXTENSION_BYTES = 65_536

/** The longest name and id of a protocol that a peer opens. Bytes. */
export const MAX_PROTOCOL_NAME = 128
export const MAX_PROTOCOL_ID = 64

/** The most cores in one message of a publisher to a seed. The client of blind peers sends at most 1,024. */
export const MAX_CORES = 1_024

/**
 * The processing time that a peer may use for messages other than blocks and requests: one second at once, and half of the time
 * in the long run. A peer above the limit is not read until it is below it again. Microseconds.
 */
export const WORK_AT_ONCE = 1_000_000
export const WORK_PER_SECOND = 500_000

/** The highest cost of one frame, because the process does nothing else meanwhile. Microseconds. */
export const WORK_IN_A_FRAME = 1_000_000

/** The most messages without new information. Some are normal, because messages of both sides cross. */
export const MAX_REDUNDANT_AT_ONCE = 20_000
export const REDUNDANT_PER_SECOND = 100
