import { hash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import type { SiteFile, SiteView } from './content-types.js'

/** A file of a folder, as `compare` gives it. A missing size is read from the file system. */
export interface ViewedFile {
  /** sha256 of the bytes, base64url. */
  hash: string
  stamp?: { size: number } | null
  blob?: { byteLength: number } | null
}

/**
 * The view of a folder that was walked and compared. The bytes are read from the disk. A file whose content has changed since
 * then is not read.
 *
 * @param dir absolute, symbolic links resolved (as `walk` gives it)
 * @param files by path in the drive
 */
export function folderView(dir: string, files: ReadonlyMap<string, ViewedFile>): SiteView {
  const viewed = new Map<string, SiteFile>()
  for (const [path, { hash, stamp, blob }] of files) {
    viewed.set(path, { path, hash, bytes: stamp?.size ?? blob?.byteLength ?? sizeOf(dir + path) })
  }
  return {
    files: viewed,
    read(path, limitBytes) {
      const file = viewed.get(path)
      return Promise.resolve(file ? readSame(dir + path, file, limitBytes) : null)
    }
  }
}

// Synchronous on purpose: for many small files this takes a third of the time of promises.
function readSame(file: string, { hash: expected, bytes }: SiteFile, limitBytes = Infinity): Buffer | null {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch {
    return null
  }
  try {
    const stats = fstatSync(fd)
    const { size } = stats
    if (!stats.isFile() || size !== bytes) return null
    const content = Buffer.allocUnsafeSlow(Math.min(size, limitBytes))
    let read = 0
    while (read < content.byteLength) {
      const count = readSync(fd, content, read, content.byteLength - read, null)
      if (count === 0) return null
      read += count
    }
    // The hash of a part is not known, so only the size is compared.
    if (content.byteLength === size && hash('sha256', content, 'base64url') !== expected) return null
    return content
  } catch {
    return null
  } finally {
    closeSync(fd)
  }
}

/** Size in bytes; 0 when the file is gone. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
