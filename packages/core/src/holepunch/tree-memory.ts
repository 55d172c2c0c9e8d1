import type Corestore from 'corestore'
import type Hypercore from 'hypercore'
import { MerkleTree } from 'hypercore/lib/merkle-tree.js'
import Rache from 'rache'

/** A node takes about 400 bytes here. */
const MAX_NODES = 16_384

type TreeNode = Hypercore.TreeNode

/** The nodes of all cores of this process. */
const allNodes = new Rache<number, TreeNode>({ maxSize: MAX_NODES })
const memories = new WeakMap<object, TreeMemory>()

/**
 * Keeps the newest nodes of the Merkle trees in a store in memory, for cores that are downloaded. For each block hypercore
 * 11.37.1 reads some two nodes from the store to know which proof it must ask for, and one to check the answer. These reads, one
 * by one, take more than half of the time of a download.
 *
 * What is not in memory is read as before. A proof that is asked for may reach some nodes higher than needed, up to a node that
 * is in memory, or to a root.
 */
export function rememberTreesIn(store: Corestore): void {
  store.watch((opened) => {
    const core = opened as Hypercore.Core
    core.ready().then(
      () => {
        const { state } = core
        if (!memories.has(state)) memories.set(state, new TreeMemory(state))
      },
      () => {} // whoever opens the core is told
    )
  })
}

const { missingNodes } = MerkleTree
MerkleTree.missingNodes = async (state, index, length) =>
  memories.get(state)?.countMissing(index, length) ?? missingNodes(state, index, length)

class TreeMemory {
  private readonly state: Hypercore.State
  private readonly nodes = allNodes.sub()

  constructor(state: Hypercore.State) {
    this.state = state
    const { storage } = state
    const read = storage.read.bind(storage)
    const write = storage.write.bind(storage)
    storage.read = (fork) => this.readFirst(read(fork))
    storage.write = () => this.rememberWritten(write())
  }

  /** The number of nodes from one up to the first that is here, without that. null: the tree has no such node */
  countMissing(index: number, length: number): number | null {
    if (index >= 2 * length) return null
    let count = 0
    for (let at = index; at < 2 * length; at = parentOf(at)) {
      if (this.get(at)) return count
      count++
    }
    return null
  }

  private get(index: number): TreeNode | undefined {
    return this.nodes.get(index) ?? this.state.roots.find((root) => root.index === index)
  }

  /** A read that is answered from memory does not go to the store. */
  private readFirst(reader: Hypercore.TreeReader): Hypercore.TreeReader {
    const { getTreeNode, tryFlush } = reader
    reader.getTreeNode = (index) => {
      const node = this.get(index)
      return node ? Promise.resolve(node) : getTreeNode.call(reader, index)
    }
    reader.tryFlush = () => {
      if (reader.read._operations?.length === 0) reader.destroy()
      else tryFlush.call(reader)
    }
    return reader
  }

  private rememberWritten(changes: Hypercore.TreeChanges): Hypercore.TreeChanges {
    const { putTreeNode, deleteTreeNode, deleteTreeNodeRange, flush } = changes
    const written: TreeNode[] = []
    const forget = () => {
      // guard: tree memory: what is cut off is not taken for stored
      this.nodes.clear()
      written.length = 0
    }
    changes.putTreeNode = (node) => {
      // Proofs overlap.
      if (this.nodes.get(node.index)?.hash.equals(node.hash)) return
      putTreeNode.call(changes, node)
      written.push(node)
    }
    changes.deleteTreeNode = (index) => {
      deleteTreeNode.call(changes, index)
      forget()
    }
    changes.deleteTreeNodeRange = (start, end) => {
      deleteTreeNodeRange.call(changes, start, end)
      forget()
    }
    changes.flush = async () => {
      const isStored = await flush.call(changes)
      // Only now: a write may fail.
      for (const node of written) this.nodes.set(node.index, own(node))
      return isStored
    }
    return changes
  }
}

/** A hash from the network is a part of the message that it came with. */
function own({ index, size, hash }: TreeNode): TreeNode {
  return { index, size, hash: Buffer.from(hash) }
}

/** Nodes are numbered as in flat-tree, and stay below 2^31. */
function parentOf(index: number): number {
  const step = ~index & (index + 1)
  return (index | step) & ~(step << 1)
}
