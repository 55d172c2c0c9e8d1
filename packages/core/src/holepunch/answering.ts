import type Hypercore from 'hypercore'

/** Hypercore's own word for: these blocks are not here. */
const NOT_AVAILABLE = 1

/**
 * Counts the requests of peers that a core is answering, those that were taken back meanwhile included.
 *
 * A core that is truncated while it answers finds that the blocks it was about to send are gone, and hypercore 11.37.1 then
 * ends the connection (`Expected tree node`). Here such a request is answered as any other one for a fork that is no more.
 */
export class Answering {
  /** Answers that are on their way. */
  count = 0

  watch(core: Hypercore): void {
    for (const peer of core.peers) this.watchPeer(core, peer)
    core.on('peer-add', (peer: Hypercore.Peer) => this.watchPeer(core, peer))
  }

  private watchPeer(core: Hypercore, peer: Hypercore.Peer): void {
    const answer = peer._fulfillRequest.bind(peer)
    peer._fulfillRequest = async (request, isPushed) => {
      const { fork } = core
      this.count++
      try {
        await answer(request, isPushed)
      } catch (error) {
        if (core.fork === fork) throw error
        const { id } = request.msg
        // One that was pushed, or taken back, waits for no answer.
        if (peer.remoteRequests.delete(id)) peer.wireNoData.send({ request: id, reason: NOT_AVAILABLE })
      } finally {
        this.count--
      }
    }
  }
}
