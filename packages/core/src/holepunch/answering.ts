import type Hypercore from 'hypercore'

/** Not one of hypercore's reason codes, so the peer may ask again and does not count the answer as a failure. */
const RETRY_REASON = 0
/** How long after a core's move to another fork peers may still ask for the old fork. Milliseconds. */
const FORK_GRACE_MS = 10_000

/**
 * Answers requests correctly when a core changes its fork. It works around two faults of hypercore 11.37.1:
 *
 * - A core that is truncated while it answers no longer has the requested blocks, and ends the connection
 *   (`Expected tree node`).
 * - A request for the old fork that arrives after the change is answered with a reason that the peer counts. After 32 such
 *   answers the peer stops asking.
 *
 * In both cases this class answers that the peer may ask again.
 */
export class RequestResponder {
  /** Number of answers in preparation, including answers to requests that the peer has cancelled meanwhile. */
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
      // For a pushed block or a cancelled request the peer expects no answer.
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
