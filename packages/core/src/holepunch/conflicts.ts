import type Corestore from 'corestore'

// What hypercore 11.37.1 does by itself when a peer proves that one length was signed twice (`checkConflict` in
// lib/core.js): it prints a line, freezes the core, ends the channel with every peer, and closes every session. From then
// on nothing of the core can be read or fetched in this process. Here it neither prints nor freezes, and a store that is
// there for readers keeps its cores open.

/** The parts of hypercore's inside that a conflict goes through. */
interface InnerCore {
  header: { frozen: boolean } | null
  state: { fork: number; length: number; _clearActiveBatch(): void }
  replicator: { onconflict(): Promise<void> }
  /** @returns whether the message was a proof that needs no further look */
  checkConflict(proof: { fork: number }, from: InnerPeer): Promise<boolean>
  /** Tells the peers and the sessions, and closes them. */
  _onconflict(proof: object): Promise<void>
  closeAllSessions(error: Error): Promise<void>
}

interface InnerPeer {
  /** Nothing is asked of it, and no block is sent to it. */
  paused: boolean
  remoteFork: number
  remoteLength: number
  onsync(message: { fork: number }): Promise<void>
  onrequest(request: object): Promise<void>
}

/** Thrown in the middle of `checkConflict`, where both proofs have been found to be right and different. */
class ConflictFound extends Error {}

/**
 * Takes over what happens on a conflict in any core of a store, from now on. Sessions hear of it by the event `conflict`.
 *
 * @param keepOpen keeps the cores open: what is here is kept and handed out, the peer that holds the other history is let be,
 *   and the first who signs at a higher fork is followed. Without it all sessions are closed, as by hypercore itself: a
 *   writer must not go on.
 */
export function takeOverConflicts(store: Corestore, { keepOpen }: { keepOpen: boolean }): void {
  store.watch((core) => {
    const inner = core as InnerCore
    if (keepOpen) keepCoresOpen(inner)
    else catchConflicts(inner)
  })
}

function catchConflicts(
  core: InnerCore,
  before: (proof: { fork: number }, from: InnerPeer) => Promise<void> = async () => {}
): void {
  const check = core.checkConflict.bind(core)
  core.checkConflict = async (proof, from) => {
    // guard: conflict: nothing is printed
    if (core.header) preventFreeze(core, core.header)
    try {
      return await check(proof, from)
    } catch (error) {
      if (!(error instanceof ConflictFound)) throw error
    }
    await before(proof, from)
    await core._onconflict(proof)
    return true
  }
}

/** Freezing is what comes right before the line on the console. */
function preventFreeze(core: InnerCore, header: { frozen: boolean }): void {
  Object.defineProperty(header, 'frozen', {
    configurable: true,
    get: () => false,
    set: (frozen: boolean) => {
      if (!frozen) return
      core.state._clearActiveBatch() // the one that would have noted it on the disk
      throw new ConflictFound()
    }
  })
}

function keepCoresOpen(core: InnerCore): void {
  const conflicting = new WeakSet<InnerPeer>()

  catchConflicts(core, async ({ fork }, from) => {
    // While the proof was looked at, one of the two may have moved on. Nothing more would come that ends the silence.
    if (from.remoteFork !== fork || core.state.fork !== fork) from.paused = false
    else if (!conflicting.has(from)) {
      conflicting.add(from)
      ignorePeer(from, { fork, onEnd: () => conflicting.delete(from) })
      await sendOwnProof(core, from)
    }
  })
  const check = core.checkConflict.bind(core)
  // Once for each connection and fork: else two who both go on would prove it to each other for ever.
  // guard: conflict: two who go on do not prove it to each other for ever
  core.checkConflict = async (proof, from) => conflicting.has(from) || check(proof, from)
  // Peers that hold neither history need not hear of it, and lose nothing.
  core.replicator.onconflict = async () => {}
  // guard: conflict: a peer's cores stay open
  core.closeAllSessions = async () => {}
}

/** Leaves a peer alone until it is at another fork than this. It hears of ours, and gets there, all the same. */
function ignorePeer(peer: InnerPeer, { fork, onEnd }: { fork: number; onEnd: () => void }): void {
  const onsync = peer.onsync.bind(peer)
  peer.paused = true
  peer.onsync = (message) => {
    // guard: conflict: whoever signs at a higher fork is heard again
    if (message.fork !== fork) {
      peer.onsync = onsync
      peer.paused = false
      onEnd()
    }
    return onsync(message)
  }
}

/** The other side sees for itself, as hypercore would have it: it may be its author. */
async function sendOwnProof(core: InnerCore, peer: InnerPeer): Promise<void> {
  const { fork, length } = core.state
  if (peer.remoteLength === 0 || peer.remoteFork !== fork) return
  await peer.onrequest({
    id: 0,
    fork,
    block: null,
    hash: null,
    seek: null,
    upgrade: { start: 0, length: Math.min(length, peer.remoteLength) }
  })
}
