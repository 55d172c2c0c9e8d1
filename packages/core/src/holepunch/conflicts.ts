import type Corestore from 'corestore'

// A conflict: a peer proves that one length of a core was signed twice. Hypercore 11.37.1 then prints a line, freezes the
// core, closes the channel with every peer, and closes every session (`checkConflict` in lib/core.js). After that, this
// process can neither read nor fetch the core. This module prevents the printing and the freezing, and keeps the cores of a
// reader's store open.

/** The internal parts of hypercore that handle a conflict. */
interface InnerCore {
  header: { frozen: boolean } | null
  state: { fork: number; length: number; _clearActiveBatch(): void }
  replicator: { onconflict(): Promise<void> }
  /** @returns whether the message was a conflict proof, and is handled */
  checkConflict(proof: { fork: number }, from: InnerPeer): Promise<boolean>
  /** Notifies the peers and the sessions, and closes them. */
  _onconflict(proof: object): Promise<void>
  closeAllSessions(error: Error): Promise<void>
}

interface InnerPeer {
  /** Nothing is requested from the peer, and no block is sent to it. */
  paused: boolean
  remoteFork: number
  remoteLength: number
  onsync(message: { fork: number }): Promise<void>
  onrequest(request: object): Promise<void>
}

/** Thrown inside `checkConflict`, at the point where both proofs are valid and different. */
class ConflictFound extends Error {}

/**
 * Replaces hypercore's conflict handling for all cores of a store that are opened from now on. Sessions emit `conflict`.
 *
 * @param keepOpen true: the cores stay open and are still served, the peer with the other history is ignored, and the first
 *   signer at a higher fork is followed. false: all sessions are closed, as in hypercore, because a writer must stop.
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

/** Hypercore freezes the core right before it prints, so a throw here prevents both. */
function preventFreeze(core: InnerCore, header: { frozen: boolean }): void {
  Object.defineProperty(header, 'frozen', {
    configurable: true,
    get: () => false,
    set: (frozen: boolean) => {
      if (!frozen) return
      core.state._clearActiveBatch() // it would write the frozen flag to the disk
      throw new ConflictFound()
    }
  })
}

function keepCoresOpen(core: InnerCore): void {
  const conflicting = new WeakSet<InnerPeer>()

  catchConflicts(core, async ({ fork }, from) => {
    // One of the two may have changed its fork during the check. Then no later message would end the pause.
    if (from.remoteFork !== fork || core.state.fork !== fork) from.paused = false
    else if (!conflicting.has(from)) {
      conflicting.add(from)
      ignorePeer(from, { fork, onEnd: () => conflicting.delete(from) })
      await sendOwnProof(core, from)
    }
  })
  const check = core.checkConflict.bind(core)
  // Once per connection and fork. Otherwise two peers that keep their cores open would exchange proofs for ever.
  // guard: conflict: two who go on do not prove it to each other for ever
  core.checkConflict = async (proof, from) => conflicting.has(from) || check(proof, from)
  // Other peers are not notified. They hold neither history, so they lose nothing.
  core.replicator.onconflict = async () => {}
  // guard: conflict: a peer's cores stay open
  core.closeAllSessions = async () => {}
}

/** Ignores a peer while it is at this fork. The peer still receives our later forks and can move to them. */
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

/** Sends our proof, as hypercore does, so that the peer can detect the conflict too. The peer may be the author. */
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
