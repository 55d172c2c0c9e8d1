import type Hypercore from 'hypercore'

/** Blocks that are written at a time. More are not faster, and what they take of memory is taken back late. */
const PIECE_BLOCKS = 256

/** As in `lib/bitfield.js` of hypercore: a page has a bit for each of so many blocks. */
const PAGE_BITS = 32_768

/**
 * Prepares a core for `appendBlocks`, and makes hyperbee's batches use it.
 *
 * @param core one that nobody else may append to
 */
export async function appendInPieces(core: Hypercore): Promise<void> {
  // guard: atomic: nothing stays of an index whose publish was killed
  await dropPieces(core)
  const append = core.append.bind(core)
  core.append = (blocks) =>
    Array.isArray(blocks) && blocks.length > PIECE_BLOCKS && !core.encryption
      ? appendBlocks(core, blocks)
      : append(blocks)
}

/**
 * Appends many blocks with the memory of a few. By itself hypercore 11.37.1 (`append` in lib/session-state.js) makes one write of
 * all blocks, with two tree nodes and three keys for each, so that readers see all or none.
 *
 * Here blocks and tree nodes are written first, piece by piece, behind the end of the core. Only the last write moves that end. Who
 * reads the store meanwhile, or after a crash, sees the core as it was.
 */
export async function appendBlocks(core: Hypercore, blocks: Iterable<Uint8Array>): Promise<void> {
  if (core.encryption) return void (await core.append([...blocks]))
  const { state, keyPair } = core
  const { header, verifier } = core.core
  if (!keyPair) throw new Error('a core without a key pair cannot be appended to')
  await state.mutex.lock()
  try {
    const batch = state.createTreeBatch()
    const start = batch.length
    for (const piece of piecesOf(blocks)) {
      const writing = state.createWriteBatch()
      for (const block of piece) {
        writing.putBlock(batch.length, block)
        batch.append(block)
      }
      for (const node of batch.nodes) writing.putTreeNode(node)
      batch.nodes = []
      await state.flush()
    }
    const { fork, length, byteLength, roots } = batch
    const signature = verifier.sign(batch, keyPair)
    const head = { fork, length, rootHash: batch.hash(), signature, timestamp: Date.now() }
    const pages = await bitsOf(core, start, length)
    // Only now, and in one write with its bits: whoever opens the store before finds the core as it was.
    const writing = state.createWriteBatch()
    writing.setHead(head)
    for (const [page, bits] of pages) writing.putBitfieldPage(page, bits)
    const { contiguousLength, remoteContiguousLength } = header.hints
    if (contiguousLength === start) writing.setHints({ contiguousLength: length, remoteContiguousLength })
    await state.flush()
    Object.assign(state, { fork, length, byteLength, roots, signature })
    state.onappend(head, { drop: false, start, length: length - start }, true)
    if (core.core.hintsChanged) await core.core.flushHints()
  } finally {
    state._unlock()
  }
}

function* piecesOf(blocks: Iterable<Uint8Array>): Generator<Uint8Array[]> {
  let piece: Uint8Array[] = []
  for (const block of blocks) {
    piece.push(block)
    if (piece.length < PIECE_BLOCKS) continue
    yield piece
    piece = []
  }
  if (piece.length > 0) yield piece
}

/** The pages of the bitfield that says which blocks are here, with the bits of a range set. */
async function bitsOf({ state }: Hypercore, start: number, end: number): Promise<Map<number, Uint8Array>> {
  const pages = new Map<number, Uint8Array>()
  const reading = state.storage.read()
  const first = Math.floor(start / PAGE_BITS)
  const stored = reading.getBitfieldPage(first)
  reading.tryFlush()
  pages.set(first, (await stored) ?? new Uint8Array(PAGE_BITS / 8))
  for (let block = start; block < end; block++) {
    const at = Math.floor(block / PAGE_BITS)
    const page = pages.get(at) ?? new Uint8Array(PAGE_BITS / 8)
    pages.set(at, page)
    page[(block % PAGE_BITS) >> 3]! |= 1 << (block & 7)
  }
  return pages
}

/**
 * Removes what an append that was cut off has written behind the end of the core. Tree nodes there would be taken for those of
 * another machine's blocks, which then could not be fetched.
 */
async function dropPieces({ state }: Hypercore): Promise<void> {
  const { length } = state
  const reading = state.storage.read()
  const firstBehind = reading.getTreeNode(2 * length) // the pieces are written in order
  reading.tryFlush()
  if (!(await firstBehind)) return
  const removal = state.storage.write()
  removal.deleteBlockRange(length, -1)
  removal.deleteTreeNodeRange(2 * length, -1)
  for (const index of nodesAcross(2 * length)) removal.deleteTreeNode(index)
  await removal.flush()
}

/** The tree nodes below an index whose blocks lie on both sides of it. Nodes are numbered as in flat-tree. */
function* nodesAcross(index: number): Generator<number> {
  for (let half = 2; half <= index; half *= 2) {
    const node = index - (index % (2 * half)) + half - 1
    if (node < index) yield node
  }
}
