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

/** What the seeds said before anything is signed. */
export interface Heard {
  /** Fork numbers that they have seen. */
  forks: number[]
  /** How many answered, and how many must, for nothing confirmed to be unknown. */
  reached: number
  wanted: number
  /** A seed that holds more than could be fetched from it, or null. */
  holdsMore: string | null
}

/** The content of one release record as the index gives it, and where it lies among the blobs. */
export interface RecordContent {
  blob: BlobPointer
  /** Of its bytes: sha256, base64url. */
  hash: string
}

/** The peers that a publish speaks with while it lasts. Each step has a deadline of its own. */
export interface Uplink {
  /** Whether there is anybody to speak with. */
  readonly hasSeeds: boolean
  /** Begins to dial the seeds, and to hear how far each has the site. Returns at once; nothing of ours is sent. */
  begin(cores: SiteCores): void
  /**
   * Whether a seed that answers holds something that does not lie in this store: another copy of this machine signed it, or
   * this machine did, and lost it.
   */
  holdMore(writer: SiteWriter): Promise<boolean>
  /** Whether some seeds have said how far they have the site, and others have not. */
  isPartlyHeard(): Promise<boolean>
  /** Whether a seed holds other blocks than this store at the same places of the same fork. */
  contradict(writer: SiteWriter): Promise<boolean>
  /** Before anything is signed on a machine that may not be alone: hears what the seeds hold, and fetches the index. */
  ask(writer: SiteWriter): Promise<Heard>
  /**
   * Looks for blobs that this machine lacks.
   *
   * @param upTo blobs below this one are looked for
   * @param record the release record that ends there; a seed that has it has the same blobs below
   * @returns the first one that no seed hands out, and null when there is none
   * @throws {SitedriveError} SEED_UNREACHABLE when a seed that may have it does not answer
   */
  firstLost(writer: SiteWriter, upTo: number, record: RecordContent): Promise<number | null>
  /**
   * Reads a blob that is not on this machine from the seeds.
   *
   * @param fork only from seeds whose blobs are at this fork; null: from all
   * @returns the sha256 of what each seed hands out, base64url; none when all say that they lack it
   * @throws {SitedriveError} SEED_UNREACHABLE when none hands it out, and one does not answer
   */
  hashesOf(blob: BlobPointer, fork: number | null): Promise<string[]>
  /**
   * Fetches the tree nodes that are needed to go on from an earlier end of the blobs.
   *
   * @returns whether they are here now
   */
  fetchNodesFor(writer: SiteWriter, blobsLength: number): Promise<boolean>
  /** The moment before the first append: blobs flow as they are written. */
  connect(writer: SiteWriter): void
  /** After the blobs, before the index that points at them: whether enough seeds hold them. */
  holdBlobs(writer: SiteWriter): Promise<boolean>
  /** After the index: waits until enough seeds hold everything. */
  confirm(writer: SiteWriter): Promise<void>
  /** How the seeds took it so far, in the order in which they are pinned. */
  receipts(): SeedReceipt[]
  /** Why seeds did not confirm, one sentence each. */
  problems(): string[]
  /** What seeds say is wrong with the site as they hold it, one sentence each: text from the network. */
  remarks(): string[]
  close(): Promise<void>
}

/** No seed is pinned: nothing is waited for. */
export const NO_SEEDS: Uplink = {
  hasSeeds: false,
  begin: () => {},
  holdMore: async () => false,
  isPartlyHeard: async () => false,
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
