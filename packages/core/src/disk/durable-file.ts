import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import path from 'node:path'
import { codeOf, messageOf, SitedriveError } from '../error.js'

/**
 * Replaces a file as one step: readers see the old text or the new one, also after a power cut.
 *
 * @param mode permissions of the new file
 * @throws {SitedriveError} DISK_FULL
 */
export function replaceFile(file: string, text: string, mode = 0o600): void {
  replace(file, text, mode, true)
  syncFolder(path.dirname(file))
}

/** Replaces a file as one step for readers. After a power cut it may hold anything: for what can be made anew. */
export function replaceFileQuickly(file: string, text: string): void {
  replace(file, text, 0o600, false)
}

/** @param named what an error names: `file`, unless that is a temporary one */
function replace(file: string, text: string, mode: number, isDurable: boolean, named = file): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    const fd = openSync(temporary, 'w', mode)
    try {
      writeFileSync(fd, text) // not `writeSync`: on a disk that is nearly full it writes a part, and is content
      if (isDurable) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, file)
  } catch (cause) {
    rmSync(temporary, { force: true })
    if (codeOf(cause) !== 'ENOSPC') throw unusable(named, cause)
    throw new SitedriveError(
      'DISK_FULL',
      `The disk that holds \`${named}\` is full. Nothing was published and nothing is lost: free some space, then try again.`,
      { cause }
    )
  }
}

/** The text of a file, or null when there is none. */
export function readIfThere(file: string): string | null {
  return readBytesIfThere(file)?.toString('utf8') ?? null
}

/** The bytes of a file, or null when there is none. */
export function readBytesIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw unusable(file, error)
  }
}

/**
 * Makes a file as one step, unless it is there.
 *
 * @returns false when it is there
 */
export function createFile(file: string, text: string, mode: number): boolean {
  const temporary = `${file}.${process.pid}.new`
  replace(temporary, text, mode, true, file)
  try {
    linkSync(temporary, file)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw unusable(file, error)
  } finally {
    rmSync(temporary, { force: true })
  }
  syncFolder(path.dirname(file))
  return true
}

/** The error for a file of ours that cannot be read or written as it stands. */
export function unusable(file: string, cause: unknown): SitedriveError {
  // Node.js ends with the path, which may be that of a temporary file: `EROFS: read-only file system, open '/…'`.
  const why = messageOf(cause).replace(/, \w+ '.*$/s, '')
  return new SitedriveError(
    'DATA_DIR_UNUSABLE',
    `\`${file}\` cannot be used: ${why}. Mend its owner and permissions, then try again.`,
    { cause }
  )
}

// The rename itself is durable only when the folder is. Windows cannot open folders and does not need it.
function syncFolder(dir: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
