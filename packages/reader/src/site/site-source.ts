import { sitePaths, SitedriveError } from '@sitedrive/core'
import { openSiteReader, type BlobPointer, type Drive, type FollowedDrive } from '@sitedrive/core/drive'
import path from 'node:path'

/** A site whose files are read: a drive that fetches what it lacks, or what another process has fetched. */
export type SiteSource = Pick<
  FollowedDrive,
  | 'key'
  | 'newestState'
  | 'peers'
  | 'progress'
  | 'at'
  | 'fetchIndexTo'
  | 'fetchBlobs'
  | 'nextChange'
  | 'onDownload'
>

/** What another process of this machine has fetched of a site so far. It stays at that state. */
export interface HeldSource extends SiteSource {
  close(): Promise<void>
}

/**
 * Opens the copy of a site that another process has open.
 *
 * @param dir where the copy is kept, absolute
 * @throws {SitedriveError} STORE_FAILED
 */
export function openHeldSource(dir: string, key: string): Promise<HeldSource> {
  return openStore(
    path.join(dir, 'drive'),
    key,
    `Another process of sitedrive on this machine has \`hyper://${key}/\` open and is still fetching this part of it. Wait until that one says that all is here, or stop it, then try again.`
  )
}

/**
 * Opens a site of one's own, as this machine has published it.
 *
 * @param home the data directory
 * @throws {SitedriveError} STORE_FAILED
 */
export function openOwnSource(home: string, key: string): Promise<HeldSource> {
  return openStore(
    sitePaths(home, key).store,
    key,
    `Not all of \`hyper://${key}/\` is on this machine, as after a publish from another one. \`npx sitedrive publish --sync\` fetches it from the seeds.`
  )
}

/** @param whyMissing what is said of a part that is not in the store */
async function openStore(dir: string, key: string, whyMissing: string): Promise<HeldSource> {
  const store = await openSiteReader(dir, key)
  const state = await store.state()
  const missing = () => new SitedriveError('NOT_HELD', whyMissing)
  return {
    key,
    newestState: state.version < 2 ? null : state,
    peers: 0,
    progress: { held: 0, known: state.version + state.blobsLength },
    at: (version: number): Drive => store.at(version),
    async fetchIndexTo() {
      if (!(await store.hasWholeIndex())) throw missing()
    },
    async fetchBlobs(blobs: readonly BlobPointer[]) {
      for (const blob of blobs) if (!(await store.hasBlob(blob))) throw missing()
    },
    async nextChange() {
      throw missing() // nothing changes here
    },
    onDownload: () => () => {},
    close: () => store.close()
  }
}
