/** Blocks that a core may have on the wire: 2^27 of 64 KB are 8 TB. Numbers beyond are named by no honest peer. */
export const MAX_BLOCKS = 2 ** 27

/** Numbers of nodes of the Merkle tree: two for each block. */
export const MAX_NODE = 2 * MAX_BLOCKS

/**
 * How far a peer may speak of blocks beyond the length that it has claimed, or that we know of. It tells of new blocks a
 * moment before it tells its new length; and a bitfield ends at a full 2^21 bits.
 */
export const AHEAD_BLOCKS = 2 ** 21

/** Hypercore notes in pages of so many blocks what a peer has: two pages of 4 KB. */
export const PAGE_BLOCKS = 32_768

/** Pages that one connection may make us keep: 10,000 bytes each with what belongs to them. */
export const MAX_PAGES = 8_192

/** Pages that all connections of this process may make us keep together. */
export const MAX_ALL_PAGES = 32_768

/** A bitfield on the wire: one segment of 2^21 bits in words of 32. */
export const MAX_BITFIELD_WORDS = 65_536

/** A path through the Merkle tree has fewer than 64 nodes, a proof at most a path and its roots. */
export const MAX_PROOF_NODES = 128

/** Signatures of a core with many signers, and whatever else a core says of itself. Bytes. */
export const MAX_MANIFEST_BYTES = 65_536
export const MAX_SIGNERS = 256

/** Requests of one peer on one core that wait. Hypercore has 512 on their way. */
export const MAX_WAITING = 4_096

/** Answers that are prepared at once may have so many bytes, by the average block of their core. */
export const ANSWER_BYTES = 8 * 1024 * 1024

/** Forks that one peer may claim of one core, one above the other. Each is kept and asked for. */
export const MAX_FORKS = 4_096

export const MAX_EXTENSION_NAME = 128
export const MAX_EXTENSION_BYTES = 65_536

/** Names and ids of protocols that a peer opens. */
export const MAX_PROTOCOL_NAME = 128
export const MAX_PROTOCOL_ID = 64

/** Cores that a publisher may name in one message to a seed. A blind peer's client sends at most 1,024. */
export const MAX_CORES = 1_024

/**
 * What a peer says beside blocks and requests costs us time, by estimates that stand beside each message. Of ours it may have
 * a second at once and half in the long run; then it is not heard until it may have more. Microseconds.
 */
export const WORK_AT_ONCE = 1_000_000
export const WORK_PER_SECOND = 500_000

/** Nothing else is done while a frame is read, so no frame may cost more. */
export const WORK_IN_A_FRAME = 1_000_000

/** Messages that tell nothing new. Some cross with what we have just said; after so many the rest in an hour is cut off. */
export const MAX_REDUNDANT_AT_ONCE = 20_000
export const REDUNDANT_PER_SECOND = 100
