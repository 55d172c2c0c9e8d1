import path from 'node:path'

/** Where the copies of other people's sites are, in the data directory. */
export function readDir(home: string): string {
  return path.join(home, 'read')
}

/** Where the copy of one site is. @param key z-base-32, normalised */
export function siteFolder(home: string, key: string): string {
  return path.join(readDir(home), key)
}
