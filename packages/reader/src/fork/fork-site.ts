import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { initProject, SitedriveError, type Project } from '@sitedrive/core'
import type { Release } from '@sitedrive/core/drive'
import {
  PROJECT_FILE,
  projectFile,
  refuseKeyInCi,
  startRepository,
  writeProject
} from '@sitedrive/core/internal'
import { forkIn } from './fork-in.js'
import { cloneSite, wantedState, type Cloned, type CloneOptions } from '../copy/clone-site.js'
import { PARTIAL_FILE } from '../copy/target-folder.js'
import type { SiteSource } from '../site/site-source.js'
import { releaseOf } from './release-of.js'

export interface ForkOptions extends Omit<CloneOptions, 'part' | 'complete'> {
  env: NodeJS.ProcessEnv
}

export interface Forked extends Cloned {
  project: Project
  /** The release that was forked; null: another program than sitedrive wrote the site. */
  release: Release | null
  /** Where the files of the site are, below the folder; null: it has the site's source. */
  siteDir: string | null
  /** Git is there, so that the source of the fork can travel, too. */
  hasGit: boolean
}

/** Where a fork without source has the files of the site. */
export const SITE_DIR = 'site'

/**
 * Makes a site of one's own of another: a folder with its source, or with its files when it carries no source, a new key, and a
 * note of where it comes from. Nothing of the other site is run.
 *
 * A fork that is broken off can be made again with the same call: it goes on from there.
 *
 * @throws {SitedriveError} as `cloneSite`; NO_PROJECT in CI, where no key is made
 */
export async function forkSite(drive: SiteSource, options: ForkOptions): Promise<Forked> {
  const { dir, env, signal } = options
  refuseKeyInCi(env)
  refuseMade(dir, drive.key)
  const site = path.join(dir, SITE_DIR)
  const begunIn = existsSync(path.join(site, PARTIAL_FILE)) ? site : dir
  const { version } = await wantedState(drive, { ...options, dir: begunIn }, signal)
  const at = drive.at(version)
  const release = await releaseOf(at)
  await at.close()
  const hasSource = release?.source !== undefined
  // guard: fork: a folder with files of somebody else is left alone
  if (!hasSource) refuseOther(dir)
  let hasGit = false
  const complete = async (): Promise<void> => {
    const name = hasSource ? nameIn(dir) : undefined
    // guard: fork: it has a key of its own, and asks no seed of the other’s
    rmSync(projectFile(dir), { force: true })
    const { project } = await initProject(
      { projectDir: dir, env, signal },
      { ...(name && { name }), replaceKey: true }
    )
    hasGit = await startRepository(dir, env)
    writeProject(dir, {
      ...project,
      ...(hasSource && hasGit && { source: true }),
      fork: { of: drive.key, release: release?.release ?? null, version }
    })
  }
  const copied = await cloneSite(drive, {
    ...options,
    dir: hasSource ? dir : site,
    release: null,
    version,
    part: hasSource ? 'source' : 'site',
    complete
  })
  const { project } = forkIn(dir)
  return { ...copied, project, release, siteDir: hasSource ? null : SITE_DIR, hasGit }
}

/** A fork that is made says whose it is. What a copy of the other's files has there, when it was broken off, does not name them. */
function refuseMade(dir: string, of: string): void {
  const made = ((): unknown => {
    try {
      const { fork } = JSON.parse(readFileSync(projectFile(dir), 'utf8')) as { fork?: { of?: unknown } }
      return fork?.of
    } catch {
      return undefined
    }
  })()
  // guard: fork: what its author made of it is not overwritten
  if (made !== of) return
  throw new SitedriveError(
    'DIR_INVALID',
    `\`${dir}\` is a fork of this site already. In it, \`npx sitedrive fork --update\` takes over what is new; or name a new folder.`
  )
}

function refuseOther(dir: string): void {
  if (!existsSync(dir)) return
  const site = path.join(dir, SITE_DIR)
  const isBegun = existsSync(path.join(site, PARTIAL_FILE))
  // What a fork that was broken off has by then.
  const begun = [SITE_DIR, PROJECT_FILE, '.git']
  if (readdirSync(dir).some((name) => !isBegun || !begun.includes(name)))
    throw new SitedriveError(
      'DIR_INVALID',
      `\`${dir}\` cannot become a fork: it is not empty. Name a new folder.`
    )
}

/** What the author called the site. The rest of their `sitedrive.json` is theirs: key, seeds, mirror, and a command for the shell. */
function nameIn(dir: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(path.join(dir, PROJECT_FILE), 'utf8')) as { name?: unknown }
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}
