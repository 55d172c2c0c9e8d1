import { randomInt } from 'node:crypto'
import type { Head, SignedState } from '../machine/signed-head.js'

/** What a machine may assume of the site's history before it signs anything. */
export type Standing =
  /** Nobody else can have signed, and the store holds all that was signed here. */
  | { kind: 'alone' }
  /** Nobody else can have signed, but the last publish here ended half-way: peers may know of blocks that are not here. */
  | { kind: 'unfinished' }
  /** Another machine may have signed too. */
  | { kind: 'shared' }
  /** This store lacks something that was signed. */
  | { kind: 'behind'; why: string }

/**
 * Compares what this machine signed with what its store holds.
 *
 * @param head null when there is no head file
 * @param store the state of the store as it was opened
 */
export function standingOf(head: Head | null, store: SignedState & { indexHash: string }): Standing {
  if (!head) {
    const why =
      store.version === 0
        ? 'the key was restored here and none of its releases has been fetched'
        : 'the record of what this machine signed is missing'
    return { kind: 'behind', why }
  }
  const short = shortOf(head, store)
  if (short) return { kind: 'behind', why: short }
  if (head.exclusive && head.intent) return { kind: 'unfinished' }
  const isExact =
    store.version === head.version && store.blobsLength === head.blobsLength && store.fork === head.fork
  return head.exclusive && isExact ? { kind: 'alone' } : { kind: 'shared' }
}

function shortOf(head: Head, store: SignedState & { indexHash: string }): string | null {
  const forks = head.intent ? [head.fork, head.intent.fork] : [head.fork]
  if (store.fork < Math.min(...forks))
    return `it is at fork ${store.fork}, and fork ${head.fork} was signed here`
  if (store.fork > Math.min(...forks)) return null // a later fork replaces whatever came before
  if (store.version < head.version)
    return `its index ends at ${store.version}, and ${head.version} blocks were signed here`
  const isOther =
    store.version === head.version && head.indexHash !== null && store.indexHash !== head.indexHash
  if (isOther) return 'its index is as long as the one that was signed here, and another'
  if (store.blobsLength < head.blobsLength) {
    return `its blobs end at ${store.blobsLength}, and ${head.blobsLength} blocks were signed here`
  }
  return null
}

/**
 * A fork number above any seen, and different from what another machine would choose at the same moment: 2048 for each
 * millisecond since 1970, and 13 random bits on top, which blur the order of two moments by 4 ms. Below 2^53 until the
 * year 2109.
 */
export function nextFork(seen: readonly number[], nowMs = Date.now()): number {
  return Math.max(nowMs * 2048, ...seen) + 1 + randomInt(8192)
}
