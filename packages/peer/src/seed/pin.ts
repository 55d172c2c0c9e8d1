import { Claims } from './claims.js'

/** One core that is kept for somebody. */
export interface Pin {
  /** z-base-32. */
  key: string
  /** Trusted publishers that asked for it, in that order; none: only strangers did. */
  publishers: string[]
  /** Whose quota it counts in; null: the strangers'. */
  payer: string | null
  /** Somebody who was trusted asked for it to be found by others. */
  announce: boolean
  /** ISO 8601, UTC. */
  since: string
  /** What it counts for, see `core-cost.ts`. */
  bytes: number
  /** It has grown beyond the quota: what is here stays, no more is fetched. */
  isOver: boolean
  /** Its author has signed a size that no core can have. It is never opened again: that would take memory for every block. */
  isSpoilt: boolean
}

/** All that outlives a restart. */
export interface TableRecord {
  /** Trusted publishers and the bytes that each may have here; null: no limit. */
  trusted: Map<string, number | null>
  pins: Map<string, Pin>
  claims: Claims
  /** Keys of sites that are neither shown nor fetched. */
  blocked: Set<string>
  /** Bytes for all pins together; null: no limit. */
  totalBytes: number | null
}

export function emptyTable(): TableRecord {
  return { trusted: new Map(), pins: new Map(), claims: new Claims(), blocked: new Set(), totalBytes: null }
}
