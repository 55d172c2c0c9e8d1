import type { BlobPointer } from '../holepunch/hyperdrive.js'
import type { SiteCores } from '../holepunch/seed-protocol.js'
import type { SiteWriter } from '../holepunch/site-store.js'

/** How one seed took a release. */
export interface SeedReceipt {
  /** The seed's public key, z-base-32. */
  key: string
  /** It holds every block of both cores, and has sent back those that it was asked for. */
  confirmed: boolean
  /** From asking to confirmation, or to giving up. */
  ms: number
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

/** The content of one release record as the index gives it, and its place among the blobs. */
export interface RecordContent {
  blob: BlobPointer
  /** sha256 of its bytes, base64url. */
  hash: string
}

/** The connection of one publish with the site's seeds. Each step has a deadline of its own. */
export interface Uplink {
  /** Whether any seed is pinned. */
  readonly hasSeeds: boolean
  /** Begins to dial the seeds, and to ask each how far it has the site. Returns at once; nothing of the store is sent. */
  begin(cores: SiteCores): void
  /**
   * Whether a seed that answers holds something that this store lacks: another copy of this machine signed it, or this
   * machine signed it and lost it.
   */
  holdMore(writer: SiteWriter): Promise<boolean>
  /** Whether some seeds have answered how far they have the site, and others have not. */
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
   * Fetches the tree nodes that are needed to go on from an earlier end of the blobs.
   *
   * @returns whether this machine has the nodes now
   */
  fetchNodesFor(writer: SiteWriter, blobsLength: number): Promise<boolean>
  /** Connects the store with the seeds, right before the first append: blobs go out as they are written. */
  connect(writer: SiteWriter): void
  /** Waits until enough seeds hold the blobs; called before the index that points at them is written. @returns whether they do */
  holdBlobs(writer: SiteWriter): Promise<boolean>
  /** Offers the index, and waits until enough seeds hold everything. */
  confirm(writer: SiteWriter): Promise<void>
  /** How the seeds took the release so far, in the order in which they are pinned. */
  receipts(): SeedReceipt[]
  /** Why seeds did not confirm, one sentence each. */
  problems(): string[]
  /** What seeds say is wrong with the site as they hold it, one sentence each. The text comes from the network. */
  remarks(): string[]
  /** Ends all connections. */
  close(): Promise<void>
}

/** No seed is pinned: nothing is waited for. */
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
  close: async () => {}
}
