import { rmSync } from 'node:fs'
import type { BlobSink } from '../folder/blob-sink.js'
import { compare, isSameSite, mostWritten, type Change } from '../folder/compare.js'
import { readScanCache, totals, writeScanCache, type KnownFile } from '../folder/scan-cache.js'
import type { IndexOp } from '../holepunch/index-op.js'
import { SOURCE_DIR } from '../holepunch/reserved-paths.js'
import type { SitePaths } from '../machine/data-dir.js'
import { SitedriveError } from '../error.js'
import { forgetLostContent, listSource, takeStamps } from '../session/known-files.js'
import type { SiteSession } from '../session/site-session.js'
import type { SecretSearch } from '../secrets/secret-search.js'
import type { ReleasedSource } from '../release/release-record.js'
import type { SourceWalk } from './walk-source.js'

/** A state of the drive. */
interface At {
  version: number
  fork: number
}

/** The part of a publish that publishes the source. */
export class SourcePublish {
  /** null: no source is published; what was is taken out. */
  private readonly walk: SourceWalk | null
  private readonly secrets: SecretSearch
  private readonly cacheFile: string
  private files = new Map<string, KnownFile>()
  private known = new Map<string, KnownFile>()
  private changes: Change[] = []

  /** @param secrets a search of its own; this closes it */
  constructor(
    walk: SourceWalk | null,
    secrets: SecretSearch,
    { sourceCache }: Pick<SitePaths, 'sourceCache'>
  ) {
    this.walk = walk
    this.secrets = secrets
    this.cacheFile = sourceCache
  }

  /** Whether the source is as this machine has released it with a state of the drive. Opens no store. */
  async isUnchanged({ version, fork }: At, signal: AbortSignal | undefined): Promise<boolean> {
    const cache = readScanCache(this.cacheFile)
    if (!this.walk) return cache === null
    if (cache?.version !== version || cache.fork !== fork) return false
    const { same, restamped } = await isSameSite(this.walk, cache.files, signal)
    if (same && restamped) writeScanCache(this.cacheFile, cache)
    return same
  }

  /**
   * Reads what the newest release has, and refuses what must not be published.
   *
   * @param exceptions of `sitedrive.json`
   * @returns at most so many blocks and entries will be written
   * @throws {SitedriveError} SECRET_FOUND
   */
  async prepare(
    { writer, latest, content }: Pick<SiteSession, 'writer' | 'latest' | 'content'>,
    exceptions: readonly string[]
  ): Promise<{ blocks: number; entries: number }> {
    // Without a release, the index may not be here as a whole, and is begun anew.
    this.known = latest?.source ? await listSource(writer) : new Map()
    takeStamps(this.known, readScanCache(this.cacheFile))
    // What is lost is stored again.
    forgetLostContent(this.known, content.blocks)
    const { walk, known } = this
    if (!walk) return { blocks: 0, entries: known.size }
    await this.refuseSecrets(walk, exceptions)
    const { blocks, entries } = mostWritten(walk.files, known)
    return { blocks, entries: entries + known.size }
  }

  /**
   * Stores what the drive does not have.
   *
   * @returns whether the source differs from that of the newest release
   */
  async store(sinkOf: () => Promise<BlobSink>, signal: AbortSignal | undefined): Promise<boolean> {
    const { walk, known } = this
    const { changes, files } = await compare(
      walk ?? { dir: '', files: [] },
      known,
      (path, hash) => {
        // What is stored is what was searched.
        this.secrets.assertSearched(path, hash)
        return sinkOf()
      },
      { signal }
    )
    this.changes = changes
    this.files = files as Map<string, KnownFile> // with a sink, every file has its blob
    return changes.length > 0
  }

  /** The operations of the index for what `store` found. */
  *ops(): Generator<IndexOp> {
    const mtimes = new Map(this.walk?.files.map(({ path, mtimeMs }) => [path, Math.round(mtimeMs)]))
    for (const { op, path } of this.changes) {
      const file = this.files.get(path)
      const place = `${SOURCE_DIR}${path}`
      if (op === 'remove' || !file) yield { path: place, blob: null }
      else
        yield { path: place, blob: file.blob, metadata: { hash: file.hash, mtime: mtimes.get(path) ?? null } }
    }
  }

  /** What the record of the release says of its source. */
  get record(): { source?: ReleasedSource } {
    const { walk, files } = this
    if (!walk) return {}
    return { source: { commit: walk.commit, isChanged: walk.isChanged, ...totals(files) } }
  }

  /** Notes what was released. */
  remember(at: At & { release: number }): void {
    if (this.walk) writeScanCache(this.cacheFile, { ...at, confirmedBy: [], files: this.files })
    else rmSync(this.cacheFile, { force: true })
  }

  close(): void {
    this.secrets.close()
  }

  private async refuseSecrets(walk: SourceWalk, exceptions: readonly string[]): Promise<void> {
    try {
      // guard: source: it is searched for secrets
      await this.secrets.refuse(walk, this.known, exceptions)
    } catch (error) {
      if (!(error instanceof SitedriveError) || error.code !== 'SECRET_FOUND') throw error
      throw new SitedriveError(
        error.code,
        `\`"source": true\` publishes the project's own files, too. ${error.message}`,
        { cause: error }
      )
    }
  }
}
