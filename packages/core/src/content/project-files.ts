import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { isWithin, realOrResolved } from '../machine/data-dir.js'

/** Only the first bytes of a source are read: for some texts a parser's time grows with the square of the length. Bytes. */
export const MAX_SOURCE_BYTES = 512 * 1024

/** Reads files of a project. A file outside of the project is not read, whatever its name or link. */
export class ProjectFiles {
  private readonly dir: string

  /** @param dir absolute */
  constructor(dir: string) {
    this.dir = realOrResolved(dir)
  }

  /**
   * @param name relative to the project, POSIX
   * @returns null when it is not a file, cannot be read, or lies outside of the project
   */
  read(name: string, limitBytes: number): Uint8Array | null {
    try {
      const file = this.inside(name)
      if (!file) return null
      const { size } = statSync(file)
      const bytes = new Uint8Array(Math.min(size, limitBytes))
      const fd = openSync(file, 'r')
      try {
        return bytes.subarray(0, readSync(fd, bytes))
      } finally {
        closeSync(fd)
      }
    } catch {
      return null
    }
  }

  /** Names in a folder; empty when it does not exist. */
  list(name: string): string[] {
    try {
      return readdirSync(path.join(this.dir, name)).sort()
    } catch {
      return []
    }
  }

  private inside(name: string): string | null {
    const file = realpathSync.native(path.resolve(this.dir, name))
    // guard: content: sources outside of the project are not read
    return isWithin(file, this.dir) && statSync(file).isFile() ? file : null
  }
}
