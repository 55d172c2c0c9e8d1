import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import { codeOf, messageOf } from '@sitedrive/core/start'
import { GENERATORS } from './generators.js'
import { slugOf } from './slug.js'

export interface NewSiteOptions {
  /** What people will call it. */
  name: string
  /** The folder: absolute, `~/…`, or relative to `within`. Empty: named after the site, in `within`. */
  dir: string
  /** The `id` of one of `GENERATORS`. */
  generator: string
  /** Absolute. */
  within: string
}

export interface MadeSite {
  /** Absolute. */
  dir: string
  /** Relative to it. */
  files: string[]
  /** What to type next, one line each. */
  commands: string[]
  /** What these do, and what they need, in words. */
  next: string
}

const MAX_NAME = 80

/**
 * Writes the files of a new website into a folder that is new or empty. Its key is made by its first build.
 *
 * @throws {SitedriveError} BAD_NAME, BAD_OPTION for an unknown generator, DIR_INVALID when the folder has files in it or cannot be written,
 *   DISK_FULL
 */
export function newSite({ name, dir, generator, within }: NewSiteOptions): MadeSite {
  const title = name.trim()
  if (title === '' || title.length > MAX_NAME || /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(title))
    throw new SitedriveError(
      'BAD_NAME',
      `A site's name has 1 to ${MAX_NAME} characters that can be seen, in one line. Choose another one.`
    )
  const made = GENERATORS.find(({ id }) => id === generator)
  if (!made)
    throw new SitedriveError(
      'BAD_OPTION',
      `There is no generator \`${generator}\` here. Choose one of ${GENERATORS.map(({ id }) => `\`${id}\``).join(', ')}.`
    )
  const slug = slugOf(title)
  const target = folderOf(dir.trim() || slug, within)
  refuseTaken(target)
  const files = made.files({ name: title, slug, sitedrive: `^${ownVersion()}` })
  writeAll(target, files)
  return { dir: target, files: Object.keys(files), commands: commandsFor(target), next: made.next }
}

function folderOf(typed: string, within: string): string {
  if (/[\p{Cc}\u2028\u2029]/u.test(typed))
    throw invalid(
      typed.replace(/[\p{Cc}\u2028\u2029]/gu, '\uFFFD'),
      'its name has characters that cannot be seen'
    )
  const [, below] = /^~(?:[/\\](.*))?$/s.exec(typed) ?? []
  if (typed.startsWith('~') && (typed === '~' || below !== undefined))
    return path.join(homedir(), below ?? '')
  return path.resolve(within, typed)
}

function refuseTaken(dir: string): void {
  let found
  try {
    found = lstatSync(dir, { throwIfNoEntry: false })
  } catch (cause) {
    throw invalid(dir, messageOf(cause), cause) // a part of the path is a file
  }
  if (!found) return
  if (!found.isDirectory()) throw invalid(dir, 'it is a file or a link')
  // guard: new site: a folder with files of somebody is left alone
  if (readdirSync(dir).length > 0) throw invalid(dir, 'it is not empty')
}

/** Writes all files or, when one fails, leaves none. */
function writeAll(dir: string, files: Record<string, string>): void {
  const firstMade = makeFolder(dir)
  const written: string[] = []
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(dir, name)
      mkdirSync(path.dirname(file), { recursive: true })
      // Not over a file that somebody else puts there meanwhile.
      writeFileSync(file, text, { flag: 'wx' })
      written.push(file)
    }
  } catch (cause) {
    for (const file of written) rmSync(file, { force: true })
    if (firstMade) removeEmptyFolders(firstMade)
    if (codeOf(cause) === 'ENOSPC')
      throw new SitedriveError(
        'DISK_FULL',
        `The disk that holds \`${dir}\` is full. The website was not made: free some space, then try again.`,
        { cause }
      )
    throw invalid(dir, `it cannot be written: ${messageOf(cause)}`, cause)
  }
}

/** @returns the first folder that was made; null when all were there */
function makeFolder(dir: string): string | null {
  try {
    return mkdirSync(dir, { recursive: true }) ?? null
  } catch (cause) {
    throw invalid(dir, `it cannot be made: ${messageOf(cause)}`, cause)
  }
}

/** Removes a folder that was made here, as far as nobody has put anything into it. */
function removeEmptyFolders(dir: string): void {
  try {
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true }))
      if (!entry.isDirectory()) return
    rmSync(dir, { recursive: true })
  } catch {
    // It stays: an empty folder harms nobody.
  }
}

function commandsFor(dir: string): string[] {
  return [`cd ${quoted(dir)}`, 'npm install', 'npm run dev']
}

/** A path as one word of a shell. */
function quoted(dir: string): string {
  if (/^[\w./:\\~-]+$/.test(dir)) return dir
  return process.platform === 'win32' ? `"${dir}"` : `'${dir.replaceAll("'", "'\\''")}'`
}

function invalid(dir: string, why: string, cause?: unknown): SitedriveError {
  return new SitedriveError(
    'DIR_INVALID',
    `The folder \`${dir}\` cannot become a website: ${why}. Name a folder that is new or empty.`,
    { cause }
  )
}

/** All packages of sitedrive have one version. */
function ownVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
