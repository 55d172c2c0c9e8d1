import { dataDir, sitePaths } from '../machine/data-dir.js'
import { SitedriveError } from '../error.js'
import { PROJECT_FILE, readProject, writeProject, type Project } from '../project/project-file.js'
import { toldAddresses } from '../project/web-addresses.js'
import { refuseLostFile } from './former-site.js'
import { ownKeys, readSecret } from './secret.js'

/** A seed in a folder's `sitedrive.json`. */
export interface PinnedSeed {
  /** Its public key, z-base-32. */
  key: string
  /** Where it shows the site on the web, as it said when it was last asked; null: nowhere, or it was never asked. */
  webAddress: string | null
}

/** The seeds of a folder. */
export interface PinnedSeeds {
  /** The site's key, z-base-32. */
  key: string
  /** In the order in which they are pinned. */
  seeds: PinnedSeed[]
  /** How many of them must hold a release; 0 without seeds. */
  confirm: number
}

/** What `addSeeds` and `removeSeeds` did. */
export interface EditedSeeds extends PinnedSeeds {
  /** Keys of the seeds that were added or removed; those that were there, or were named twice, are not among them. */
  changed: string[]
  /** `confirm` asked for more seeds than are left, and is lower now. */
  isConfirmLowered: boolean
}

/** The project folder, and the environment variables of the machine. */
export interface SeedsPlace {
  projectDir: string
  /** @default process.env */
  env?: NodeJS.ProcessEnv
}

/** Lists the seeds of a folder. Uses no network. @throws {SitedriveError} NO_PROJECT, CONFIG_INVALID */
export async function listSeeds(place: SeedsPlace): Promise<PinnedSeeds> {
  return seedsOf(place, await projectOf(place))
}

/**
 * Adds seeds to `sitedrive.json`. The next publish hands the site to them.
 *
 * @param keys in any format that `parseKey` accepts
 * @throws {SitedriveError} NO_PROJECT, CONFIG_INVALID, BAD_KEY, DAT_LINK, BAD_OPTION for a secret or key of one's own
 */
export async function addSeeds(place: SeedsPlace, keys: readonly string[]): Promise<EditedSeeds> {
  const project = await projectOf(place)
  const wanted = await parseSeeds(keys)
  await refuseOwnAsSeed(dataDir(place.env), wanted)
  refuseSiteAsSeed(project.key, wanted)
  const changed = wanted.filter((seed) => !project.seeds.includes(seed))
  return edit(place, project, [...project.seeds, ...changed], changed)
}

/**
 * Removes seeds from `sitedrive.json`. They are not told: what they hold they keep until their operators remove it.
 *
 * @throws {SitedriveError} NO_PROJECT, CONFIG_INVALID, BAD_KEY, DAT_LINK, BAD_OPTION when one is not pinned
 */
export async function removeSeeds(place: SeedsPlace, keys: readonly string[]): Promise<EditedSeeds> {
  const project = await projectOf(place)
  const changed = await parseSeeds(keys)
  const unknown = changed.find((seed) => !project.seeds.includes(seed))
  if (unknown !== undefined) throw notPinned(unknown, project.seeds)
  const left = project.seeds.filter((seed) => !changed.includes(seed))
  return edit(place, project, left, changed)
}

/** Parses the keys of seeds; each is named once. @throws {SitedriveError} BAD_KEY, DAT_LINK */
export async function parseSeeds(keys: readonly string[]): Promise<string[]> {
  const { parseKey } = await import('../holepunch/site-key.js')
  return [...new Set(keys.map((key) => parseKey(key, 'peer')))]
}

/**
 * Refuses what belongs to a site on this machine: its secret, which would be written to `sitedrive.json`, which people commit; its
 * key; and its publisher's. All have the length of a seed's key, and stand beside it in what commands print.
 *
 * @throws {SitedriveError} BAD_OPTION
 */
export async function refuseOwnAsSeed(home: string, seeds: readonly string[]): Promise<void> {
  if (seeds.length === 0) return
  const [{ encodeKey }, { deriveKeys }] = await Promise.all([
    import('../holepunch/site-key.js'),
    import('../holepunch/key-pairs.js')
  ])
  for (const own of ownKeys(home)) {
    const secret = readSecret(home, own)
    if (secret === null) continue
    if (seeds.includes(encodeKey(secret))) throw noSeed('That is the secret of a site of yours')
    refuseSiteAsSeed(own, seeds)
    const { publisherKey } = deriveKeys(secret)
    if (seeds.includes(publisherKey)) throw noSeed(`\`${publisherKey}\` is your own publisher key`)
  }
}

/** @param key of a site @throws {SitedriveError} BAD_OPTION */
export function refuseSiteAsSeed(key: string, seeds: readonly string[]): void {
  if (seeds.includes(key)) throw noSeed(`\`${key}\` is the key of a site of yours`)
}

function noSeed(what: string): SitedriveError {
  return new SitedriveError(
    'BAD_OPTION',
    `${what}, not the key of a seed. Nothing was written. A seed is a peer: its operator tells its key.`
  )
}

function edit(
  place: SeedsPlace,
  { confirm, ...fields }: Project,
  seeds: string[],
  changed: string[]
): EditedSeeds {
  const most = confirm === undefined ? undefined : Math.min(confirm, seeds.length)
  const project: Project = { ...fields, seeds, ...(most !== undefined && most > 0 && { confirm: most }) }
  if (changed.length > 0) writeProject(place.projectDir, project)
  return { ...seedsOf(place, project), changed, isConfirmLowered: most !== confirm }
}

function seedsOf({ env }: SeedsPlace, { key, seeds, confirm = 1 }: Project): PinnedSeeds {
  const told = toldAddresses(sitePaths(dataDir(env), key))
  return {
    key,
    seeds: seeds.map((seed) => ({ key: seed, webAddress: told.get(seed) ?? null })),
    confirm: Math.min(confirm, seeds.length)
  }
}

async function projectOf({ projectDir, env }: SeedsPlace): Promise<Project> {
  const { parseKey } = await import('../holepunch/site-key.js')
  const project = readProject(projectDir, parseKey)
  if (project) return project
  refuseLostFile(dataDir(env), projectDir)
  throw new SitedriveError(
    'NO_PROJECT',
    `\`${projectDir}\` has no ${PROJECT_FILE}, in which seeds are pinned. Make it with \`npx sitedrive init\`, or name the project's folder: \`--project <dir>\`.`
  )
}

function notPinned(seed: string, seeds: readonly string[]): SitedriveError {
  const there =
    seeds.length === 0
      ? 'This site has no seeds.'
      : `Its seeds are ${seeds.map((each) => `\`${each}\``).join(', ')}.`
  return new SitedriveError(
    'BAD_OPTION',
    `\`${seed}\` is no seed of this site, so nothing was removed. ${there}`
  )
}
