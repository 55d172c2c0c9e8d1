import {
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  type Dirent,
  type Stats
} from 'node:fs'
import { isInside } from '../machine/data-dir.js'
import { codeOf, messageOf, SitedriveError } from '../error.js'
import { PROJECT_FILE } from '../project/project-file.js'
import { isReserved } from '../holepunch/reserved-paths.js'
import { IgnorePatterns } from './ignore-patterns.js'
import { faultlessText } from '../written-text.js'

/** What the file system knows of a file. At least one of these changes whenever the bytes change. */
export interface FileStamp {
  /** Bytes. */
  size: number
  /** Milliseconds since 1970, with fractions. */
  mtimeMs: number
  /** Set by the kernel at every write, so unlike mtime it cannot be carried over from another file. */
  ctimeMs: number
  ino: number
}

export interface WalkedFile extends FileStamp {
  /** Path in the drive. */
  path: string
}

/** Why a file in the dir is not published. */
export type LeftOutReason =
  | 'dot file'
  | 'node_modules'
  | 'ignored'
  | 'link out of the dir'
  | 'broken link'
  | 'reserved'
  | 'not a file'
  | 'project file'
  | 'of no release and not of this build'

export interface LeftOut {
  path: string
  why: LeftOutReason
}

export interface Walk {
  /** The dir, absolute, symbolic links resolved. */
  dir: string
  files: WalkedFile[]
  leftOut: LeftOut[]
}

/** Folders of version control. */
const HISTORIES = new Set(['.git', '.hg', '.svn'])

/**
 * Lists what a publish of a dir would contain, without opening a file.
 *
 * Synchronous calls on purpose: for many small files they take a third of the time of promised ones.
 *
 * @param dir an existing folder
 * @param ignoreFile patterns in gitignore's syntax, relative to the dir
 * @throws {SitedriveError} DIR_MISSING, DIR_INVALID, FILE_UNREADABLE, BAD_NAME, PATH_TWINS, SYMLINK_LOOP, or CONFIG_INVALID
 * when the ignore file is misread
 */
export function walk(dir: string, ignoreFile?: string): Walk {
  const root = realDir(dir)
  const ignored = ignoreFile === undefined ? null : readPatterns(ignoreFile)
  const result: Walk = { dir: root, files: [], leftOut: [] }
  const leaveOut = (path: string, why: LeftOutReason) => void result.leftOut.push({ path, why })

  /** @param around the folder is kept out, and only what a pattern lets in is published */
  const visit = (
    folder: string,
    prefix: string,
    parents: readonly string[],
    around: KeptOut | null
  ): void => {
    for (const item of list(folder)) {
      const file = `${folder}/${item.name}`
      const drivePath = `${prefix}/${item.name}`
      assertName(item.name, file)
      const why = never(item.name, drivePath)
      if (why) {
        leaveOut(drivePath, why)
        continue
      }
      const keptOut = keptOutFor(item.name, drivePath) ?? around
      if (keptOut && !isLetIn(ignored, drivePath, item, keptOut)) {
        if (!around) leaveOut(drivePath, keptOut.why)
        if (item.isDirectory() && ignored?.mayLetInBelow(drivePath.slice(1), keptOut.name)) {
          visit(file, drivePath, [...parents, file], keptOut)
        }
        continue
      }
      const target = item.isSymbolicLink() ? follow(file, root, parents) : { real: file, stats: null }
      if (typeof target === 'string') {
        leaveOut(drivePath, target)
        continue
      }
      const isFolder = target.stats ? target.stats.isDirectory() : item.isDirectory()
      if (ignored?.ignores(drivePath.slice(1) + (isFolder ? '/' : ''))) leaveOut(drivePath, 'ignored')
      else if (isFolder) visit(file, drivePath, [...parents, target.real], null)
      else if (target.stats ? target.stats.isFile() : item.isFile()) {
        const stats = target.stats ?? stat(file, lstatSync)
        result.files.push({
          path: drivePath,
          size: stats.size,
          mtimeMs: stats.mtimeMs,
          ctimeMs: stats.ctimeMs,
          ino: stats.ino
        })
      } else leaveOut(drivePath, 'not a file')
    }
  }
  visit(root, '', [root], null)
  refuseTwins(result.files)
  return result
}

/**
 * Walks only the named files of a dir, by the rules of `walk`. The result lacks files that do not exist or are not
 * published.
 *
 * @param paths in the drive
 * @returns null when only a whole walk can decide, for example where a parent folder is a symbolic link
 * @throws {SitedriveError} as `walk`
 */
export function walkSome(dir: string, paths: Iterable<string>, ignoreFile?: string): Walk | null {
  const root = realDir(dir)
  const ignored = ignoreFile === undefined ? null : readPatterns(ignoreFile)
  const result: Walk = { dir: root, files: [], leftOut: [] }
  for (const path of paths) {
    const names = path.split('/').slice(1)
    // Only a whole walk can judge `.`, `..`, and names that differ from others only in how accents are encoded.
    if (names.some((name) => name === '' || name === '.' || name === '..' || !isPlain(name))) return null
    const prefixes = names.map((_name, depth) => `/${names.slice(0, depth + 1).join('/')}`)
    if (prefixes.some((prefix, depth) => never(names[depth] ?? '', prefix))) continue
    const keptOut = prefixes.flatMap((prefix, depth) => keptOutFor(names[depth] ?? '', prefix) ?? [])
    if (keptOut.some(({ name }) => !ignored?.letsIn(path.slice(1), name))) continue
    for (const [depth, name] of names.entries()) assertName(name, root + (prefixes[depth] ?? ''))
    if (ignored?.ignores(path.slice(1))) continue
    const stats = statIfThere(root + path)
    if (!stats) continue
    if (realpathSync(root + path) !== root + path) return null
    if (stats.isDirectory()) return null
    if (!stats.isFile()) continue
    const { size, mtimeMs, ctimeMs, ino } = stats
    result.files.push({ path, size, mtimeMs, ctimeMs, ino })
  }
  return result
}

function statIfThere(file: string): Stats | null {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) ?? null
  } catch (cause) {
    if (codeOf(cause) === 'ENOTDIR') return null
    throw unreadable(file, cause)
  }
}

function isPlain(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- plain ASCII has no other form
  return /^[\x00-\x7f]*$/.test(name)
}

function realDir(dir: string): string {
  try {
    const real = realpathSync(dir)
    if (statSync(real).isDirectory()) return real
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw unreadable(dir, cause)
    throw new SitedriveError(
      'DIR_MISSING',
      `There is no folder \`${dir}\`. Build the site first, or name the folder that the build writes.`,
      {
        cause
      }
    )
  }
  throw new SitedriveError(
    'DIR_INVALID',
    `\`${dir}\` is a file, not a folder. Name the folder that the build writes.`
  )
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (cause) {
    throw unreadable(folder, cause)
  }
}

function stat(file: string, read: (file: string) => Stats): Stats {
  try {
    return read(file)
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

/** A name for which a file or a folder is kept out, unless a pattern lets it in. */
interface KeptOut {
  name: string
  why: LeftOutReason
}

function keptOutFor(name: string, drivePath: string): KeptOut | null {
  // guard: dot files stay out
  if (name.startsWith('.') && drivePath !== '/.well-known') return { name, why: 'dot file' }
  return name === 'node_modules' ? { name, why: 'node_modules' } : null
}

function isLetIn(
  patterns: IgnorePatterns | null,
  drivePath: string,
  item: Dirent,
  { name }: KeptOut
): boolean {
  const path = drivePath.slice(1)
  // A link may lead to a folder.
  return (
    patterns !== null &&
    (patterns.letsIn(path, name) || (!item.isFile() && patterns.letsIn(`${path}/`, name)))
  )
}

/** Why something is not published whatever a pattern says. */
function never(name: string, drivePath: string): LeftOutReason | null {
  // guard: a whole history, which holds what was taken out, goes out by no wildcard
  if (HISTORIES.has(name)) return 'dot file'
  if (drivePath === `/${PROJECT_FILE}`) return 'project file'
  // guard: reserved paths stay out
  if (isReserved(drivePath)) return 'reserved'
  return null
}

function follow(
  link: string,
  root: string,
  parents: readonly string[]
): { real: string; stats: Stats } | 'link out of the dir' | 'broken link' {
  let real: string
  try {
    real = realpathSync(link)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return 'broken link'
    if (codeOf(cause) === 'ELOOP') throw loop(link, cause)
    throw unreadable(link, cause)
  }
  // guard: links that leave the dir stay out
  if (!isInside(real, root)) return 'link out of the dir'
  if (parents.includes(real)) throw loop(link)
  return { real, stats: stat(real, statSync) }
}

/** @param file where it lies, for the message @throws {SitedriveError} BAD_NAME when a drive cannot have the name of a file or folder */
export function assertName(name: string, file: string): void {
  if (name.includes('\\')) {
    throw new SitedriveError(
      'BAD_NAME',
      `\`${file}\` has a backslash in its name. A drive would turn it into a slash, and so into another path. Rename the file.`
    )
  }
  if (name.includes('\uFFFD')) {
    throw new SitedriveError(
      'BAD_NAME',
      `\`${file}\` has a name that is not valid UTF-8, so no link can name it. Rename the file.`
    )
  }
}

/**
 * Refuses two names that look the same and differ only in how accents are encoded: a browser's request reaches one of them.
 *
 * @throws {SitedriveError} PATH_TWINS
 */
export function refuseTwins(files: readonly WalkedFile[]): void {
  const seen = new Map<string, string>()
  for (const { path } of files) {
    if (isPlain(path)) continue
    const composed = path.normalize('NFC')
    const twin = seen.get(composed)
    if (twin !== undefined) {
      throw new SitedriveError(
        'PATH_TWINS',
        `\`${path}\` exists twice: once with composed and once with decomposed accents (Unicode NFC and NFD). Remove one of the two.`
      )
    }
    seen.set(composed, path)
  }
}

/**
 * @returns null when there is no such file
 * @throws {SitedriveError} CONFIG_INVALID or FILE_UNREADABLE
 */
export function readPatterns(file: string): IgnorePatterns | null {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw unreadable(file, error)
  }
  // guard: a pattern that is misread would publish what it names
  return new IgnorePatterns(faultlessText(file, bytes))
}

function loop(link: string, cause?: unknown): SitedriveError {
  return new SitedriveError(
    'SYMLINK_LOOP',
    `\`${link}\` is a symbolic link that leads back into itself. Remove it, or name it in .sitedriveignore.`,
    {
      cause
    }
  )
}

/** The error for a file that is there and cannot be read. */
export function unreadable(file: string, cause: unknown): SitedriveError {
  if (codeOf(cause) === 'ENOENT') {
    return new SitedriveError(
      'FILE_CHANGED',
      `\`${file}\` disappeared while the site was read. Is a build still running? Publish when it is done.`,
      {
        cause
      }
    )
  }
  return new SitedriveError(
    'FILE_UNREADABLE',
    `\`${file}\` cannot be read: ${messageOf(cause)}. Mend its permissions, or name it in .sitedriveignore.`,
    {
      cause
    }
  )
}
