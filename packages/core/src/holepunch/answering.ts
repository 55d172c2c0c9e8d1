import type Hypercore from 'hypercore'

/** Not one of hypercore's reasons: the other side asks again where it still wants to, and counts nothing against this one. */
const RETRY_REASON = 0
/** For so long after a core has moved to another fork, peers may not have heard of it. Milliseconds. */
const FORK_GRACE_MS = 10_000

/**
 * Answers requests across a change of forks as hypercore 11.37.1 does not.
 *
 * A core that is truncated while it answers finds that the blocks it was about to send are gone, and then ends the connection
 * (`Expected tree node`). And a request for the fork that was, which was on its way when the core moved, is answered with a
 * reason that the other side counts: after 32 of these it asks for nothing more. Here both are told to ask again.
 */
export class RequestResponder {
  /** Answers that are on their way, those to requests that were taken back meanwhile included. */
  count = 0

  watch(core: Hypercore): void {
    let movedAt = -Infinity
    core.on('truncate', () => (movedAt = performance.now()))
    const hasJustMoved = () => performance.now() - movedAt < FORK_GRACE_MS
    for (const peer of core.peers) this.watchPeer(core, peer, hasJustMoved)
    core.on('peer-add', (peer: Hypercore.Peer) => this.watchPeer(core, peer, hasJustMoved))
  }

  private watchPeer(core: Hypercore, peer: Hypercore.Peer, hasJustMoved: () => boolean): void {
    const answer = peer._fulfillRequest.bind(peer)
    const sendRetry = (id: number) => {
      // One that was pushed, or taken back, waits for no answer.
      if (peer.remoteRequests.delete(id)) peer.wireNoData.send({ request: id, reason: RETRY_REASON })
    }
    peer._fulfillRequest = async (request, isPushed) => {
      const { fork } = core
      const { msg } = request
      // guard: forks: requests that come too late are not held against the core that has moved
      if (!isPushed && msg.fork !== fork && hasJustMoved()) return sendRetry(msg.id)
      this.count++
      try {
        await answer(request, isPushed)
      } catch (error) {
        if (core.fork === fork) throw error
        sendRetry(msg.id)
      } finally {
        this.count--
      }
    }
  }
}
