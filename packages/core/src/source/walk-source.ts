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
import { runGit } from './run-git.js'

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
      throw noSource(projectDir, error)
    })
  const [listed, status, commit] = await Promise.all([
    git('ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'),
    git('status', '--porcelain', '--ignore-submodules', '--', '.'),
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
    commit: commit.trim() || null,
    isChanged: status !== ''
  }
  const folders = new Map<string, boolean>()
  const isBehindLink = (file: string): boolean => {
    const folder = path.dirname(file)
    const known = folders.get(folder)
    if (known !== undefined) return known
    const is = realpathSync(folder) !== folder
    folders.set(folder, is)
    return is
  }
  for (const name of listed.split('\0')) {
    // A folder that is published as it is, without a generator, is its own source.
    if (name === '' || (output !== root && isWithin(path.join(root, name), output))) continue
    const drivePath = `/${name}`
    const stats = statIfThere(root + drivePath)
    if (!stats) continue
    // guard: source: passwords of the project’s `.env` files stay out, also when git has them
    if (isEnvFile(name) || ignored?.ignores(name)) walk.leftOut.push({ path: drivePath, why: 'ignored' })
    // guard: source: a link may lead to what git does not have
    else if (!stats.isFile() || isBehindLink(root + drivePath))
      walk.leftOut.push({ path: drivePath, why: 'not a file' })
    else {
      for (const part of name.split('/')) assertName(part, root + drivePath)
      walk.files.push(fileOf(drivePath, stats))
    }
  }
  walk.files.sort((a, b) => (a.path < b.path ? -1 : 1))
  refuseTwins(walk.files)
  return walk
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

function statIfThere(file: string): Stats | null {
  try {
    return lstatSync(file)
  } catch (cause) {
    // Deleted, and git still has it.
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause))) return null
    throw unreadable(file, cause)
  }
}

function noSource(dir: string, cause: unknown): SitedriveError {
  return new SitedriveError(
    'NO_SOURCE',
    `\`"source": true\` publishes what git has of \`${dir}\`, and git cannot say what that is: ${messageOf(cause)}. ` +
      'Nothing was published. `git init` there, or take `source` out of sitedrive.json.',
    { cause }
  )
}
