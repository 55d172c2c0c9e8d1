import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { unusable } from '../disk/durable-file.js'
import { SitedriveError, throwIfAborted } from '../error.js'
import { isAlive } from './is-alive.js'

/** The process that holds the lock. */
export interface LockHolder {
  pid: number
  command: string
  /** ISO 8601. */
  since: string
}

export interface WriterLock {
  release(): void
}

const POLL_MS = 50

/**
 * Waits until this process is the only writer of a site.
 *
 * It is a lock of the kernel, so it ends with its process. The text of the file only names the holder for other processes.
 *
 * @param options.onWait called at once when another process holds the lock, and then every 10 s
 * @param options.timeoutMs how long to wait. Milliseconds
 * @throws {SitedriveError} LOCK_TIMEOUT, ABORTED
 */
export async function acquireWriterLock(
  file: string,
  options: {
    timeoutMs: number
    onWait: (holder: LockHolder | null, waitedMs: number) => void
    signal?: AbortSignal
  }
): Promise<WriterLock> {
  const { tryLockFile, unlockFile } = await import('../holepunch/file-lock.js')
  const fd = openLock(file)
  const startedAt = Date.now()
  let nextReportAt = 0
  try {
    // guard: one writer
    while (!tryLockFile(fd)) {
      const waitedMs = Date.now() - startedAt
      const holder = readHolder(file)
      if (waitedMs >= nextReportAt) {
        options.onWait(holder, waitedMs)
        nextReportAt = waitedMs + 10_000
      }
      // guard: no unbounded wait for another writer
      if (waitedMs > options.timeoutMs) {
        throw new SitedriveError(
          'LOCK_TIMEOUT',
          `Another publish of this site (${describeHolder(holder)}) has not ended for ${Math.round(waitedMs / 1000)} s. ` +
            'Nothing was published. Wait for it or end it, then build again.'
        )
      }
      throwIfAborted(options.signal)
      await pause(POLL_MS)
    }
  } catch (error) {
    closeSync(fd)
    throw error
  }
  writeHolder(fd)
  return {
    release() {
      ftruncateSync(fd)
      unlockFile(fd)
      closeSync(fd)
    }
  }
}

function openLock(file: string): number {
  try {
    return openSync(file, 'a+', 0o600)
  } catch (error) {
    throw unusable(file, error)
  }
}

// For other processes to read. On a full disk the holder must still work and free the lock, so errors are ignored.
function writeHolder(fd: number): void {
  try {
    ftruncateSync(fd)
    writeSync(
      fd,
      JSON.stringify({
        pid: process.pid,
        command: command(),
        since: new Date().toISOString()
      } satisfies LockHolder)
    )
  } catch {
    // other processes then do not learn the name of the holder
  }
}

/** false: certainly no process holds the lock. true: possibly; also when a killed process left the file behind. */
export function mayBeLocked(file: string): boolean {
  try {
    return readFileSync(file).byteLength > 0
  } catch {
    return false
  }
}

/**
 * Who holds a lock now. Never waits, and changes nothing.
 *
 * @returns null: nobody. `holder` is null when the process does not say its name
 */
export async function whoHolds(file: string): Promise<{ holder: LockHolder | null } | null> {
  if (!mayBeLocked(file)) return null
  const holder = readHolder(file)
  let fd: number
  try {
    fd = openSync(file, 'r+')
  } catch {
    // The lock of a file that cannot be opened cannot be tried.
    return holder && isAlive(holder.pid) ? { holder } : null
  }
  try {
    const { tryLockFile, unlockFile } = await import('../holepunch/file-lock.js')
    if (!tryLockFile(fd)) return { holder }
    unlockFile(fd)
    return null
  } finally {
    closeSync(fd)
  }
}

export function describeHolder(holder: LockHolder | null): string {
  return holder
    ? `process ${holder.pid}, \`${holder.command}\`, since ${holder.since}`
    : 'a process that does not say its name'
}

function readHolder(file: string): LockHolder | null {
  try {
    const { pid, command, since } = JSON.parse(readFileSync(file, 'utf8')) as LockHolder
    return { pid: Number(pid), command: String(command), since: String(since) }
  } catch {
    return null
  }
}

function command(): string {
  return process.argv
    .slice(1)
    .map((word) => word.replace(/^.*[/\\]/, ''))
    .join(' ')
}
