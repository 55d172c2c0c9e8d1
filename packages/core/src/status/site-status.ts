import { backupCheckedAt } from '../identity/backup-check.js'
import { readValidHead } from '../machine/signed-head.js'
import { refuseLostFile } from '../identity/former-site.js'
import { hasSecret } from '../identity/secret.js'
import { messageOf, SitedriveError } from '../error.js'
import { readLog } from '../history/release-log.js'
import { dataDir, sitePaths, type SitePaths } from '../machine/data-dir.js'
import { PROJECT_FILE, readProject, seedsWanted, type Project } from '../project/project-file.js'
import { webAddressOf } from '../project/web-addresses.js'
import type { Release } from '../release/release-record.js'
import { runningProcesses, type RunningProcess } from './running-processes.js'

/**
 * What is known of the backup of a key. `no secret`: the secret is not on this machine. `none`: the secret was never shown, so
 * nobody can have one. `unchecked`: it was shown, restored, or is known to another machine. `checked`: words of a backup were
 * compared here.
 */
export type BackupState = 'no secret' | 'none' | 'unchecked' | 'checked'

export interface Backup {
  state: BackupState
  /** When words of it were last compared, ISO 8601; null: never. */
  checkedAt: string | null
}

/** What this machine knows of the site that a folder publishes to. */
export interface SiteStatus {
  project: Project
  /** Where web browsers find the site; null: not known. */
  webAddress: string | null
  /** The newest release on this machine; null: there is none, or `releaseProblem` says why it cannot be read. */
  newest: Release | null
  releaseProblem: string | null
  backup: Backup
  /** How many of the seeds must hold a release; 0 without seeds. */
  confirm: number
  running: RunningProcess[]
}

/**
 * Reads what this machine knows of a folder's site. Uses no network, and changes nothing.
 *
 * @throws {SitedriveError} NO_PROJECT, CONFIG_INVALID
 */
export async function readStatus(
  projectDir: string,
  env: NodeJS.ProcessEnv = process.env,
  signal?: AbortSignal
): Promise<SiteStatus> {
  const { parseKey } = await import('../holepunch/site-key.js')
  const project = readProject(projectDir, parseKey)
  if (!project) {
    refuseLostFile(dataDir(env), projectDir)
    throw new SitedriveError(
      'NO_PROJECT',
      `\`${projectDir}\` has no ${PROJECT_FILE}, so it is no site yet. Make one with \`npx sitedrive init\`; \`npx sitedrive status --all\` lists the sites of this machine.`
    )
  }
  const paths = sitePaths(dataDir(env), project.key)
  const [newest, running] = await Promise.all([
    newestRelease(projectDir, env, signal),
    runningProcesses(projectDir, env, paths)
  ])
  return {
    project,
    webAddress: webAddressOf(project, paths),
    ...newest,
    backup: readBackup(dataDir(env), project.key),
    confirm: seedsWanted(project),
    running
  }
}

/** What is known of the backup of a key of this machine. Reads the data directory alone. */
export function readBackup(home: string, key: string): Backup {
  const paths: SitePaths = sitePaths(home, key)
  const checkedAt = backupCheckedAt(paths)
  if (!hasSecret(home, key)) return { state: 'no secret', checkedAt }
  if (checkedAt !== null) return { state: 'checked', checkedAt }
  return { state: readValidHead(paths.head)?.exclusive ? 'none' : 'unchecked', checkedAt }
}

async function newestRelease(
  projectDir: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined
): Promise<Pick<SiteStatus, 'newest' | 'releaseProblem'>> {
  try {
    const { releases } = await readLog(projectDir, env, { limit: 1, signal })
    return { newest: releases[0] ?? null, releaseProblem: null }
  } catch (error) {
    if (!(error instanceof SitedriveError) || error.code === 'ABORTED') throw error
    return { newest: null, releaseProblem: messageOf(error) }
  }
}
