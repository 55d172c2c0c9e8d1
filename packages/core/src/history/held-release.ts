import type { SiteView } from '../content/content-types.js'
import { dataDir, sitePaths } from '../machine/data-dir.js'
import type { Drive, DriveState } from '../holepunch/hyperdrive.js'
import { hasStore } from '../holepunch/store-folder.js'
import { parseKey } from '../holepunch/site-key.js'
import { readProject } from '../project/project-file.js'
import { explainPart, readNewest } from './last-release.js'
import type { Release } from '../release/release-record.js'
import { releaseView } from '../release/release-view.js'

/** The newest release of a site on this machine, open for reading. A writer may have the store open at the same time. */
export interface HeldRelease {
  /** The site's key, z-base-32. */
  readonly key: string
  readonly release: Release
  readonly state: DriveState
  readonly drive: Drive
  readonly view: SiteView
  /** Safe to call twice. */
  close(): Promise<void>
}

/**
 * Opens the newest release of the site that a folder publishes to. It stays at that release when more is published.
 *
 * @returns null when the folder has no key, or this machine holds no release of it
 * @throws {SitedriveError} CONFIG_INVALID, STORE_FAILED, RELEASE_CHAIN_INVALID
 */
export async function openLastRelease(
  projectDir: string,
  env: NodeJS.ProcessEnv = process.env
): Promise<HeldRelease | null> {
  const project = readProject(projectDir, parseKey)
  if (!project) return null
  const { key } = project
  const paths = sitePaths(dataDir(env), key)
  if (!hasStore(paths.store)) return null
  const { openSiteReader } = await import('../holepunch/site-store.js')
  const site = await openSiteReader(paths.store, key)
  try {
    const newest = await readNewest(site, paths)
    if (!newest) {
      await site.close()
      return null
    }
    const { release, state, files } = newest
    let closed: Promise<void> | null = null
    const close = () => (closed ??= site.close())
    return { key, release, state, drive: site, view: releaseView(site, files), close }
  } catch (error) {
    const told = await explainPart(site, key, error)
    await site.close()
    throw told
  }
}
