import { SitedriveError, throwIfAborted } from '../error.js'
import type { KnownFile } from '../folder/scan-cache.js'
import { endOf } from '../holepunch/blob-pointer.js'
import type { IndexOp } from '../holepunch/index-op.js'
import type { SiteWriter } from '../holepunch/site-store.js'
import { isLost, withLost, type Release, type Span } from '../release/release-record.js'
import { hashesOf, type Intact } from './find-intact-content.js'
import type { Uplink } from './uplink.js'

/** The content of the site that this machine or a seed still holds. */
export class HeldContent {
  /** Releases whose content is lost, as far as is known. */
  readonly lost: Span[]
  /** Blobs below this block belong to releases that are held. */
  readonly blocks: number
  private readonly writer: SiteWriter
  private readonly uplink: Uplink
  private readonly signal: AbortSignal | undefined

  constructor(parts: {
    intact: Intact
    latest: Release | null
    writer: SiteWriter
    uplink: Uplink
    signal: AbortSignal | undefined
  }) {
    this.lost = withLost(parts.latest?.lost, parts.intact.lost)
    this.blocks = parts.intact.blocks
    this.writer = parts.writer
    this.uplink = parts.uplink
    this.signal = parts.signal
  }

  /** Whether the content of an old release is lost, as far as is known. */
  isLost(release: number): boolean {
    return isLost({ lost: this.lost }, release)
  }

  /**
   * Reads the blobs of an old release, and compares them with the hashes that were signed.
   *
   * @param files the files that a new release points at again, by path
   * @throws {SitedriveError} NOT_HELD when a blob is lost, or other bytes are in its place; SEED_UNREACHABLE when a seed that
   *   may have it does not send it
   */
  async prove(files: Iterable<[string, Pick<KnownFile, 'hash' | 'blob'>]>): Promise<void> {
    for (const [path, { hash, blob }] of files) {
      throwIfAborted(this.signal)
      const isIntact = endOf(blob) <= this.blocks
      if (!isIntact || !(await hashesOf(blob, this.writer, this.uplink, null)).includes(hash))
        throw notHeld(path)
    }
  }

  /**
   * Passes on changes of the index, and refuses one that points at lost content. A rollback can make such a change.
   *
   * @param firstNew blobs from this block on are written by this publish
   * @throws {SitedriveError} NOT_HELD
   */
  *refuseLost(ops: Iterable<IndexOp>, firstNew: number): Generator<IndexOp> {
    for (const op of ops) {
      const { blob } = op
      const isOld = blob && blob.blockOffset < firstNew
      if (isOld && endOf(blob) > this.blocks) throw notHeld(op.path)
      yield op
    }
  }
}

function notHeld(path: string): SitedriveError {
  return new SitedriveError(
    'NOT_HELD',
    `What the old release showed at \`${path}\` is held neither on this machine nor by a seed any more. Nothing was published. ` +
      'Publish a build instead.'
  )
}
