import type Corestore from 'corestore'
import type Hypercore from 'hypercore'

/** Not one of hypercore's reason codes, so the peer may ask again and does not count the answer as a failure. */
export const RETRY_REASON = 0
/** How long after a core's move to another fork peers may still ask for the old fork. Milliseconds. */
const FORK_GRACE_MS = 10_000
/** When a peer that asks for the old fork later than that may ask again. Milliseconds. */
const LATE_RETRY_MS = 1_000

/** Of one core, however many sessions are open on it. */
interface CoreState {
  movedAt: number
  answers: number
}

const states = new WeakMap<Hypercore.Core, CoreState>()
const watched = new WeakSet<Hypercore.Peer>()
const mended = new WeakSet<Hypercore.TreeBatch>()

/**
 * Lets a core go on exchanging blocks with its peers when it moves to another fork. It works around four faults of
 * hypercore 11.37.1:
 *
 * - A core that is truncated while it answers no longer has the requested blocks, and ends the connection
 *   (`Expected tree node`). Here it answers that the peer may ask again.
 * - A request for the old fork that arrives after the move is answered with a reason that the peer counts. After 32 such
 *   answers the peer stops asking. Here it is answered that the peer may ask again: after some seconds not at once, since a
 *   seed tells nobody of a new fork until all of its index is there.
 * - A block that arrives during the move is not stored, since its proof no longer fits, but the core goes on to count it as
 *   one that is on its way. No peer is asked for it again, also over another connection. Here it is asked for again.
 * - A core that moves to a fork whose first n blocks it has, n a power of two, keeps the tree node of its old first 2n blocks.
 *   When it moves back, it takes what it has for a part of the old fork: it stays where it is for ever, or shows blocks of the
 *   wrong fork. Here the node is removed.
 */
export function keepPeersAcrossForks(core: Hypercore): void {
  core.ready().then(
    () => removeNodesOfOldForks(core.core),
    () => {} // whoever opens the core is told
  )
  core.on('truncate', () => (stateOf(core).movedAt = performance.now()))
  for (const peer of core.peers) watchPeer(core, peer)
  core.on('peer-add', (peer: Hypercore.Peer) => watchPeer(core, peer))
}

/** The number of answers in preparation, including answers to requests that the peer has cancelled meanwhile. */
export function answersInPreparation(core: Hypercore): number {
  return stateOf(core).answers
}

/** The last of these for all cores of a store: a peer may name one, and move it, before it is kept here. */
export function removeNodesOfOldForksIn(store: Corestore): void {
  store.watch((opened) => {
    const core = opened as Hypercore.Core
    core.ready().then(
      () => removeNodesOfOldForks(core),
      () => {} // whoever opens the core is told
    )
  })
}

/** All cores have the same class of changes, so it is changed once. */
function removeNodesOfOldForks(core: Hypercore.Core): void {
  // A reorganization is a subclass of it.
  const batches = Object.getPrototypeOf(core.state.createTreeBatch()) as Hypercore.TreeBatch
  if (mended.has(batches)) return
  mended.add(batches)
  const commit = batches._commitUpgrade
  batches._commitUpgrade = function (changes) {
    commit.call(this, changes)
    const { ancestors, treeLength } = this
    // guard: forks: no tree node of the old fork stays
    if (ancestors > 0 && ancestors < treeLength) changes.deleteTreeNode(leftmostAcross(2 * ancestors))
  }
}

/** The tree node below an index that starts at block 0 and reaches across the index. Nodes are numbered as in flat-tree. */
function leftmostAcross(index: number): number {
  return 2 ** Math.floor(Math.log2(index)) - 1
}

function stateOf({ core }: Hypercore): CoreState {
  const state = states.get(core) ?? { movedAt: -Infinity, answers: 0 }
  states.set(core, state)
  return state
}

/** A core may be open more than once, and its peers are the same each time. */
function watchPeer(core: Hypercore, peer: Hypercore.Peer): void {
  // guard: forks: a peer is watched once, however often its core is opened
  if (watched.has(peer)) return
  watched.add(peer)
  watchAnswers(core, peer)
  watchBlocks(core, peer)
}

function watchAnswers(session: Hypercore, peer: Hypercore.Peer): void {
  const { core } = session
  const state = stateOf(session)
  const answer = peer._fulfillRequest.bind(peer)
  const sendRetry = (id: number) => {
    // For a pushed block or a cancelled request the peer expects no answer.
    if (peer.remoteRequests.delete(id)) peer.wireNoData.send({ request: id, reason: RETRY_REASON })
  }
  peer._fulfillRequest = async (request, isPushed) => {
    const { fork } = core.state
    const { msg } = request
    const hasJustMoved = performance.now() - state.movedAt < FORK_GRACE_MS
    // guard: forks: requests that come too late are not held against the core that has moved
    if (!isPushed && msg.fork !== fork) {
      if (hasJustMoved) return sendRetry(msg.id)
      setTimeout(() => sendRetry(msg.id), LATE_RETRY_MS).unref()
      return
    }
    state.answers++
    try {
      await answer(request, isPushed)
    } catch (error) {
      if (core.state.fork === fork) throw error
      sendRetry(msg.id)
    } finally {
      state.answers--
    }
  }
}

function watchBlocks({ core }: Hypercore, peer: Hypercore.Peer): void {
  const receive = peer.ondata.bind(peer)
  peer.ondata = async (message) => {
    await receive(message)
    // guard: forks: a block that was not stored is asked for again
    if (!message.block || core.bitfield.get(message.block.index)) return
    core.replicator._unmarkInflight(message.block.index)
    core.replicator.queueUpdateAll()
  }
}
