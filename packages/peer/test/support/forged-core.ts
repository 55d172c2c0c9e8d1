import { randomBytes } from 'node:crypto'
import type { Core, PinningClient } from './pinning-client.js'

interface Tree {
  roots: { index: number; hash: Buffer; size: number }[]
  length: number
  byteLength: number
  fork: number
  signature: Buffer
}

interface Inside {
  state: Tree & {
    createTreeBatch(): Tree & { hash(): Buffer }
    createWriteBatch(): { putTreeNode(node: Tree['roots'][number]): void; setHead(head: object): void }
    flush(): Promise<boolean>
    mutex: { lock(): Promise<void>; unlock(): void }
    onappend(tree: object, bitfield: object, flushed: boolean): void
  }
  core: { verifier: { sign(tree: Tree, keyPair: unknown): Buffer } }
}

/**
 * Makes a core whose author has signed a length and a size that it does not have: a signature covers the hashes of the
 * roots, and nobody can tell that there is nothing below them.
 *
 * @param length a power of two, so that there is one root
 */
export async function forgeCore(client: PinningClient, length: number, byteLength: number): Promise<Core> {
  const core = (await client.core('forged')) as Core & Inside
  await core.append(randomBytes(1))
  const { state } = core
  await state.mutex.lock()
  const tx = state.createWriteBatch()
  const batch = Object.assign(state.createTreeBatch(), {
    length,
    byteLength,
    roots: [{ index: length - 1, hash: randomBytes(32), size: byteLength }]
  })
  for (const root of batch.roots) tx.putTreeNode(root)
  const signature = core.core.verifier.sign(batch, core.keyPair)
  const head = { fork: batch.fork, length, rootHash: batch.hash(), signature, timestamp: Date.now() }
  tx.setHead(head)
  const flushed = await state.flush()
  Object.assign(state, { roots: batch.roots, length, byteLength, signature })
  state.onappend(head, { drop: false, start: 1, length: 1 }, flushed)
  state.mutex.unlock()
  return core
}
