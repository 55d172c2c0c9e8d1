import type { ChecksMode } from '../checks/checks-mode.js'
import type { Address } from '../holepunch/bootstrap.js'
import type { LockHolder } from '../machine/writer-process-lock.js'
import type { Outcome } from '../outcome/outcome.js'
import type { OnProgress } from '../progress.js'
import type { SiteGenerator } from '../release/release-record.js'
import type { Allowances } from './allowances.js'
import type { BuildFacts } from './refuse-stale.js'
import type { Review } from './review-folder.js'

export interface PublisherOptions {
  /** The folder of `sitedrive.json`, absolute. */
  projectDir: string
  /** The program that writes the files. @default null */
  generator?: SiteGenerator | null
  /** Environment variables. @default process.env */
  env?: NodeJS.ProcessEnv
  /** Throws where a build would otherwise stay unpublished. @default false */
  required?: boolean
  /** false: nothing is published, and the outcome says so. @default true */
  publish?: boolean
  /** @default what `SITEDRIVE_ALLOW` says */
  allow?: Allowances
  /**
   * Publishes although releases that this machine once signed are not here. Readers then follow this machine.
   *
   * @default false
   */
  acceptLoss?: boolean
  /**
   * What happens when a publish would ship problems such as broken links: `warn` publishes and reports them, `fail` refuses
   * to publish when one of them is an error for readers, `off` does not check. A publish that changes nothing is not
   * checked.
   *
   * @default what `SITEDRIVE_CHECKS` says, else 'warn'
   */
  checks?: ChecksMode
  /** Asks a person a question, and resolves to whether the answer is yes. @default null: there is nobody to ask */
  confirm?: ((question: string) => Promise<boolean>) | null
  /** Is called with the progress of each step. */
  onProgress?: OnProgress
  /** Is called while another process publishes this site: at once, and then every 10 s. */
  onWait?: (holder: LockHolder | null, waitedMs: number) => void
  /** How long to wait for another publish of this site. Milliseconds. @default 600000 */
  lockTimeoutMs?: number
  /** Stops what runs; it then fails with ABORTED. */
  signal?: AbortSignal
  /**
   * Nodes of the DHT to start from.
   *
   * @default `SITEDRIVE_BOOTSTRAP`, else a local network that runs on this machine, else the public nodes
   */
  bootstrap?: Address[]
  /** How long each seed may take. */
  seedTimeouts?: {
    /** To answer. Milliseconds. @default 10000 */
    dialTimeoutMs?: number
    /** To make any progress. Milliseconds. @default 20000 */
    stallMs?: number
    /** To hand out the random blocks that prove it holds the release. Milliseconds. @default 10000 */
    proofTimeoutMs?: number
  }
}

/** The address of the site that a folder publishes to. All fields are null when it has no key and will not get one. */
export interface SiteAddress {
  /** The site's key, z-base-32. */
  key: string | null
  /** `hyper://<key>/` */
  url: string | null
  /** Where the site is shown over HTTP, as `sitedrive.json` names it. */
  mirror: string | null
}

/** What the caller knows about a folder that is reviewed. */
export interface ReviewFacts extends Pick<BuildFacts, 'sources'> {
  /** Another folder to compare with. @default the newest release */
  against?: string
}

/**
 * A handle for publishing one project folder. Its calls run one after the other. It holds nothing open between two calls.
 */
export interface Publisher {
  /**
   * The site's address. It is known before the first publish: the key that this call makes is the one that the first
   * publish keeps.
   *
   * @throws {SitedriveError} CONFIG_INVALID, BAD_SECRET
   */
  site(): Promise<SiteAddress>
  /**
   * Publishes a folder. A call waits while another one runs. Of several publishes that wait, only the newest runs, and all
   * of them get its outcome.
   *
   * @param dir the folder that the build wrote, absolute or relative to the project folder
   * @param facts what the caller knows about the build
   * @throws {SitedriveError} the reason why nothing was published, such as CHECKS_FAILED, SECRET_FOUND or DIR_EMPTY; readers
   *   then still see the last release
   */
  publish(dir: string, facts?: BuildFacts): Promise<Outcome>
  /**
   * Compares a folder with the newest release, and checks it. Publishes nothing.
   *
   * @param facts without `sources`, the sources of the last release are used
   */
  review(dir: string, facts?: ReviewFacts): Promise<Review>
  /**
   * Makes a new release with the files of an old one. Uploads no file.
   *
   * @throws {SitedriveError} NO_SUCH_RELEASE, NOT_HELD when the old files are lost, NO_PROJECT, NO_SECRET, NOT_BOUND
   */
  rollback(release: number): Promise<Outcome>
  /**
   * Hands the newest release to the seeds, when an earlier publish could not do it.
   *
   * @throws {SitedriveError} STORE_EMPTY when nothing was published from here, UNCONFIRMED when too few take it
   */
  sync(): Promise<Outcome>
  /** Waits until everything that was called has ended. Safe to call twice. */
  close(): Promise<void>
}
