import { existsSync } from 'node:fs'
import type { SitePaths } from './data-dir.js'
import type { SiteStore } from './holepunch/site-store.js'
import { latestRelease } from './release-record.js'
import { readScanCache, type KnownFile } from './scan-cache.js'
import { listFiles } from './site-session.js'

/** The newest release that this machine holds, read beside a writer if need be; release 0 when it holds none. */
export async function readLastRelease(
  paths: SitePaths,
  key: string
): Promise<{ release: number; files: Map<string, KnownFile> }> {
  const nothing = { release: 0, files: new Map<string, KnownFile>() }
  return (
    (await withReader(paths, key, async (site) => {
      const latest = await latestRelease(site)
      if (!latest) return nothing
      const { version, fork } = await site.state()
      const cache = readScanCache(paths.cache)
      const files = cache?.version === version && cache.fork === fork ? cache.files : await listFiles(site)
      return { release: latest.release, files }
    })) ?? nothing
  )
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
