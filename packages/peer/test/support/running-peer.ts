import { openPeer, type Peer, type PeerOptions } from '../../src/open-peer.js'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { later } from '../../../mirror/test/support/later.js'
import { localDht } from '../../../mirror/test/support/local-network.js'
import { request, type Answer } from '../../../mirror/test/support/request.js'

/** A peer in a folder of its own, on the local DHT. */
export async function runPeer(options: Partial<PeerOptions> = {}): Promise<Peer> {
  const peer = await openPeer({ dir: tempDir(), bootstrap: await localDht(), stallMs: 2_000, ...options })
  later(() => peer.close())
  return peer
}

/** Trusts these publishers, without a limit or with one. */
export function trusting(
  ...publishers: ({ publisherKey: string } | [{ publisherKey: string }, number])[]
): Pick<PeerOptions, 'trust'> {
  return {
    trust: new Map(
      publishers.map((each) =>
        Array.isArray(each) ? [each[0].publisherKey, each[1]] : [each.publisherKey, null]
      )
    )
  }
}

/** Asks for a path of a site. */
export function ask(peer: Peer, site: string, path = '/'): Promise<Answer> {
  return request(peer.port, `${site}.localhost`, path)
}

export function siteOf(peer: Peer, key: string) {
  return peer.status().sites.find((site) => site.key === key)
}
