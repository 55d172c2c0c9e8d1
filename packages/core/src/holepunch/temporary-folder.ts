import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { debug } from '../debug.js'
import { codeOf, messageOf } from '../error.js'
import { tryLockFile, unlockFile } from './file-lock.js'

const PREFIX = 'sitedrive-copy-'
/** Its process holds the lock on this file. */
const LOCK = 'in-use'
/** A database may go on writing for a moment after it was closed. */
const RETRIES = 5
/** A folder without a lock file is one whose process has just made it, or was killed then. Milliseconds. */
const UNLOCKED_MS = 60_000

/** A folder for what this process needs for a moment. */
export interface TemporaryFolder {
  /** Absolute; empty at first. */
  readonly dir: string
  /** Removes the folder. One that cannot be removed is left: nobody's work fails for that. Safe to call twice. */
  remove: () => Promise<void>
}

/** Makes a temporary folder, and removes those of processes that were killed: each can be as large as an open store, about 75 MB. */
export async function makeTemporaryFolder(parent = os.tmpdir()): Promise<TemporaryFolder> {
  await removeLeftBehind(parent)
  const folder = await mkdtemp(path.join(parent, PREFIX))
  const lock = openSync(path.join(folder, LOCK), 'w')
  tryLockFile(lock)
  const removeNow = (): Promise<void> => {
    unlockFile(lock)
    closeSync(lock)
    return removeFolder(folder)
  }
  let removed: Promise<void> | null = null
  return { dir: path.join(folder, 'store'), remove: () => (removed ??= removeNow()) }
}

async function removeLeftBehind(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  const folders = names.filter((name) => name.startsWith(PREFIX)).map((name) => path.join(parent, name))
  await Promise.all(
    folders.map(async (folder) => ((await isInUse(folder)) ? undefined : removeFolder(folder)))
  )
}

/** The kernel frees the lock of a process that was killed. */
async function isInUse(folder: string): Promise<boolean> {
  let lock: number
  try {
    lock = openSync(path.join(folder, LOCK), 'r+')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return true // another user's
    const made = await stat(folder).catch(() => null)
    return made !== null && Date.now() - made.mtimeMs < UNLOCKED_MS
  }
  try {
    // guard: a temporary folder in use stays
    if (!tryLockFile(lock)) return true
    unlockFile(lock)
    return false
  } finally {
    closeSync(lock)
  }
}

async function removeFolder(folder: string): Promise<void> {
  // guard: a temporary folder that cannot be removed fails nothing
  await rm(folder, { recursive: true, force: true, maxRetries: RETRIES }).catch((error: unknown) =>
    debug('seeds', () => `${folder} could not be removed: ${messageOf(error)}`)
  )
}
