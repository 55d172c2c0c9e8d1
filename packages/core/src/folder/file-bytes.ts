import { createHash, hash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SitedriveError, throwIfAborted } from '../error.js'
import { unreadable, type FileStamp } from './walk.js'

/** Files up to this size are read whole. Bytes. */
export const GROUP_BYTES = 4 * 1024 * 1024

/** Larger files are read in pieces of this size. Small pieces, because the memory of buffers is freed late. Bytes. */
const PIECE_BYTES = 1024 * 1024

/**
 * Reads a file of at most GROUP_BYTES and its hash.
 *
 * @throws {SitedriveError} FILE_CHANGED when it is no longer the file of the stamp, FILE_UNREADABLE
 */
export function readSmall(file: string, stamp: FileStamp): { bytes: Buffer; hash: string } {
  const bytes = Buffer.allocUnsafe(stamp.size)
  readInto(bytes, file, stamp)
  return { bytes, hash: hash('sha256', bytes, 'base64url') }
}

/**
 * Reads a whole file.
 *
 * @param bytes as long as the file
 * @throws {SitedriveError} as `readSmall`
 */
export function readInto(bytes: Buffer, file: string, stamp: FileStamp): void {
  const fd = openSame(file, stamp)
  try {
    fill(fd, bytes, file)
    assertSame(fd, file, stamp)
  } finally {
    closeSync(fd)
  }
}

/**
 * Reads a large file group by group.
 *
 * @param use gets each group; the buffer belongs to it
 * @returns sha256 of all bytes, base64url
 * @throws {SitedriveError} as `readSmall`, and ABORTED
 */
export async function readLarge(
  file: string,
  stamp: FileStamp,
  use: (group: Buffer) => Promise<void> | void,
  signal?: AbortSignal
): Promise<string> {
  const digest = createHash('sha256')
  const fd = openSame(file, stamp)
  try {
    for (let read = 0; read < stamp.size; read += PIECE_BYTES) {
      throwIfAborted(signal)
      const group = Buffer.allocUnsafe(Math.min(PIECE_BYTES, stamp.size - read))
      fill(fd, group, file)
      digest.update(group)
      await use(group)
      await nextTurn() // the reads are synchronous: let other work run
    }
    assertSame(fd, file, stamp)
    return digest.digest('base64url')
  } finally {
    closeSync(fd)
  }
}

// The file is compared with its stamp before the first byte and after the last, so the bytes are those that were walked.
function openSame(file: string, stamp: FileStamp): number {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (error) {
    throw unreadable(file, error)
  }
  try {
    assertSame(fd, file, stamp)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function assertSame(fd: number, file: string, stamp: FileStamp): void {
  const now = fstatSync(fd)
  // guard: a file is read as it stood at the walk
  if (now.size !== stamp.size || now.mtimeMs !== stamp.mtimeMs || now.ino !== stamp.ino) throw changed(file)
}

function fill(fd: number, buffer: Buffer, file: string): void {
  let read = 0
  while (read < buffer.byteLength) {
    let count: number
    try {
      count = readSync(fd, buffer, read, buffer.byteLength - read, null)
    } catch (error) {
      throw unreadable(file, error)
    }
    if (count === 0) throw changed(file)
    read += count
  }
}

function changed(file: string): SitedriveError {
  return new SitedriveError(
    'FILE_CHANGED',
    `\`${file}\` changed while it was read. Is a build still running? Publish when it is done.`
  )
}
