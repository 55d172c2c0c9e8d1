import type { FollowedDrive, Network } from '@sitedrive/core/drive'
import { searchAgain } from './search-peers-again.js'

/**
 * Looks for peers that have a drive, again and again while none has all that is known of it, and replicates with those that are found.
 *
 * @param announce others find this machine, too
 * @returns stops it. The network stays open; its connections no longer get anything of the drive
 */
export function findPeers(
  copy: FollowedDrive,
  network: Pick<Network, 'serve' | 'join'>,
  { announce, onProblem }: { announce: boolean; onProblem: (error: unknown) => void }
): () => void {
  let isOver = false
  // The network stays open after the drive is closed, and still passes connections on.
  network.serve({ replicate: (connection) => !isOver && copy.replicate(connection) })
  // Not awaited: being offline is a normal state, and joining goes on in the background.
  const search = () => void network.join(copy.key, { announce, find: true }).catch(onProblem)
  search()
  const stopSearching = searchAgain(() => !copy.isServed, search)
  return () => {
    isOver = true
    stopSearching()
  }
}
