import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  statfsSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { open } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import { whyNoFile } from './file-name.js'

/** Lies in a target that is not whole: what it is a copy of. */
export const PARTIAL_FILE = '.sitedrive-partial.json'

/** What a target is a copy of. Two copies of the same are equal. */
export interface Original {
  /** The site's key, z-base-32. */
  key: string
  version: number
  fork: number
}

/** Files up to this size are written in one step. Bytes. */
const SMALL_BYTES = 1024 * 1024

/** A new file, and no link that somebody has put into its place. */
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL

/** A folder that becomes a copy of a site. It is new or empty, or a copy of the same that was broken off. */
export class TargetFolder {
  readonly dir: string
  /** The copy goes on that was broken off before. */
  readonly isResumed: boolean
  /** The folder was not there before. */
  private readonly isNew: boolean
  private readonly platform: NodeJS.Platform
  private readonly folders = new Set<string>()
  /** Inodes of the files of this run, when it is resumed: a file of an earlier run is told from one whose name this disk takes for the same. */
  private readonly written = new Set<bigint>()

  private constructor(
    dir: string,
    { isResumed, isNew }: { isResumed: boolean; isNew: boolean },
    platform: NodeJS.Platform
  ) {
    this.dir = dir
    this.isResumed = isResumed
    this.isNew = isNew
    this.platform = platform
    this.folders.add(dir)
    // guard: copy: no file of a site takes the place of what says that the copy is a part
    this.written.add(inodeOf(path.join(dir, PARTIAL_FILE)))
  }

  /**
   * Takes a folder into use, and marks it as not whole.
   *
   * @throws {SitedriveError} DIR_INVALID when it is a file, has files of something else, or cannot be written
   */
  static open(dir: string, original: Original, platform = process.platform): TargetFolder {
    const isResumed = isPartOf(dir, original)
    const found = statSync(dir, { throwIfNoEntry: false })
    if (found && !found.isDirectory()) throw invalid(dir, 'it is a file')
    // guard: copy: a folder with files of somebody else is left alone
    if (found && !isResumed && readdirSync(dir).length > 0)
      throw invalid(dir, existsSync(path.join(dir, PARTIAL_FILE)) ? OTHER_COPY : 'it is not empty')
    try {
      mkdirSync(dir, { recursive: true })
      rmSync(path.join(dir, PARTIAL_FILE), { force: true }) // it may be a link
      writeFileSync(path.join(dir, PARTIAL_FILE), `${JSON.stringify(original, null, 2)}\n`, { flag: 'wx' })
    } catch (cause) {
      throw invalid(dir, `it cannot be written: ${(cause as Error).message}`, cause)
    }
    return new TargetFolder(dir, { isResumed, isNew: !found }, platform)
  }

  /** The free space of its disk. Bytes. */
  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.dir)
    return bavail * bsize
  }

  /** Why a path of a drive cannot be a file here; null: it can. */
  whyNot(path: string): string | null {
    return whyNoFile(path, this.platform)
  }

  /**
   * Writes a file.
   *
   * @param path a path for which `whyNot` gives null
   * @param bytes its content, in pieces
   * @param hash sha256 that it must have, base64url; null: not known
   * @returns why it was not written; null: it was
   * @throws {SitedriveError} DISK_FULL; and the errors of `bytes`
   */
  async write(
    path: string,
    {
      byteLength,
      hash,
      bytes
    }: { byteLength: number; hash: string | null; bytes: () => AsyncIterable<Buffer> }
  ): Promise<string | null> {
    const file = this.fileOf(path)
    try {
      if (!this.makeFolder(parentOf(file))) return TAKEN
      const written =
        byteLength <= SMALL_BYTES
          ? await this.writeSmall(file, bytes(), hash)
          : await this.writeLarge(file, bytes(), hash)
      if (written === 'there') return await this.takeEarlier(path, { byteLength, hash, bytes })
      if (written === 'wrong') return WRONG
      if (this.isResumed) this.written.add(inodeOf(file))
      return null
    } catch (error) {
      throw diskError(error, file)
    }
  }

  /** The copy is whole. */
  finish(): void {
    rmSync(path.join(this.dir, PARTIAL_FILE), { force: true })
  }

  /** Leaves things as they were before when nothing was written into the folder. */
  discardIfEmpty(): void {
    const names = readdirSync(this.dir)
    if (names.some((name) => name !== PARTIAL_FILE)) return
    this.finish()
    // guard: copy: a folder of somebody else stays, though it is empty
    if (this.isNew) rmdirSync(this.dir)
  }

  private fileOf(drivePath: string): string {
    return path.join(this.dir, ...drivePath.split('/'))
  }

  /** @returns false when a file is in its place */
  private makeFolder(dir: string): boolean {
    if (this.folders.has(dir)) return true
    if (!this.makeFolder(parentOf(dir))) return false
    try {
      mkdirSync(dir)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      // guard: copy: no link leads out of the target
      if (!lstatSync(dir).isDirectory()) return false
    }
    this.folders.add(dir)
    return true
  }

  private async writeSmall(
    file: string,
    bytes: AsyncIterable<Buffer>,
    hash: string | null
  ): Promise<'written' | 'there' | 'wrong'> {
    const pieces: Buffer[] = []
    for await (const piece of bytes) pieces.push(piece)
    const content = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    // guard: copy: other bytes than those that were signed are not written
    if (hash !== null && sha256([content]) !== hash) return 'wrong'
    const fd = openNew(file)
    if (fd === null) return 'there'
    try {
      // Not `writeSync`: on a disk that is nearly full it writes a part, and is content.
      writeFileSync(fd, content)
    } catch (error) {
      rmSync(file, { force: true })
      throw error
    } finally {
      closeSync(fd)
    }
    return 'written'
  }

  private async writeLarge(
    file: string,
    bytes: AsyncIterable<Buffer>,
    hash: string | null
  ): Promise<'written' | 'there' | 'wrong'> {
    const fd = openNew(file)
    if (fd === null) return 'there'
    closeSync(fd)
    const digest = createHash('sha256')
    const handle = await open(file, 'r+')
    let isRight = false
    try {
      for await (const piece of bytes) {
        digest.update(piece)
        await handle.writeFile(piece) // not `write`, for the same reason
      }
      isRight = hash === null || digest.digest('base64url') === hash
    } finally {
      await handle.close()
      // guard: copy: other bytes than those that were signed do not stay
      if (!isRight) rmSync(file, { force: true })
    }
    return isRight ? 'written' : 'wrong'
  }

  /** A file is in the place of this one: that of an earlier run, or one whose name this disk takes for the same. */
  private async takeEarlier(
    drivePath: string,
    content: Parameters<TargetFolder['write']>[1]
  ): Promise<string | null> {
    const file = this.fileOf(drivePath)
    // guard: copy: names that this disk takes for the same do not replace each other
    if (!this.isResumed || !lstatSync(file).isFile() || this.written.has(inodeOf(file))) return TAKEN
    const found = await hashOfFile(file)
    const wanted = content.hash ?? (await hashOfPieces(content.bytes()))
    if (found === wanted) {
      this.written.add(inodeOf(file))
      return null
    }
    // It was being written when the earlier run ended.
    rmSync(file)
    return this.write(drivePath, content)
  }
}

const TAKEN = 'another file or folder of the site has the same name on this disk'
const WRONG = 'its bytes are not those that its author signed'
const OTHER_COPY = 'it has a part of another site, or of another release. Remove it, or name another folder'

function isPartOf(dir: string, { key, version, fork }: Original): boolean {
  try {
    const found = JSON.parse(readFileSync(path.join(dir, PARTIAL_FILE), 'utf8')) as Partial<Original>
    return found.key === key && found.version === version && found.fork === fork
  } catch {
    return false
  }
}

/** @returns null when something is there */
function openNew(file: string): number | null {
  try {
    return openSync(file, NEW, 0o644)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null
    throw error
  }
}

function inodeOf(file: string): bigint {
  return lstatSync(file, { bigint: true }).ino
}

function parentOf(file: string): string {
  return path.dirname(file)
}

async function hashOfFile(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  try {
    return await hashOfPieces(handle.readableWebStream() as unknown as AsyncIterable<Buffer>)
  } finally {
    await handle.close()
  }
}

async function hashOfPieces(pieces: AsyncIterable<Buffer>): Promise<string> {
  const digest = createHash('sha256')
  for await (const piece of pieces) digest.update(Buffer.from(piece))
  return digest.digest('base64url')
}

function sha256(pieces: Buffer[]): string {
  const digest = createHash('sha256')
  for (const piece of pieces) digest.update(piece)
  return digest.digest('base64url')
}

export function diskError(error: unknown, file: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SitedriveError(
      'DISK_FULL',
      `The disk is full: \`${file}\` could not be written. What is there is a part of the site. Free some space, then run the same command again: it goes on from there.`,
      { cause: error }
    )
  const isOfDisk =
    code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'EIO' || code === 'ENAMETOOLONG'
  if (isOfDisk)
    return new SitedriveError(
      'DIR_INVALID',
      `\`${file}\` could not be written: ${message}. What is there is a part of the site. Mend it, then run the same command again.`,
      { cause: error }
    )
  return error
}

function invalid(dir: string, why: string, cause?: unknown): SitedriveError {
  return new SitedriveError('DIR_INVALID', `The site cannot be copied to \`${dir}\`: ${why}.`, { cause })
}
