import path from 'node:path'
import { dataDir, linkOf, readPermission, SitedriveError } from '@sitedrive/core'
import { isAlive, plural } from '@sitedrive/core/internal'
import {
  askSeeds,
  countFolderChanges,
  listSites,
  readStatus,
  type SeedStanding,
  type SiteStatus
} from '@sitedrive/core/status'
import { EXIT, type Session } from '@sitedrive/terminal'
import {
  describeBackup,
  describeFolder,
  describeKnownSite,
  describeNewest,
  describePermission,
  describeRunning,
  describeSeeds,
  describeSite,
  type FolderState,
  type Running,
  type WhyUnpublished
} from '../describe-status.js'
import { usualFolders } from '../output-folder.js'
import { readRunning } from '../running-peer.js'

export interface StatusFlags {
  all?: boolean
}

export async function status(session: Session, flags: StatusFlags): Promise<number> {
  if (flags.all) return statusOfAll(session)
  const { projectDir, env, screen, signal } = session
  const found = await readStatus(projectDir, env, signal)
  const { seeds } = found.project
  screen.progress(seeds.length === 0 ? 'Reading' : `Asking ${plural(seeds.length, 'seed')}`)
  const [folder, standings, unpublished] = await Promise.all([
    folderState(session),
    askSeeds({ project: found.project, env, signal }),
    whyUnpublished(session)
  ])
  // What they told is in the data directory now.
  const { webAddress } = await readStatus(projectDir, env, signal)
  if (signal.aborted) throw new SitedriveError('ABORTED', 'Stopped.')
  const current = { ...found, webAddress }
  const running = [...found.running, ...peerOf(env)]
  screen.json(toJson(current, { folder, unpublished, seeds: standings, running }))
  if (screen.isJson) return EXIT.done
  const lines = [
    ...describeSite(current, screen),
    '',
    ...describePermission(unpublished, screen),
    ...describeNewest(found, screen),
    ...describeFolder(folder, screen),
    ...describeSeeds(standings, found, screen),
    ...(unpublished?.reason === 'no secret' && found.backup.checkedAt === null
      ? [] // said already
      : [describeBackup(found.backup, Boolean(env['SITEDRIVE_SECRET']), screen)]),
    ...running.map(describeRunning)
  ]
  for (const line of lines) screen.print(line)
  return EXIT.done
}

async function statusOfAll({ env, screen }: Session): Promise<number> {
  const sites = await listSites(env)
  screen.json({
    sites: sites.map(({ key, name, webAddress, release, publishedAt, backup, folders }) => ({
      key,
      link: linkOf(key),
      name,
      mirror: webAddress,
      release,
      publishedAt,
      backup,
      folders
    }))
  })
  if (screen.isJson) return EXIT.done
  if (sites.length === 0)
    screen.info('This machine has no sites. `npx sitedrive init` makes one of a folder.')
  for (const site of sites) for (const line of describeKnownSite(site, screen)) screen.print(line)
  return EXIT.done
}

/** What a publish of the output folder would change. A folder that it would refuse is told as it would be. */
async function folderState({ projectDir, env, signal }: Session): Promise<FolderState> {
  const names = usualFolders(projectDir)
  const [dir] = names
  if (dir === undefined) return { dir: null, changes: null, problem: null }
  if (names.length > 1) {
    const listed = names.map((name) => `\`${name}\``).join(', ')
    const problem = `Which folder the site is built to is not known: there are ${listed}. \`npx sitedrive review <dir>\` compares one.`
    return { dir: null, changes: null, problem }
  }
  try {
    return { dir, changes: await countFolderChanges(projectDir, dir, env, signal), problem: null }
  } catch (error) {
    if (!(error instanceof SitedriveError) || error.code === 'ABORTED') throw error
    return { dir, changes: null, problem: error.message }
  }
}

/** A clone or a copy of a project looks like the project itself, but does not publish. */
async function whyUnpublished({ projectDir, env }: Session): Promise<WhyUnpublished | null> {
  try {
    const permission = await readPermission(projectDir, env)
    return permission.kind === 'skip' ? { reason: permission.reason, message: permission.message } : null
  } catch (error) {
    if (!(error instanceof SitedriveError) || error.code !== 'BAD_SECRET') throw error
    return { reason: 'bad secret', message: error.message }
  }
}

/** The peer of this data directory, when it runs. */
function peerOf(env: NodeJS.ProcessEnv): Running[] {
  const peer = readRunning(path.join(dataDir(env), 'peer'))
  if (!peer || !isAlive(peer.pid)) return [] // one that was killed leaves its record
  return [{ kind: 'peer', pid: peer.pid, command: null, since: null, url: peer.url }]
}

/** What is found beside what this machine knows of the site. */
interface Asked {
  folder: FolderState
  unpublished: WhyUnpublished | null
  seeds: readonly SeedStanding[]
  running: readonly Running[]
}

function toJson(
  { project, webAddress, newest, releaseProblem, backup, confirm }: SiteStatus,
  { folder, unpublished, seeds, running }: Asked
): object {
  const { key, name = null } = project
  return {
    key,
    link: linkOf(key),
    name,
    mirror: webAddress,
    release: newest && {
      release: newest.release,
      publishedAt: newest.publishedAt,
      generator: newest.generator,
      files: newest.files,
      bytes: newest.bytes,
      words: newest.words ?? null
    },
    releaseProblem,
    cannotPublish: unpublished,
    folder,
    confirm,
    seeds,
    backup,
    running
  }
}
