import { existsSync } from 'node:fs'
import type { SitePaths } from './data-dir.js'
import type { Drive } from './holepunch/drive.js'
import type { SiteStore } from './holepunch/site-store.js'
import { latestRelease } from './release-record.js'
import { readScanCache, type KnownFile } from './scan-cache.js'
import { listFiles } from './site-session.js'

/** The newest release that this machine holds. */
export interface LastRelease {
  /** 0: there is none. */
  release: number
  files: Map<string, KnownFile>
  /** null when there is no release. */
  drive: Drive | null
}

/**
 * Reads the newest release that this machine holds, beside a writer if need be.
 *
 * @param use gets it; its drive is open until that ends
 */
export async function withLastRelease<T>(
  paths: SitePaths,
  key: string,
  use: (last: LastRelease) => Promise<T>
): Promise<T> {
  const found = await withReader(paths, key, async (site) => {
    const latest = await latestRelease(site)
    if (!latest) return null
    const { version, fork } = await site.state()
    const cache = readScanCache(paths.cache)
    const files = cache?.version === version && cache.fork === fork ? cache.files : await listFiles(site)
    return { result: await use({ release: latest.release, files, drive: site }) }
  })
  return found ? found.result : use({ release: 0, files: new Map(), drive: null })
}

/** Opens a site's store for reading. @returns null when this machine has no store of it */
export async function withReader<T>(
  paths: SitePaths,
  key: string,
  use: (site: SiteStore) => Promise<T>
): Promise<T | null> {
  if (!existsSync(paths.store)) return null
  const { openSiteReader } = await import('./holepunch/site-store.js')
  const site = await openSiteReader(paths.store, key)
  try {
    return await use(site)
  } finally {
    await site.close()
  }
}
