import type { SiteWriter } from '../holepunch/site-store.js'
import type { Head, SignedState } from '../machine/signed-head.js'

/** The result of comparing the head file with the store, before anything is signed. */
export type HistoryCheck =
  /** No other machine can have signed, and the store has everything that was signed here. */
  | { kind: 'alone' }
  /** No other machine can have signed, but the last publish here did not end, so peers may have blocks that are not here. */
  | { kind: 'unfinished' }
  /** Another machine may have signed too. */
  | { kind: 'shared' }
  /** This store lacks something that was signed. */
  | { kind: 'behind'; why: string }

/** The state of a store, with the hash of its whole index. */
type StoreState = SignedState & { indexHash: string }

/** Compares an open store with what this machine signed. @param signed null when there is no head file */
export async function checkStore(writer: SiteWriter, signed: Head | null): Promise<HistoryCheck> {
  if (writer.isCopy) return { kind: 'behind', why: 'it was copied from another machine or place' }
  return checkHistory(signed, { ...(await writer.state()), indexHash: await writer.indexHash() })
}

/**
 * Compares what this machine signed with what its store holds.
 *
 * @param head null when there is no head file
 * @param store the state of the store as it was opened
 */
export function checkHistory(head: Head | null, store: StoreState): HistoryCheck {
  if (!head) {
    const why =
      store.version === 0
        ? 'the key was restored here and none of its releases has been fetched'
        : 'the record of what this machine signed is missing'
    return { kind: 'behind', why }
  }
  const lacking = lackingIn(store, head)
  if (lacking) return { kind: 'behind', why: lacking }
  // guard: bump: after a publish that did not end
  if (head.exclusive && head.intent) return { kind: 'unfinished' }
  const isExact =
    store.version === head.version && store.blobsLength === head.blobsLength && store.fork === head.fork
  return head.exclusive && isExact ? { kind: 'alone' } : { kind: 'shared' }
}

/** Whether no other machine can have signed, as far as this machine can tell without the seeds. */
export function isOnlySigner({ kind }: HistoryCheck): boolean {
  return kind === 'alone' || kind === 'unfinished'
}

/** @returns what the store lacks of what was signed here, as the end of a sentence about the store; null: nothing */
function lackingIn(store: StoreState, head: Head): string | null {
  const forks = head.intent ? [head.fork, head.intent.fork] : [head.fork]
  if (store.fork < Math.min(...forks))
    return `it is at fork ${store.fork}, and fork ${head.fork} was signed here`
  if (store.fork > Math.min(...forks)) return null // a later fork replaces everything before it
  if (store.version < head.version)
    return `its index ends at ${store.version}, and ${head.version} blocks were signed here`
  const isOther =
    store.version === head.version && head.indexHash !== null && store.indexHash !== head.indexHash
  // guard: ask: a store of the same length is recognised as another
  if (isOther) return 'its index is as long as the one that was signed here, and another'
  if (store.blobsLength < head.blobsLength) {
    return `its blobs end at ${store.blobsLength}, and ${head.blobsLength} blocks were signed here`
  }
  return null
}
