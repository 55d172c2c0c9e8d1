import type { SiteWriter } from './holepunch/site-store.js'

/** How one seed took a release. */
export interface SeedReceipt {
  /** The seed's public key, z-base-32. */
  key: string
  /** It holds every block of both cores, and has sent back those that it was asked for. */
  confirmed: boolean
  /** From asking to confirmation, or to giving up. */
  ms: number
}

/** What the seeds said before anything is signed. */
export interface Heard {
  /** Fork numbers that they have seen. */
  forks: number[]
  /** How many answered, and how many must, for nothing confirmed to be unknown. */
  reached: number
  wanted: number
  /** A seed that holds more than could be fetched from it, or null. */
  holdsMore: string | null
  /** At least one of them has every blob. */
  holdsAllBlobs: boolean
}

/** The peers that a publish speaks with while it lasts. Each step has a deadline of its own. */
export interface Uplink {
  /** Whether there is anybody to speak with. */
  readonly hasSeeds: boolean
  /** Before anything is signed on a machine that may not be alone: hears what the seeds hold, and fetches it. */
  ask(writer: SiteWriter): Promise<Heard>
  /** The moment before the first append: dialling goes on in the background, and blobs flow as they are written. */
  connect(writer: SiteWriter): void
  /** After the blobs, before the index that points at them: whether enough seeds hold them. */
  holdBlobs(writer: SiteWriter): Promise<boolean>
  /** After the index: waits until enough seeds hold everything. */
  confirm(writer: SiteWriter): Promise<void>
  /** How the seeds took it so far, in the order in which they are pinned. */
  receipts(): SeedReceipt[]
  /** Why seeds did not confirm, one sentence each. */
  problems(): string[]
  close(): Promise<void>
}

/** No seed is pinned: nothing is waited for. */
export const NO_SEEDS: Uplink = {
  hasSeeds: false,
  ask: async () => ({ forks: [], reached: 0, wanted: 0, holdsMore: null, holdsAllBlobs: false }),
  connect: () => {},
  holdBlobs: async () => true,
  confirm: async () => {},
  receipts: () => [],
  problems: () => [],
  close: async () => {}
}
