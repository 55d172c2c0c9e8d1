import { existsSync } from 'node:fs'
import { dataDir, sitePaths } from '../machine/data-dir.js'
import { SitedriveError, throwIfAborted } from '../error.js'
import { refuseLostFile } from '../identity/former-site.js'
import { readHead } from '../machine/signed-head.js'
import { PROJECT_FILE, readProject } from '../project/project-file.js'
import { webAddressOf } from '../project/web-addresses.js'
import type { SiteStore } from '../holepunch/site-store.js'
import type * as ReleaseRecordModule from '../release/release-record.js'
import type { Release } from '../release/release-record.js'

/** A site's past as this machine holds it. */
export interface SiteLog {
  key: string
  /** Where web browsers find the site; null: not known. */
  webAddress: string | null
  /** Newest first. */
  releases: Release[]
}

export interface LogOptions {
  /** Largest number of releases. @default Infinity */
  limit?: number
  signal?: AbortSignal | undefined
}

/**
 * Lists the releases of the site that a folder publishes to. Reads only this machine's store, also while a
 * publish runs; uses no network.
 *
 * @throws {SitedriveError} NO_PROJECT when the folder has no key, STORE_EMPTY when its releases are on another machine
 */
export async function readLog(
  projectDir: string,
  env: NodeJS.ProcessEnv = process.env,
  { limit = Infinity, signal }: LogOptions = {}
): Promise<SiteLog> {
  const { key, webAddress, found } = await inHistory(projectDir, env, async (site, { releases }) => {
    const list: Release[] = []
    for await (const release of releases(site)) {
      throwIfAborted(signal)
      if (list.push(release) >= limit) break
    }
    return list
  })
  return { key, webAddress, releases: found ?? [] }
}

/** One release by its number, found in a few steps. @throws {SitedriveError} NO_SUCH_RELEASE, and as `readLog` */
export async function readRelease(
  projectDir: string,
  number: number,
  env: NodeJS.ProcessEnv = process.env
): Promise<Release> {
  const { found } = await inHistory(projectDir, env, (site, { findRelease }) => findRelease(site, number))
  if (found) return found
  throw new SitedriveError(
    'NO_SUCH_RELEASE',
    `There is no release \`${number}\`: nothing has been published yet.`
  )
}

/**
 * Opens the releases of the site that a folder publishes to for reading.
 *
 * `found` is null when the key was minted here and has signed nothing yet: its history is known, and empty.
 */
export async function inHistory<T>(
  projectDir: string,
  env: NodeJS.ProcessEnv,
  read: (site: SiteStore, record: typeof ReleaseRecordModule) => Promise<T>
): Promise<{ key: string; webAddress: string | null; found: T | null }> {
  const { parseKey } = await import('../holepunch/site-key.js')
  const project = readProject(projectDir, parseKey)
  if (!project) {
    refuseLostFile(dataDir(env), projectDir)
    throw new SitedriveError(
      'NO_PROJECT',
      `\`${projectDir}\` has no ${PROJECT_FILE}, so nothing was ever published from it. Run \`npx sitedrive init\` or build the site there.`
    )
  }
  const { key } = project
  const paths = sitePaths(dataDir(env), key)
  const [{ withReader }, record] = await Promise.all([
    import('./last-release.js'),
    import('../release/release-record.js')
  ])
  const found = await withReader(paths, key, async (site) =>
    (await record.latestRelease(site)) ? read(site, record) : null
  )
  // An empty store is right only when nothing was ever signed: a refused publish of a restored key leaves one too.
  if (found === null && readHead(paths.head)?.version !== 0) throw storeEmpty(key, existsSync(paths.secret))
  return { key, webAddress: webAddressOf(project, paths), found }
}

/** @param hasSecret the key was restored on this machine, or a publish of it did not end */
function storeEmpty(key: string, hasSecret: boolean): SitedriveError {
  return new SitedriveError(
    'STORE_EMPTY',
    `This machine holds no releases of \`${key}\`${
      hasSecret
        ? ' yet, though its key. `npx sitedrive publish --sync`, or a build, fetches them from the seeds.'
        : ': they are on the machine that published them. Run the command there. If that machine is gone: ' +
          '`npx sitedrive key restore`; the next build then fetches them from the seeds.'
    }`,
    {
      remedy: { action: 'accept loss', sentence: 'If no seed has them: a publish with {} goes on from here.' }
    }
  )
}
