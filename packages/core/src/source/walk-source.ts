import { lstatSync, realpathSync, type Stats } from 'node:fs'
import path from 'node:path'
import { codeOf, messageOf, SitedriveError, throwIfAborted } from '../error.js'
import {
  assertName,
  readPatterns,
  refuseTwins,
  unreadable,
  type Walk,
  type WalkedFile
} from '../folder/walk.js'
import { isWithin, realOrResolved } from '../machine/data-dir.js'
import { ignoreFileOf } from '../project/project-file.js'
import { filtersOff, runGit } from './run-git.js'

/** The source of a site, as a walk of the project folder: `path` is relative to it, and begins with `/`. */
export interface SourceWalk extends Walk {
  /** The commit that is checked out; null: there is none yet. */
  commit: string | null
  /** Some of the files are not as the commit has them. */
  isChanged: boolean
}

export interface SourceOptions {
  /** Absolute. */
  projectDir: string
  /** The folder that is published, absolute: it is no source. */
  siteDir: string
  env: NodeJS.ProcessEnv
  signal?: AbortSignal | undefined
}

/**
 * Lists the source of a site: what `git add .` would take, without `.env` files, what `.sitedriveignore` names, and symbolic links.
 *
 * @throws {SitedriveError} NO_SOURCE when git cannot say what the source is; BAD_NAME, PATH_TWINS, FILE_UNREADABLE, CONFIG_INVALID, ABORTED
 */
export async function walkSource({ projectDir, siteDir, env, signal }: SourceOptions): Promise<SourceWalk> {
  const git = (...args: string[]) =>
    runGit(projectDir, args, env, signal).catch((error: unknown) => {
      throwIfAborted(signal)
      throw noSource(projectDir, messageOf(error), error)
    })
  const [listed, prefix, status, commit] = await Promise.all([
    git('ls-files', '-z', '-v', '--cached', '--others', '--exclude-standard'),
    git('rev-parse', '--show-prefix'),
    filtersOff(projectDir, env, signal).then((off) => git(...off, ...STATUS)),
    // Fails when there is no commit yet.
    git('rev-parse', '--verify', '--quiet', 'HEAD').catch(() => '')
  ])
  const root = realpathSync(projectDir)
  const output = realOrResolved(siteDir)
  const ignored = readPatterns(ignoreFileOf(projectDir))
  const walk: SourceWalk = {
    dir: root,
    files: [],
    leftOut: [],
    commit: String(commit).trim() || null,
    isChanged: false
  }
  // A folder that is published as it is, without a generator, is its own source.
  const isOutput = (name: string) => output !== root && isWithin(path.join(root, name), output)
  // guard: source: passwords of the project’s `.env` files stay out, also when git has them
  const isKeptOut = (name: string) => isEnvFile(name) || Boolean(ignored?.ignores(name))
  const folders = new Map<string, boolean>()
  const isBehindLink = (file: string): boolean => {
    const folder = path.dirname(file)
    const known = folders.get(folder)
    if (known !== undefined) return known
    const is = realpathSync(folder) !== folder
    folders.set(folder, is)
    return is
  }
  for (const [bytes, tags] of taggedNames(listed)) {
    const raw = Buffer.from(bytes, 'latin1')
    const name = raw.toString()
    if (isOutput(name)) continue
    const drivePath = `/${name}`
    // Git was told not to look at these: its status is silent about them.
    if (/[Sa-z]/.test(tags) && !isKeptOut(name)) walk.isChanged = true
    // guard: source: a file whose name is not UTF-8 is refused, and not taken for one that was deleted
    const stats = statIfThere(Buffer.concat([Buffer.from(`${root}/`), raw]))
    if (!stats) continue
    if (isKeptOut(name)) {
      walk.leftOut.push({ path: drivePath, why: 'ignored' })
      continue
    }
    if (stats.isFile()) for (const part of name.split('/')) assertName(part, root + drivePath)
    // guard: source: a link may lead to what git does not have
    if (!stats.isFile() || isBehindLink(root + drivePath))
      walk.leftOut.push({ path: drivePath, why: 'not a file' })
    else walk.files.push(fileOf(drivePath, stats))
  }
  // guard: source: a project that its repository ignores is not published as nothing
  if (walk.files.length === 0)
    throw noSource(projectDir, 'it has no file there, or a .gitignore or .sitedriveignore names all of them')
  // Two letters and a space; the path begins at the top of the repository.
  const start = 3 + prefix.toString('latin1').replace(/\n$/, '').length
  walk.isChanged ||= entriesOf(status).some((entry) => {
    const name = Buffer.from(entry.slice(start), 'latin1').toString()
    return !isOutput(name) && !isKeptOut(name)
  })
  walk.files.sort((a, b) => (a.path < b.path ? -1 : 1))
  refuseTwins(walk.files)
  return walk
}

/** What is not as the commit has it. Nothing of the user's settings changes what is listed. */
const STATUS = [
  'status',
  '--porcelain',
  '-z',
  '--untracked-files=all',
  '--no-renames',
  '--ignore-submodules',
  '--',
  '.'
]

/** The entries of a list, each byte as one character: names need not be UTF-8. */
function entriesOf(list: Buffer): string[] {
  return list.toString('latin1').split('\0').filter(Boolean)
}

/** The names of a list with the letters that git gives them. A file in a conflict is listed three times. */
function taggedNames(list: Buffer): Map<string, string> {
  const tagged = new Map<string, string>()
  for (const entry of entriesOf(list)) {
    const name = entry.slice(2)
    tagged.set(name, (tagged.get(name) ?? '') + entry.charAt(0))
  }
  return tagged
}

function fileOf(drivePath: string, { size, mtimeMs, ctimeMs, ino }: Stats): WalkedFile {
  return { path: drivePath, size, mtimeMs, ctimeMs, ino }
}

/** `.env`, `.env.local`, `.envrc`, `.dev.vars`, and not `.env.example`. */
function isEnvFile(name: string): boolean {
  return (
    /(?:^|\/)\.(?:env(?:\.[^/]*|rc)?|dev\.vars(?:\.[^/]*)?)$/i.test(name) &&
    !/\.(?:example|sample|template|dist|defaults?)$/i.test(name)
  )
}

function statIfThere(file: Buffer): Stats | null {
  try {
    return lstatSync(file)
  } catch (cause) {
    // Deleted, and git still has it.
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause))) return null
    throw unreadable(String(file), cause)
  }
}

function noSource(dir: string, why: string, cause?: unknown): SitedriveError {
  return new SitedriveError(
    'NO_SOURCE',
    `\`"source": true\` publishes what git has of \`${dir}\`, and git cannot say what that is: ${why}. ` +
      'Nothing was published. `git init` there, or take `source` out of sitedrive.json.',
    { cause }
  )
}
