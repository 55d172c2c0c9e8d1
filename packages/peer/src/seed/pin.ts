import { Claims } from './site-claims.js'

/** One core that is kept for publishers. */
export interface Pin {
  /** z-base-32. */
  key: string
  /** Trusted publishers that asked for it, in that order; empty: only strangers did. */
  publishers: string[]
  /** The publisher in whose quota it counts; null: the strangers'. */
  payer: string | null
  /** A trusted publisher asked to announce it to other peers. */
  announce: boolean
  /** ISO 8601, UTC. */
  since: string
  /** The bytes that it counts in a quota, see `quota-cost.ts`. */
  bytes: number
  /** It exceeds the quota: its blocks stay, and no more are fetched. */
  isOver: boolean
  /** Its author has signed an impossible size. It is never opened again, because that would take memory for every block. */
  isSpoilt: boolean
}

/** Everything that is stored on disk. */
export interface TableRecord {
  /** Trusted publishers with their quotas in bytes; null: no limit. */
  trusted: Map<string, number | null>
  pins: Map<string, Pin>
  claims: Claims
  /** Keys of sites that are not shown and not fetched. */
  blocked: Set<string>
  /** Quota for all pins together, in bytes; null: no limit. */
  totalBytes: number | null
}

export function emptyTable(): TableRecord {
  return { trusted: new Map(), pins: new Map(), claims: new Claims(), blocked: new Set(), totalBytes: null }
}
