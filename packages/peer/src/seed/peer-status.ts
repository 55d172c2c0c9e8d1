import type { DamagedFile } from './site-problems.js'

/** The status of a peer, for its status page and as JSON. Texts that come from drives are unchanged. */
export interface PeerStatus {
  /** The key that publishers pin at, z-base-32. */
  key: string
  /** ISO 8601, UTC. */
  startedAt: string
  /** Number of connected peers. */
  connections: number
  /** Bytes that count in quotas, and their limit; null: no limit. */
  usedBytes: number
  totalBytes: number | null
  sites: SiteStatus[]
  publishers: PublisherStatus[]
  /** The quota for publishers that are not trusted; null: they are refused. */
  strangers: { quotaBytes: number | null; usedBytes: number } | null
  /** Number of kept cores, with those of sites. */
  pins: number
  blocked: number
  /** How often a peer has shown another history of a kept core, signed with the same key. */
  conflicts: number
  /** false: what is pinned now may be forgotten by a restart. */
  isHealthy: boolean
  /** A problem for the operator, or null. */
  problem: string | null
}

export interface SiteStatus {
  key: string
  /** The title of its start page; null: it has none, or none was ever complete here. */
  title: string | null
  /** `hyper://…/` */
  link: string
  /** Its address on the web. */
  url: string
  /** Names and host names that the operator gave it. */
  names: string[]
  /**
   * `complete`: the newest known release is here. `fetching`: a newer one is being fetched, and the last complete one is
   * shown. `waiting`: none was ever complete here. `over quota`: no more is fetched. `damaged`: the newest is here, but files
   * of it differ from what was signed, so the last undamaged one is shown.
   */
  state: 'complete' | 'fetching' | 'waiting' | 'over quota' | 'damaged'
  /** Number of the shown release; null: there is none, or sitedrive did not write it. */
  release: number | null
  publishedAt: string | null
  /** When the release was completed here. */
  updatedAt: string | null
  /** Number of files and bytes of the release, as its record claims. */
  files: number | null
  bytes: number | null
  /** The changes of the release in words for readers; null: its record has none. */
  words: string | null
  /** Titles of added and changed pages. */
  titles: string[]
  /** Bytes that count in the quota of its publisher, all releases together. */
  heldBytes: number
  /** The trusted publishers that pinned it, in that order, z-base-32. */
  pinnedBy: string[]
  /** Number of connected peers that share it. */
  peers: number
  /** Files that differ from what their author signed and are not shown: their number, and the first 20. */
  damagedCount: number
  damaged: DamagedFile[]
  /** Its problems, for its publisher and the operator; each one or two sentences. */
  problems: string[]
  /** Why it cannot be fetched, or null. */
  problem: string | null
}

export interface PublisherStatus {
  publisher: string
  quotaBytes: number | null
  usedBytes: number
  isConnected: boolean
}
