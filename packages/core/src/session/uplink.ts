import type { BlobPointer } from '../holepunch/hyperdrive.js'
import type { ToldAddress } from '../holepunch/seed-link.js'
import type { SiteCores } from '../holepunch/seed-protocol.js'
import type { SiteWriter } from '../holepunch/site-store.js'

/** The result of a release at one seed. */
export interface SeedReceipt {
  /** The seed's public key, z-base-32. */
  key: string
  /** It holds every block of both cores, and has sent back the random blocks that prove it. */
  confirmed: boolean
  /** From the first offer to the confirmation, or to the timeout. Milliseconds. */
  ms: number
  /** Why it has not confirmed, one sentence; null: it has, or it is still fetching. */
  problem: string | null
}

/** What the seeds answered before anything is signed. */
export interface SeedAnswers {
  /** Fork numbers that they have seen. */
  forks: number[]
  /** How many answered. */
  reached: number
  /** How many must answer, so that no confirmed release can stay unknown. */
  wanted: number
  /** The key of a seed that holds more than could be fetched from it, z-base-32; null: there is none. */
  holdsMore: string | null
}

/** The position and the hash of one release record, from the index. */
export interface RecordContent {
  blob: BlobPointer
  /** sha256 of its bytes, base64url. */
  hash: string
}

/** The connection of one publish with the site's seeds. Each step has a deadline of its own. */
export interface Uplink {
  /** Whether any seed is pinned. */
  readonly hasSeeds: boolean
  /** Starts to connect to the seeds and to read their heads of the site. Returns at once; nothing of the store is sent. */
  begin(cores: SiteCores): void
  /**
   * Whether a seed that answers holds something that this store lacks: another copy of this machine signed it, or this
   * machine signed it and lost it.
   */
  holdMore(writer: SiteWriter): Promise<boolean>
  /** Whether some seeds have answered with their heads, and others have not. */
  isPartlyAnswered(): Promise<boolean>
  /** Whether a seed holds other blocks than this store at the same places of the same fork. @throws {SitedriveError} SEED_UNREACHABLE */
  contradict(writer: SiteWriter): Promise<boolean>
  /**
   * Asks what the seeds hold, and fetches the index. A machine does this before it signs anything, when other machines
   * may have signed too.
   */
  ask(writer: SiteWriter): Promise<SeedAnswers>
  /**
   * Looks for blobs that this machine lacks.
   *
   * @param upTo blobs below this block are looked for
   * @param record the release record that ends there; a seed that has it has the same blobs below
   * @returns the first block that no seed hands out; null when there is none
   * @throws {SitedriveError} SEED_UNREACHABLE when a seed that may have it does not answer
   */
  firstLost(writer: SiteWriter, upTo: number, record: RecordContent): Promise<number | null>
  /**
   * Reads a blob that is not on this machine from the seeds.
   *
   * @param fork only from seeds whose blobs are at this fork; null: from all
   * @returns the sha256 of what each seed hands out, base64url; empty when all seeds say that they lack it
   * @throws {SitedriveError} SEED_UNREACHABLE when no seed hands it out, and one does not answer
   */
  hashesOf(blob: BlobPointer, fork: number | null): Promise<string[]>
  /**
   * Fetches the tree nodes that are needed to append after an earlier end of the blobs.
   *
   * @returns whether this machine has the nodes now
   */
  fetchNodesFor(writer: SiteWriter, blobsLength: number): Promise<boolean>
  /** Offers the blobs to the seeds. Called right before the first append: blobs are sent as they are written. */
  connect(writer: SiteWriter): void
  /** Waits until enough seeds hold the blobs; called before the index that points at them is written. @returns whether they do */
  holdBlobs(writer: SiteWriter): Promise<boolean>
  /** Offers the index, and waits until enough seeds hold everything. */
  confirm(writer: SiteWriter): Promise<void>
  /** The results of the seeds so far, in the order in which they are pinned. */
  receipts(): SeedReceipt[]
  /** Why seeds did not confirm, one sentence each. */
  problems(): string[]
  /** Problems of the site that seeds report, one sentence each. The text comes from the network. */
  remarks(): string[]
  /** Where seeds that have answered show the site on the web, by their keys. */
  webAddresses(): ReadonlyMap<string, ToldAddress>
  /** Ends all connections. */
  close(): Promise<void>
}

/** The uplink for a site without pinned seeds: it never waits. */
export const NO_SEEDS: Uplink = {
  hasSeeds: false,
  begin: () => {},
  holdMore: async () => false,
  isPartlyAnswered: async () => false,
  contradict: async () => false,
  ask: async () => ({ forks: [], reached: 0, wanted: 0, holdsMore: null }),
  firstLost: (writer, upTo) => writer.firstBlobMissing(0, upTo),
  hashesOf: async () => [],
  fetchNodesFor: async () => false,
  connect: () => {},
  holdBlobs: async () => true,
  confirm: async () => {},
  receipts: () => [],
  problems: () => [],
  remarks: () => [],
  webAddresses: () => new Map(),
  close: async () => {}
}
