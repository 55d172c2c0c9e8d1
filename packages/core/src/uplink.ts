import type { SiteWriter } from './holepunch/site-store.js'

/** How one seed took a release. */
export interface SeedReceipt {
  /** The seed's public key, z-base-32. */
  key: string
  /** It holds every block of both cores. */
  confirmed: boolean
  /** From asking to confirmation, or to giving up. */
  ms: number
}

/** The peers that a publish speaks with while it lasts. Each step has a deadline of its own. */
export interface Uplink {
  /** The moment before the first signature of a publish; dialling may go on in the background. */
  connect(writer: SiteWriter): void
  /**
   * Before anything is signed on a machine that may not be alone: hears what the seeds hold, and pulls it.
   *
   * @returns fork numbers that were heard of
   */
  ask(writer: SiteWriter): Promise<number[]>
  /** After the blobs, before the index that points at them: resolves when enough seeds hold them. */
  holdBlobs(writer: SiteWriter): Promise<boolean>
  /** After the index: resolves when enough seeds hold everything. */
  confirm(writer: SiteWriter): Promise<SeedReceipt[]>
  close(): Promise<void>
}

/** No seed is pinned: nothing is waited for. */
export const NO_SEEDS: Uplink = {
  connect: () => {},
  ask: async () => [],
  holdBlobs: async () => true,
  confirm: async () => [],
  close: async () => {}
}
