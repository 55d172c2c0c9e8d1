import type Hypercore from 'hypercore'

/** A core may be open more than once, and its peers are the same each time. */
const watched = new WeakSet<Hypercore.Peer>()

/**
 * Fetches blocks again that arrived while their core moved to another fork. It works around a fault of hypercore 11.37.1: the
 * proof of such a block no longer fits, so the block is not stored, but the core goes on to count it as one that is on its way.
 * Without this no peer is ever asked for it again, also over another connection.
 */
export function refetchUnstoredBlocks(core: Hypercore): void {
  const watch = (peer: Hypercore.Peer) => {
    if (watched.has(peer)) return
    watched.add(peer)
    const receive = peer.ondata.bind(peer)
    peer.ondata = async (message) => {
      await receive(message)
      // guard: forks: a block that was not stored is asked for again
      if (message.block && !core.core.bitfield.get(message.block.index)) askAgain(core, message.block.index)
    }
  }
  for (const peer of core.peers) watch(peer)
  core.on('peer-add', watch)
}

function askAgain({ core: { replicator } }: Hypercore, index: number): void {
  replicator._unmarkInflight(index)
  replicator.queueUpdateAll()
}
