import { moveStore } from '../disk/move-store.js'
import type { SiteKeys } from '../holepunch/key-pairs.js'
import { openSiteWriter, type SiteWriter } from '../holepunch/site-store.js'

/** A site's store while a session opens. An empty store can replace it, and `restore` undoes that. */
export class ReplaceableStore {
  /** The store that is open now. */
  writer: SiteWriter
  private readonly dir: string
  private readonly keys: SiteKeys
  private asideDir: string | null = null

  private constructor(dir: string, keys: SiteKeys, writer: SiteWriter) {
    this.dir = dir
    this.keys = keys
    this.writer = writer
  }

  /**
   * Opens the store for writing.
   *
   * @param acceptCopy open the store although it was copied from another machine or place
   * @throws {SitedriveError} STORE_COPIED, STORE_LOCKED, DISK_FULL, STORE_FAILED
   */
  static async open(dir: string, keys: SiteKeys, acceptCopy: boolean): Promise<ReplaceableStore> {
    return new ReplaceableStore(dir, keys, await openSiteWriter(dir, keys, acceptCopy))
  }

  /** Opens an empty store instead. The old store stays beside it as `<dir>.replaced`, until the next replacement. */
  async replace(): Promise<void> {
    const asideDir = `${this.dir}.replaced`
    await this.writer.close()
    moveStore(this.dir, asideDir)
    this.asideDir = asideDir
    this.writer = await openSiteWriter(this.dir, this.keys)
  }

  /** Closes the store. If it was replaced, the old store comes back. */
  async restore(): Promise<void> {
    await this.writer.close()
    if (this.asideDir !== null) moveStore(this.asideDir, this.dir)
  }
}
