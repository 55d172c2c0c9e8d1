import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import { whyNoFile } from '../copy/file-name.js'
import { diskError } from '../copy/target-folder.js'

/** A folder in which somebody works, and into which files of somebody else are merged. Paths begin with `/`. */
export class WorkFolder {
  private readonly dir: string

  /** @param dir absolute */
  constructor(dir: string) {
    this.dir = dir
  }

  /** Why a file of somebody else cannot be written at a path; null: it can. */
  whyNot(file: string): string | null {
    return whyNoFile(file, process.platform) ?? this.whyTaken(file)
  }

  /** The bytes of a file; null: there is none. @throws {SitedriveError} FILE_UNREADABLE */
  read(file: string): Buffer | null {
    try {
      return readFileSync(this.placeOf(file))
    } catch (cause) {
      if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return null
      throw new SitedriveError(
        'FILE_UNREADABLE',
        `\`${this.placeOf(file)}\` cannot be read: ${(cause as Error).message}. Nothing was changed.`,
        { cause }
      )
    }
  }

  /** Writes a file whole or not at all; its mode stays. @throws {SitedriveError} DISK_FULL */
  write(file: string, bytes: Uint8Array): void {
    const place = this.placeOf(file)
    const temporary = `${place}.${process.pid}.tmp`
    try {
      mkdirSync(path.dirname(place), { recursive: true })
      const mode = lstatSync(place, { throwIfNoEntry: false })?.mode
      writeFileSync(temporary, bytes, { flag: 'wx', ...(mode !== undefined && { mode: mode & 0o777 }) })
      renameSync(temporary, place)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw diskError(error, place)
    }
  }

  remove(file: string): void {
    rmSync(this.placeOf(file), { force: true })
  }

  private placeOf(file: string): string {
    return path.join(this.dir, ...file.split('/'))
  }

  private whyTaken(file: string): string | null {
    const names = file.slice(1).split('/')
    for (let depth = 1; depth <= names.length; depth++) {
      const found = lstatSync(path.join(this.dir, ...names.slice(0, depth)), { throwIfNoEntry: false })
      if (!found) return null
      const isFit = depth < names.length ? found.isDirectory() : found.isFile()
      // guard: update: no link leads out of the folder
      if (!isFit) return 'something else is in its place'
    }
    return null
  }
}
