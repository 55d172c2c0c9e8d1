import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import path from 'node:path'
import { messageOf } from '../error.js'
import { ownKeys } from '../identity/secret.js'
import { dataDir, sitePaths } from '../machine/data-dir.js'

/** The folder of keys and stores. */
export interface DataDirectory {
  /** Absolute. */
  dir: string
  /** false: nothing has made it yet, which the first key does. */
  exists: boolean
  /** Why nothing can be written there; null: it can. */
  writeProblem: string | null
  /** Free space for this user, bytes; null: the system does not say. */
  freeBytes: number | null
  /** Files with secrets that other users can read. Always empty on Windows, which has no such permissions. */
  exposed: string[]
  /** Number of keys whose secret is there. */
  keys: number
}

/** Reads the state of the data directory. Changes nothing. */
export function examineDataDirectory(env: NodeJS.ProcessEnv = process.env): DataDirectory {
  const dir = dataDir(env)
  const place = nearest(dir)
  const { keys, problem } = keysIn(dir)
  return {
    dir,
    exists: place === dir,
    writeProblem: problem ?? writeProblemOf(place),
    freeBytes: freeBytesAt(place),
    exposed: keys.map((key) => sitePaths(dir, key).secret).filter(isExposed),
    keys: keys.length
  }
}

function keysIn(home: string): { keys: string[]; problem: string | null } {
  try {
    return { keys: ownKeys(home), problem: null }
  } catch (error) {
    return { keys: [], problem: messageOf(error) }
  }
}

/** The folder, or the nearest above it that exists. */
function nearest(dir: string): string {
  const parent = path.dirname(dir)
  return existsSync(dir) || parent === dir ? dir : nearest(parent)
}

function writeProblemOf(dir: string): string | null {
  try {
    if (!statSync(dir).isDirectory()) return 'it is no folder'
    accessSync(dir, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

function freeBytesAt(dir: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(dir)
    return bavail * bsize
  } catch {
    return null
  }
}

function isExposed(file: string): boolean {
  if (process.platform === 'win32') return false
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0
  return (mode & 0o077) !== 0
}
