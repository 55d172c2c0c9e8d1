import { mkdirSync, realpathSync } from 'node:fs'
import path from 'node:path'
import envPaths from 'env-paths'
import { messageOf, SitedriveError } from '../error.js'

/** The folder of this user's keys and stores, absolute: `SITEDRIVE_HOME`, else the platform's folder for user data. */
export function dataDir(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env['SITEDRIVE_HOME'] || envPaths('sitedrive', { suffix: '' }).data)
}

/** The files of one site in the data directory. */
export interface SitePaths {
  dir: string
  /** The secret, 64 hex digits. */
  secret: string
  /** The record of what this machine has signed, see `signed-head.ts`. */
  head: string
  /** The last scan, see `scan-cache.ts`. */
  cache: string
  /** The same of the source, see `source/source-publish.ts`. */
  sourceCache: string
  /** The writer's lock, see `writer-process-lock.ts`. */
  lock: string
  /** Project folders that may publish to this site, see `binding.ts`. */
  folders: string
  /** The Corestore. */
  store: string
  /** The cache of facts about contents, see `content/`. */
  facts: string
  /** A folder with the sources of the newest release, see `released-sources.ts`. */
  sources: string
  /** Where seeds show the site on the web, see `web-addresses.ts`. */
  webAddresses: string
  /** When the backup of the secret was last checked, see `backup-check.ts`. */
  backupCheck: string
}

export function sitePaths(home: string, key: string): SitePaths {
  const dir = path.join(home, 'sites', key)
  return {
    dir,
    secret: path.join(dir, 'secret'),
    head: path.join(dir, 'head.json'),
    cache: path.join(dir, 'scan.cache'),
    sourceCache: path.join(dir, 'source.cache'),
    lock: path.join(dir, 'writer.lock'),
    folders: path.join(dir, 'folders.json'),
    store: path.join(dir, 'site'),
    facts: path.join(dir, 'facts.cache'),
    sources: path.join(dir, 'sources'),
    webAddresses: path.join(dir, 'web-addresses.json'),
    backupCheck: path.join(dir, 'backup-check.json')
  }
}

/**
 * Creates a folder that only its owner can enter.
 *
 * @throws {SitedriveError} DATA_DIR_UNUSABLE when it cannot be created
 */
export function makePrivateDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new SitedriveError(
      'DATA_DIR_UNUSABLE',
      `\`${dir}\`, where keys and stores are kept, cannot be made: ${messageOf(cause)}. Mend its permissions, or choose another place with SITEDRIVE_HOME.`,
      { cause }
    )
  }
}

/** Whether `inner` is `outer` or inside it, with symbolic links resolved. The paths need not exist. */
export function isInside(inner: string, outer: string): boolean {
  return isWithin(realOrResolved(inner), realOrResolved(outer))
}

/** Like `isInside`, for paths whose symbolic links are resolved already. */
export function isWithin(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner)
  return (
    relative === '' ||
    (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
  )
}

/**
 * Refuses an output folder that contains the data directory or is inside it.
 *
 * @param done what would happen to keys and stores, for the message
 * @throws {SitedriveError} DIR_OVERLAP
 */
export function refuseOverlap(dir: string, home: string, done: 'published' | 'shown'): void {
  // guard: the output dir and the data directory lie apart
  if (!isInside(dir, home) && !isInside(home, dir)) return
  throw new SitedriveError(
    'DIR_OVERLAP',
    `\`${dir}\` and the data directory \`${home}\` lie in one another: keys and stores would be ${done}. ` +
      'Choose another output folder, or move the data directory with SITEDRIVE_HOME.'
  )
}

/** Resolves the symbolic links of the part of a path that exists, and appends the rest. */
export function realOrResolved(file: string): string {
  const resolved = path.resolve(file)
  try {
    return realpathSync(resolved)
  } catch {
    const parent = path.dirname(resolved)
    return parent === resolved ? resolved : path.join(realOrResolved(parent), path.basename(resolved))
  }
}
