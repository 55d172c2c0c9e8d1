import { SitedriveError, type SitedriveErrorCode } from '../error.js'
import { plural } from '../text.js'
import { bind, boundFolders, goneFolder, isBound } from './binding.js'
import { describeLostFile, formerSiteOf } from './former-site.js'
import { isLeftToParent, SECRET_KEPT_VARIABLE } from '../machine/child-environment.js'
import { dataDir, sitePaths } from '../machine/data-dir.js'
import { parseSecret, readSecret } from './secret.js'
import { readProject, type Project } from '../project/project-file.js'

/** Why a build is not published although it has no error. */
export type SkipReason =
  | 'off'
  | 'no key in CI'
  /** The folder published before, and has no `sitedrive.json` any more. */
  | 'project file lost'
  | 'no secret'
  | 'other secret'
  | 'not bound'
  | 'nothing written'
  /** The parent process has the secret, and publishes. */
  | 'left to parent'

/** Whether this process may publish this folder, and with which secret. */
export type Permission =
  | { kind: 'publish'; project: Project; secret: Buffer; isFromEnv: boolean }
  /** The folder has no `sitedrive.json`, so it gets a new key. Not in CI. */
  | { kind: 'mint' }
  | { kind: 'skip'; reason: SkipReason; message: string }

export interface PermissionRequest {
  projectDir: string
  home: string
  env: NodeJS.ProcessEnv
  project: Project | null
  /** false: build only. */
  publish: boolean
  /** Asks a person a question; null: there is nobody to ask. */
  confirm: ((question: string) => Promise<boolean>) | null
}

/**
 * Decides whether a folder may be published. It may when the secret is on this machine and the folder is bound to the key. A
 * clone or a copy of a project has the key but is not bound: then a person is asked, or the publish is skipped.
 *
 * @throws {SitedriveError} BAD_SECRET when `SITEDRIVE_SECRET` or the secret's file is damaged
 */
export async function askPermission(request: PermissionRequest): Promise<Permission> {
  const { projectDir, home, env, project, confirm } = request
  if (!request.publish || isOff(env['SITEDRIVE_PUBLISH'])) {
    return skip('off', 'Publishing is switched off for this build.')
  }
  if (!project) {
    // guard: CI never makes a key
    // guard: secret: a process that was not given it makes no key instead
    if (!isCi(env) && !env['SITEDRIVE_SECRET'] && !env[SECRET_KEPT_VARIABLE]) {
      // Who lost the file gets no other address in silence.
      const former = formerSiteOf(home, projectDir)
      if (former === null) return { kind: 'mint' }
      return skip('project file lost', `Not published: ${describeLostFile(projectDir, former)}`)
    }
    return skip(
      'no key in CI',
      'Not published: there is no `sitedrive.json`, and with CI or SITEDRIVE_SECRET set no key is made. Commit the one of the site.'
    )
  }
  const { key } = project
  const given = env['SITEDRIVE_SECRET']
  if (given) {
    const secret = await parseSecret(given)
    const { deriveKeys } = await import('../holepunch/key-pairs.js')
    if (deriveKeys(secret).key === key) return { kind: 'publish', project, secret, isFromEnv: true }
    return skip(
      'other secret',
      `Not published: SITEDRIVE_SECRET belongs to another site than \`${key}\`, the key of this folder.`
    )
  }
  const secret = readSecret(home, key)
  const { folders } = sitePaths(home, key)
  const isOwn = secret !== null && isBound(folders, projectDir)
  // guard: secret: a process that was not given it leaves publishing to its parent
  if (!isOwn && env[SECRET_KEPT_VARIABLE]) return skipWithoutSecret(env)
  if (!secret) {
    return skip(
      'no secret',
      `Not published: this machine does not hold the secret of \`${key}\`.` + remedyFor(env)
    )
  }
  // guard: a clone is not published by accident
  if (!isOwn) {
    const gone = goneFolder(folders)
    const wasMoved = gone === null ? '' : ` Its folder was \`${gone}\`, which is gone.`
    const agreed = await confirm?.(
      `This folder carries the key of a site that you own:\n  ${key}\n` +
        `${wasMoved ? `${wasMoved.trim()} ` : ''}Publish it from \`${projectDir}\` from now on?`
    )
    if (!agreed) {
      return skip(
        'not bound',
        `Not published: \`${projectDir}\` is not a folder of \`${key}\` on this machine.` +
          (wasMoved
            ? `${wasMoved} If you moved or renamed it, run this once in the new place: \`npx sitedrive init\`.`
            : `${describeBound(folders)} To make it one: \`npx sitedrive init\`.`)
      )
    }
    bind(folders, projectDir)
  }
  return { kind: 'publish', project, secret, isFromEnv: false }
}

/** A sentence on the folders that do publish, with a space before it; empty where there are none. */
function describeBound(foldersFile: string): string {
  const [first, ...others] = boundFolders(foldersFile)
  if (first === undefined) return ''
  const more = others.length > 0 ? ` and ${plural(others.length, 'other folder')}` : ''
  return ` The site is published from \`${first}\`${more}.`
}

/** Like `Permission`, but without the project and its secret. */
export type PermissionFacts =
  { kind: 'publish' } | { kind: 'mint' } | { kind: 'skip'; reason: SkipReason; message: string }

/**
 * Whether a build of this folder would be published. Asks no person.
 *
 * @throws {SitedriveError} CONFIG_INVALID, BAD_SECRET
 */
export async function readPermission(
  projectDir: string,
  env: NodeJS.ProcessEnv = process.env
): Promise<PermissionFacts> {
  const { parseKey } = await import('../holepunch/site-key.js')
  const project = readProject(projectDir, parseKey)
  const permission = await askPermission({
    projectDir,
    home: dataDir(env),
    env,
    project,
    publish: true,
    confirm: null
  })
  return permission.kind === 'publish' ? { kind: 'publish' } : permission
}

const SKIP_CODES: Partial<Record<SkipReason, SitedriveErrorCode>> = {
  'not bound': 'NOT_BOUND',
  'no key in CI': 'NO_PROJECT',
  'project file lost': 'NO_PROJECT'
}

/** The error for a skipped publish, for callers that require a publish. */
export function skipError(reason: SkipReason, message: string): SitedriveError {
  return new SitedriveError(SKIP_CODES[reason] ?? 'NO_SECRET', message)
}

/** Hosted build systems set `CI`. */
export function isCi(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env['CI']) && !isOff(env['CI'])
}

/** The result for a process whose parent keeps the secret. */
function skipWithoutSecret(env: NodeJS.ProcessEnv): Permission {
  return isLeftToParent(env)
    ? skip(
        'left to parent',
        `Publishing is left to \`${env[SECRET_KEPT_VARIABLE]}\`, which started this build and keeps SITEDRIVE_SECRET to itself.`
      )
    : skip(
        'no secret',
        'Not published: SITEDRIVE_SECRET is given to no build that a dev process starts. Publish with `npx sitedrive run -- <build>`, ' +
          'or take the key in once: `npx sitedrive key restore`.'
      )
}

function remedyFor(env: NodeJS.ProcessEnv): string {
  return isCi(env)
    ? ' Set SITEDRIVE_SECRET to publish from here.'
    : ' If the site is yours: `npx sitedrive key restore`. To make your own from this folder: `npx sitedrive init --new`.'
}

function isOff(value: string | undefined): boolean {
  return value !== undefined && ['0', 'false', 'no', 'off'].includes(value.toLowerCase())
}

function skip(reason: SkipReason, message: string): Permission {
  return { kind: 'skip', reason, message }
}
