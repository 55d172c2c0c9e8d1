import type Hyperdrive from 'hyperdrive'
import { KEY_PREFIX } from './index-op.js'

/**
 * Removes an entry in a batch, so that nobody finds it any more, neither in a list nor by its path.
 *
 * Who asks Hyperbee 2.27.3 for a key is answered from the first block on the way that was written for this key, without a look at
 * whether the tree still has it. When a key in the middle of the tree is removed, another one takes its place, and the way to the
 * removed key leads over a part of the tree that the removal did not write. That part can be of the block that the key was added
 * with: then the removed entry, and with it the file, is handed out for ever, by all readers. The same goes for keys that were
 * removed earlier and lie in between. So the way is written anew: the entry is added to it and removed again.
 */
export async function removeEntry(batch: Hyperdrive, path: string): Promise<void> {
  await batch.del(path)
  // guard: removed: nobody finds a removed file by its path
  while (await leadsOverOlderNode(batch.db, Buffer.from(KEY_PREFIX + path))) {
    await batch.putEntry(path, { blob: null, metadata: null })
    await batch.del(path)
  }
}

/** Whether the way to a key has a node that was written before the batch. */
async function leadsOverOlderNode(tree: Hyperdrive.Tree, key: Buffer): Promise<boolean> {
  for (let node = await tree.getRoot(false); node;) {
    if (node.block.seq < tree.core.length) return true
    let child = 0
    while (child < node.keys.length && Buffer.compare(key, await node.getKey(child)) > 0) child++
    node = node.children.length > 0 ? await node.getChildNode(child) : null
  }
  return false
}
