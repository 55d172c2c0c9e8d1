import type { DamagedFile } from './site-problems.js'

/** What a peer says of itself, on its status page and as JSON. Texts that come from drives are as their authors wrote them. */
export interface PeerStatus {
  /** What publishers pin at, z-base-32. */
  key: string
  /** ISO 8601, UTC. */
  startedAt: string
  /** Peers that are connected now. */
  connections: number
  /** Bytes that count in quotas, and how many may; null: no limit. */
  usedBytes: number
  totalBytes: number | null
  sites: SiteStatus[]
  publishers: PublisherStatus[]
  /** What anybody may pin; null: strangers are refused. */
  strangers: { quotaBytes: number | null; usedBytes: number } | null
  /** Cores that are kept, those of sites included. */
  pins: number
  blocked: number
  /** How many times a peer has shown another history of a core that is kept here, signed with the same key. */
  conflicts: number
  /** false: what is pinned now may be forgotten by a restart. */
  isHealthy: boolean
  /** What the operator should know, or null. */
  problem: string | null
}

export interface SiteStatus {
  key: string
  /** `hyper://…/` */
  link: string
  /** Where it is on the web. */
  url: string
  /** Names and host names that the operator gave it. */
  names: string[]
  /**
   * `complete`: the newest release that is known of is here. `fetching`: a newer one is on its way, and the last one
   * that is complete is shown. `waiting`: none has ever been complete here. `over quota`: no more is fetched. `damaged`: the
   * newest is here, files of it are not what was signed, and the last one that is whole is shown.
   */
  state: 'complete' | 'fetching' | 'waiting' | 'over quota' | 'damaged'
  /** The release that is shown; null where there is none or sitedrive did not write it. */
  release: number | null
  publishedAt: string | null
  /** When the release was completed here. */
  updatedAt: string | null
  /** Files and bytes of the release, as its record claims. */
  files: number | null
  bytes: number | null
  /** What the release changed, for a reader; null where its record does not say. */
  words: string | null
  /** Titles of pages that the release added or changed. */
  titles: string[]
  /** Bytes that count in the quota of its publisher, all releases together. */
  heldBytes: number
  /** Peers that are connected and share it. */
  peers: number
  /** Files that are not what their author signed, which are not shown: how many, and the first 20. */
  damagedCount: number
  damaged: DamagedFile[]
  /** What is wrong with it, for its publisher and the operator; each a sentence or two. */
  problems: string[]
  /** What keeps it from being fetched. */
  problem: string | null
}

export interface PublisherStatus {
  publisher: string
  quotaBytes: number | null
  usedBytes: number
  isConnected: boolean
}
