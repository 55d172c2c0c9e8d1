import { mkdirSync, realpathSync } from 'node:fs'
import path from 'node:path'
import envPaths from 'env-paths'
import { messageOf, SitedriveError } from '../error.js'

/** Where this user's keys and stores are: `SITEDRIVE_HOME`, else the platform's own place for user data. */
export function dataDir(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env['SITEDRIVE_HOME'] || envPaths('sitedrive', { suffix: '' }).data)
}

/** The files of one site in the data directory. */
export interface SitePaths {
  dir: string
  /** The secret, 64 hex digits. */
  secret: string
  /** What this machine has signed, see `signed-head.ts`. */
  head: string
  /** The last scan, see `scan-cache.ts`. */
  cache: string
  /** The writer's lock, see `writer-process-lock.ts`. */
  lock: string
  /** Project folders that may publish to this site, see `binding.ts`. */
  folders: string
  /** The Corestore. */
  store: string
  /** What the checks found out about contents, see `content/`. */
  facts: string
  /** A folder with the sources that the newest release was made of, see `released-sources.ts`. */
  sources: string
}

export function sitePaths(home: string, key: string): SitePaths {
  const dir = path.join(home, 'sites', key)
  return {
    dir,
    secret: path.join(dir, 'secret'),
    head: path.join(dir, 'head.json'),
    cache: path.join(dir, 'scan.cache'),
    lock: path.join(dir, 'writer.lock'),
    folders: path.join(dir, 'folders.json'),
    store: path.join(dir, 'site'),
    facts: path.join(dir, 'facts.cache'),
    sources: path.join(dir, 'sources')
  }
}

/**
 * Makes a folder that only its owner may enter.
 *
 * @throws {SitedriveError} DATA_DIR_UNUSABLE
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

/** True when `inner` is `outer` or lies in it, symbolic links resolved. Neither needs to exist. */
export function isInside(inner: string, outer: string): boolean {
  return isWithin(realOrResolved(inner), realOrResolved(outer))
}

/** The same of paths of which symbolic links are resolved already. */
export function isWithin(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner)
  return (
    relative === '' ||
    (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
  )
}

/**
 * An output folder and the data directory must lie apart.
 *
 * @param done what would be done with keys and stores
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

/** The real path of the longest part that exists, with the rest appended. */
export function realOrResolved(file: string): string {
  const resolved = path.resolve(file)
  try {
    return realpathSync(resolved)
  } catch {
    const parent = path.dirname(resolved)
    return parent === resolved ? resolved : path.join(realOrResolved(parent), path.basename(resolved))
  }
}
