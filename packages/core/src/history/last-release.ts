import { SitedriveError } from '../error.js'
import type { SitePaths } from '../machine/data-dir.js'
import type { Drive, DriveState } from '../holepunch/hyperdrive.js'
import { hasStore } from '../holepunch/store-folder.js'
import type { SiteStore } from '../holepunch/site-store.js'
import { latestRelease, type Release } from '../release/release-record.js'
import { readScanCache, type KnownFile } from '../folder/scan-cache.js'
import { listFiles } from '../session/known-files.js'

/** The newest release that this machine holds. */
export interface LastRelease {
  /** 0: there is none. */
  release: number
  files: Map<string, KnownFile>
  /** null when there is no release. */
  drive: Drive | null
}

/**
 * Reads the newest release that this machine holds. A writer may have the store open at the same time.
 *
 * @param use gets it; its drive is open until that ends
 */
export async function withLastRelease<T>(
  paths: SitePaths,
  key: string,
  use: (last: LastRelease) => Promise<T>
): Promise<T> {
  const found = await withReader(paths, key, async (site) => {
    const newest = await readNewest(site, paths)
    return (
      newest && { result: await use({ release: newest.release.release, files: newest.files, drive: site }) }
    )
  })
  return found ? found.result : use({ release: 0, files: new Map(), drive: null })
}

/** The newest release in a store, with its files; null when there is none. */
export async function readNewest(
  site: SiteStore,
  paths: SitePaths
): Promise<{ release: Release; state: DriveState; files: Map<string, KnownFile> } | null> {
  const release = await latestRelease(site)
  if (!release) return null
  const state = await site.state()
  const cache = readScanCache(paths.cache)
  const isCurrent = cache?.version === state.version && cache.fork === state.fork
  // Listing the index of a large site takes much longer than reading the cache.
  return { release, state, files: isCurrent ? cache.files : await listFiles(site) }
}

/** Opens a site's store for reading. @returns null when this machine has no store of it */
export async function withReader<T>(
  paths: SitePaths,
  key: string,
  use: (site: SiteStore) => Promise<T>
): Promise<T | null> {
  if (!hasStore(paths.store)) return null
  const { openSiteReader } = await import('../holepunch/site-store.js')
  const site = await openSiteReader(paths.store, key)
  try {
    return await use(site)
  } catch (error) {
    throw await explainPart(site, key, error)
  } finally {
    await site.close()
  }
}

/** A machine that was killed, or lost the network, while it fetched an index has a part of it. */
export async function explainPart(site: SiteStore, key: string, error: unknown): Promise<unknown> {
  // guard: log: an index that was fetched in part is told
  if (!(error instanceof SitedriveError) || error.code !== 'NOT_HELD' || (await site.hasWholeIndex()))
    return error
  return new SitedriveError(
    'NOT_HELD',
    `This machine has only a part of the releases of \`${key}\`: a command that fetched them did not end. Run \`npx sitedrive publish --sync\`, or build: that fetches the rest.`,
    { cause: error }
  )
}
