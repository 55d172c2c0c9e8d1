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
 * @throws {SitedriveError} NO_PROJECT, CONFIG_INVALID, BAD_KEY, DAT_LINK, BAD_OPTION for the site's own key or a secret
 */
export async function addSeeds(place: SeedsPlace, keys: readonly string[]): Promise<EditedSeeds> {
  const project = await projectOf(place)
  const wanted = await parseSeeds(keys)
  await refuseSecretAsSeed(dataDir(place.env), wanted)
  refuseOwnKeyAsSeed(project.key, wanted)
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
 * Refuses the secret of a site on this machine. A secret has the same length as a key, and would be written to
 * `sitedrive.json`, which people commit.
 *
 * @throws {SitedriveError} BAD_OPTION
 */
export async function refuseSecretAsSeed(home: string, seeds: readonly string[]): Promise<void> {
  const { encodeKey } = await import('../holepunch/site-key.js')
  const isSecret = ownKeys(home).some((own) => {
    const secret = readSecret(home, own)
    return secret !== null && seeds.includes(encodeKey(secret))
  })
  if (!isSecret) return
  throw new SitedriveError(
    'BAD_OPTION',
    'That is the secret of a site of yours, not the key of a seed. Nothing was written. A seed is a peer: its operator tells its key.'
  )
}

/** @throws {SitedriveError} BAD_OPTION */
export function refuseOwnKeyAsSeed(key: string, seeds: readonly string[]): void {
  if (!seeds.includes(key)) return
  throw new SitedriveError(
    'BAD_OPTION',
    `\`${key}\` is the site's own key. A seed is a peer: its operator tells its key.`
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
    `\`${projectDir}\` has no ${PROJECT_FILE}, in which seeds are pinned. Make it with \`sitedrive init\`, or name the project's folder: \`--project <dir>\`.`
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
