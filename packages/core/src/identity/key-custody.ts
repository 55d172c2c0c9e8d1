import { existsSync } from 'node:fs'
import { bind, boundFolders, isBound } from './binding.js'
import { dataDir, sitePaths } from '../machine/data-dir.js'
import { replaceFile } from '../disk/durable-file.js'
import { SitedriveError } from '../error.js'
import { NOTHING_SIGNED, readValidHead, writeHead } from '../machine/signed-head.js'
import {
  PROJECT_FILE,
  readProject,
  replaceProject,
  writeProject,
  type Project
} from '../project/project-file.js'
import { webAddressOf } from '../project/web-addresses.js'
import { hasSecret, ownKeys, parseSecret, readSecret, secretText, storeSecret } from './secret.js'
import { formerSiteOf, refuseLostFile } from './former-site.js'
import { keepKey, mintKey } from './site-identity.js'
import { isCi } from './permission.js'
import { parseSeeds, refuseOwnAsSeed, refuseSiteAsSeed } from './pinned-seeds.js'
import { acquireWriterLock, type LockHolder } from '../machine/writer-process-lock.js'

/** The project folder and the machine of a key operation. */
export interface KeyPlace {
  /** The folder of `sitedrive.json`, absolute. */
  projectDir: string
  /** Environment variables. @default process.env */
  env?: NodeJS.ProcessEnv
  /** Is called at once, and then every 10 s, while another publish holds the lock. */
  onWait?: (holder: LockHolder | null, waitedMs: number) => void
  signal?: AbortSignal | undefined
}

/** The public facts of a key. */
export interface KeyFacts {
  /** The site drive's key, z-base-32. */
  key: string
  /** The publisher's network key, which an operator of a seed trusts, z-base-32. */
  publisherKey: string
  /** The secret has never left this machine, so nobody else can publish. */
  exclusive: boolean
}

/** A secret that leaves this machine. */
export interface ExportedSecret extends KeyFacts {
  /** 64 hex digits: the value for `SITEDRIVE_SECRET`. */
  secret: string
  /** The same as 24 words. */
  words: string[]
}

/** The result of `restoreSecret`. */
export interface RestoredKey {
  key: string
  /** This machine had the secret already. */
  wasHere: boolean
  /** `bound`: the folder is bound to the key now. `was bound`: it was before. `other key`: it has another site's key. */
  folder: 'bound' | 'was bound' | 'other key'
  /** The folder had no `sitedrive.json` and has one now. */
  wroteProject: boolean
}

/** A key whose secret is on this machine. */
export interface HeldKey {
  key: string
  /** Folders that publish to it. */
  folders: string[]
  /** The last release that was completed here, 0 before the first; null when that is not known. */
  release: number | null
}

export interface InitOptions {
  name?: string | undefined
  /** Seeds to add to those of the folder, in any format that `parseKey` accepts. */
  seeds?: readonly string[]
  mirror?: string | undefined
  /** Replaces the folder's key with a new one. @default false */
  replaceKey?: boolean
  /** Asks a person before a key is replaced; null: there is nobody to ask. */
  confirm?: ((question: string) => Promise<boolean>) | null
}

export interface InitializedProject {
  project: Project
  /**
   * `minted`: the key is new. `bound`: the folder had a key of this machine, and may publish now. `recalled`: the folder had lost
   * its `sitedrive.json`, and got one with the key that it published to.
   */
  did: 'minted' | 'bound' | 'recalled' | 'edited' | 'nothing'
  /** The publisher's network key, which an operator of a seed trusts, z-base-32. */
  publisherKey: string
  /** The newest release that was completed on this machine; 0: none, as far as this machine knows. */
  release: number
  /** Where web browsers find the site; null: not known. */
  webAddress: string | null
}

/** How long to wait for a running publish. Milliseconds. */
const LOCK_TIMEOUT_MS = 600_000

/**
 * The public side of the folder's key.
 *
 * @throws {SitedriveError} NO_PROJECT, NO_SECRET
 */
export async function showKey(place: KeyPlace): Promise<KeyFacts> {
  const { keys, exclusive } = await readHeldKey(place)
  return { key: keys.key, publisherKey: keys.publisherKey, exclusive }
}

/**
 * Returns the folder's secret. From then on another machine may sign too, so the head file is marked as not exclusive before
 * this returns.
 *
 * @throws {SitedriveError} NO_PROJECT, NO_SECRET, LOCK_TIMEOUT, ABORTED
 */
export async function exportSecret(place: KeyPlace): Promise<ExportedSecret> {
  const { secret, keys, home } = await readHeldKey(place)
  await markShared(home, keys.key, place)
  const { secretToWords } = await import('../holepunch/backup-words.js')
  return {
    key: keys.key,
    publisherKey: keys.publisherKey,
    exclusive: false,
    secret: secretText(secret),
    words: secretToWords(secret).split(' ')
  }
}

/**
 * Stores a secret from a backup, and binds the folder to its key unless the folder has another key.
 *
 * No head file is created: it is not known what other machines signed with this key, and the missing file means that.
 *
 * @param text 24 words or 64 hex digits
 * @throws {SitedriveError} BAD_SECRET (the message names a wrong word), CONFIG_INVALID, DISK_FULL
 */
export async function restoreSecret(place: KeyPlace, text: string): Promise<RestoredKey> {
  const secret = await parseSecret(text)
  const { deriveKeys } = await import('../holepunch/key-pairs.js')
  const { key } = deriveKeys(secret)
  const { projectDir } = place
  const project = await loadProject(projectDir) // first, because a damaged file must stop this before anything is written
  const home = dataDir(place.env)
  const paths = sitePaths(home, key)

  // A head file may exist from before the secret was lost. A restored secret is known outside this machine.
  await markShared(home, key, place)
  const wasHere = hasValidSecret(home, key)
  if (!wasHere && hasSecret(home, key))
    replaceFile(paths.secret, `${secretText(secret)}\n`) // it was damaged
  else storeSecret(home, key, secret)

  if (project && project.key !== key) return { key, wasHere, folder: 'other key', wroteProject: false }
  const wasBound = isBound(paths.folders, projectDir)
  if (!wasBound) bind(paths.folders, projectDir)
  if (!project) replaceProject(projectDir, { key, seeds: [] })
  return { key, wasHere, folder: wasBound ? 'was bound' : 'bound', wroteProject: !project }
}

/** Lists all keys whose secret is on this machine. */
export function listKeys(env: NodeJS.ProcessEnv = process.env): HeldKey[] {
  const home = dataDir(env)
  return ownKeys(home).map((key) => {
    const paths = sitePaths(home, key)
    return { key, folders: boundFolders(paths.folders), release: readValidHead(paths.head)?.release ?? null }
  })
}

/**
 * Prepares a folder for publishing. Creates a key, or binds the folder when it has a key of this machine, and writes name,
 * seeds and mirror to its `sitedrive.json`.
 *
 * @throws {SitedriveError} NO_SECRET when this machine does not have the secret of the folder's key, CONFIG_EXISTS when its
 *   key would be replaced and nobody agreed, NO_PROJECT in CI, BAD_KEY, DAT_LINK, BAD_OPTION, CONFIG_INVALID
 */
export async function initProject(place: KeyPlace, options: InitOptions = {}): Promise<InitializedProject> {
  const done = await initNow(place, options)
  const { key } = done.project
  const home = dataDir(place.env)
  const paths = sitePaths(home, key)
  const secret = readSecret(home, key)
  if (!secret) throw noSecret(key)
  const { deriveKeys } = await import('../holepunch/key-pairs.js')
  return {
    ...done,
    publisherKey: deriveKeys(secret).publisherKey,
    release: readValidHead(paths.head)?.release ?? 0,
    webAddress: webAddressOf(done.project, paths)
  }
}

async function initNow(
  place: KeyPlace,
  options: InitOptions
): Promise<Pick<InitializedProject, 'project' | 'did'>> {
  const { projectDir, env = process.env } = place
  const home = dataDir(env)
  const project = await loadProject(projectDir)
  const wanted = await wantedFields(options)
  await refuseOwnAsSeed(home, wanted.seeds)
  const former = project || options.replaceKey ? null : formerSiteOf(home, projectDir)
  if (former !== null) {
    const recalled = { key: former, ...wanted }
    writeProject(projectDir, recalled)
    return { project: recalled, did: 'recalled' }
  }
  if (!project || options.replaceKey) {
    refuseKeyInCi(env)
    if (project) await confirmReplace(project.key, projectDir, options)
    return { project: await mintInto(projectDir, home, project !== null, wanted), did: 'minted' }
  }
  const { key } = project
  if (!readSecret(home, key)) throw noSecret(key)
  refuseSiteAsSeed(key, wanted.seeds)
  const { folders } = sitePaths(home, key)
  const isNewFolder = !isBound(folders, projectDir)
  if (isNewFolder) bind(folders, projectDir)
  const edited = { ...project, ...wanted, key, seeds: [...new Set([...project.seeds, ...wanted.seeds])] }
  const isEdited =
    edited.name !== project.name ||
    edited.mirror !== project.mirror ||
    edited.seeds.length !== project.seeds.length
  if (isEdited) writeProject(projectDir, edited)
  return { project: edited, did: isNewFolder ? 'bound' : isEdited ? 'edited' : 'nothing' }
}

async function mintInto(
  projectDir: string,
  home: string,
  isReplaced: boolean,
  wanted: Omit<Project, 'key'>
): Promise<Project> {
  const minted = await mintKey()
  const { key, secret } = minted
  if (!isReplaced) {
    if (keepKey(home, projectDir, minted, wanted)) return { key, ...wanted }
    throw new SitedriveError(
      'CONFIG_EXISTS',
      `\`${projectDir}\` got a ${PROJECT_FILE} while this ran: another build made a key for it. Run \`npx sitedrive init\` again.`
    )
  }
  storeSecret(home, key, secret)
  const paths = sitePaths(home, key)
  writeHead(paths.head, NOTHING_SIGNED)
  bind(paths.folders, projectDir)
  replaceProject(projectDir, { key, ...wanted })
  return { key, ...wanted }
}

async function confirmReplace(key: string, projectDir: string, { confirm }: InitOptions): Promise<void> {
  const question = `This folder carries the key of a site:\n  ${key}\nReplace it? What was published stays as it is, and this folder no longer updates it.`
  if (await confirm?.(question)) return
  throw new SitedriveError(
    'CONFIG_EXISTS',
    `\`${projectDir}\` carries the key \`${key}\` already; it was left as it is. ` +
      (confirm
        ? 'To replace it, answer yes.'
        : 'To replace it by a new one: `npx sitedrive init --new --yes`.')
  )
}

async function wantedFields({ name, seeds = [], mirror }: InitOptions): Promise<Omit<Project, 'key'>> {
  if (name?.trim() === '') throw new SitedriveError('BAD_OPTION', 'The name of a site is not empty.')
  return {
    ...(name !== undefined && { name: name.trim() }),
    seeds: await parseSeeds(seeds),
    ...(mirror !== undefined && { mirror: webAddress(mirror) })
  }
}

function webAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new SitedriveError(
    'BAD_OPTION',
    `\`${text}\` is not the address of a mirror: expected http or https, such as https://example.org/.`
  )
}

async function loadProject(projectDir: string): Promise<Project | null> {
  const { parseKey } = await import('../holepunch/site-key.js')
  return readProject(projectDir, parseKey)
}

/**
 * The secret of a folder's key, from the environment or the data directory, with what is derived from it.
 *
 * @throws {SitedriveError} NO_PROJECT, NO_SECRET, BAD_SECRET
 */
export async function readHeldKey({ projectDir, env = process.env }: KeyPlace) {
  const project = await loadProject(projectDir)
  if (!project) {
    refuseLostFile(dataDir(env), projectDir)
    throw new SitedriveError(
      'NO_PROJECT',
      `\`${projectDir}\` has no ${PROJECT_FILE}, so it has no key. Make one with \`npx sitedrive init\`; \`npx sitedrive key list\` names the keys of this machine.`
    )
  }
  const { deriveKeys } = await import('../holepunch/key-pairs.js')
  const home = dataDir(env)
  const given = env['SITEDRIVE_SECRET'] ? await parseSecret(env['SITEDRIVE_SECRET']) : null
  const isGiven = given !== null && deriveKeys(given).key === project.key
  const secret = isGiven ? given : readSecret(home, project.key)
  if (!secret) throw noSecret(project.key)
  const head = readValidHead(sitePaths(home, project.key).head)
  return { secret, home, keys: deriveKeys(secret), exclusive: !isGiven && (head?.exclusive ?? false) }
}

// Under the writer's lock: a publish keeps the head in memory and would write `exclusive` back.
async function markShared(home: string, key: string, { onWait, signal }: KeyPlace): Promise<void> {
  const paths = sitePaths(home, key)
  if (!existsSync(paths.head)) return // without a head file the key counts as shared
  const lock = await acquireWriterLock(paths.lock, {
    timeoutMs: LOCK_TIMEOUT_MS,
    onWait: onWait ?? (() => {}),
    ...(signal && { signal })
  })
  try {
    const head = readValidHead(paths.head)
    if (head?.exclusive) writeHead(paths.head, { ...head, exclusive: false })
  } finally {
    lock.release()
  }
}

function hasValidSecret(home: string, key: string): boolean {
  try {
    return readSecret(home, key) !== null
  } catch (error) {
    if (error instanceof SitedriveError) return false
    throw error
  }
}

function noSecret(key: string): SitedriveError {
  return new SitedriveError(
    'NO_SECRET',
    `This machine does not hold the secret of \`${key}\`, the key in the folder's ${PROJECT_FILE}. ` +
      'If the site is yours: `npx sitedrive key restore`. To make your own from this folder: `npx sitedrive init --new`.'
  )
}

/** @throws {SitedriveError} NO_PROJECT in CI, where no key is made */
export function refuseKeyInCi(env: NodeJS.ProcessEnv): void {
  if (!isCi(env)) return
  throw new SitedriveError(
    'NO_PROJECT',
    'CI never makes a key: it would be lost with the machine. Run `npx sitedrive init` on your own, commit `sitedrive.json`, and set SITEDRIVE_SECRET here.'
  )
}
