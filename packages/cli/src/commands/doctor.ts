import { dataDir, readPermission, SitedriveError, sitePaths, type Project } from '@sitedrive/core'
import { printable } from '@sitedrive/core/internal'
import {
  askSeeds,
  examineDataDirectory,
  examineGenerator,
  examineNetwork,
  examineStore,
  examineWebAddress,
  readStatus,
  toldAddresses,
  type SeedStanding,
  type SiteStatus,
  type WebAddressFacts
} from '@sitedrive/core/status'
import { EXIT, type Session } from '@sitedrive/terminal'
import { ok, problem, warning, type Check } from '../doctor/check.js'
import {
  checkBackup,
  checkClock,
  checkDataDirectory,
  checkGenerator,
  checkKey,
  checkSecrets,
  checkStore
} from '../doctor/check-machine.js'
import { checkNetwork, checkSeeds, checkWebAddresses, countOf } from '../doctor/check-network.js'
import { shortKey } from '../describe-status.js'

/** How long a step that needs the network may take; they run at the same time. Milliseconds. */
const STEP_MS = 10_000
/** Where seeds show the site is known when they have answered, so less time is left for that. Milliseconds. */
const TOLD_MS = 3_000

const COLORS = { ok: 'green', warning: 'yellow', problem: 'red' } as const

export async function doctor(session: Session): Promise<number> {
  const { screen } = session
  screen.progress('Looking at the project, the store and the network')
  const checks = await allChecks(session)
  if (session.signal.aborted) throw new SitedriveError('ABORTED', 'Stopped.')
  const isBroken = checks.some(({ level }) => level === 'problem')
  screen.json({ ok: !isBroken, checks })
  if (screen.isJson) return isBroken ? EXIT.failed : EXIT.done
  for (const check of checks) {
    const { level, remedy } = check
    screen.print(`${screen.paint(COLORS[level], level.padEnd(8))} ${printable(sentenceOf(check))}`)
    if (remedy !== null) screen.print(`         ${printable(remedy)}`)
  }
  screen.print(countOf(checks) ?? 'All is well.')
  return isBroken ? EXIT.failed : EXIT.done
}

async function allChecks(session: Session): Promise<Check[]> {
  const { projectDir, env } = session
  const home = examineDataDirectory(env)
  const [site, network] = await Promise.all([checkSite(session), examineNetwork(env, STEP_MS)])
  return [
    ok('node', `Node.js ${process.versions.node}.`),
    ...checkDataDirectory(home),
    ...checkSecrets(home),
    ...site.before,
    ...checkNetwork(network, site.isWebReached),
    ...site.after(network.nodes > 0),
    ...checkGenerator(examineGenerator(projectDir))
  ]
}

interface SiteChecks {
  before: Check[]
  /** @param isReached any node of the network has answered */
  after: (isReached: boolean) => Check[]
  isWebReached: boolean
}

async function checkSite(session: Session): Promise<SiteChecks> {
  const { projectDir, env } = session
  const status = await readSite(session)
  if (!('project' in status)) return { before: [status], after: () => [], isWebReached: false }
  const { project, newest, backup, confirm } = status
  const [permission, store, own, { seeds, told }] = await Promise.all([
    permissionCheck(projectDir, env),
    examineStore(project.key, env),
    Promise.all(project.mirror === undefined ? [] : [examineWebAddress(project.mirror, STEP_MS)]),
    askWithAddresses(session, project)
  ])
  const mirrors = [...own, ...told]
  const nowMs = Date.now()
  return {
    before: [
      ok('project', `${project.name === undefined ? 'The site' : `“${project.name}”,`} ${project.key}.`),
      permission,
      ...checkBackup(backup),
      checkStore(store, project.seeds.length > 0),
      checkClock(mirrors, store.publishedAt, nowMs)
    ],
    after: (isReached) => [
      ...checkSeeds(seeds, confirm, isReached),
      ...checkWebAddresses(mirrors, project.key, newest, nowMs)
    ],
    isWebReached: mirrors.some(({ status: answered }) => answered !== null)
  }
}

/** The site of the folder, or the check that says why there is none. */
async function readSite({ projectDir, env, signal }: Session): Promise<SiteStatus | Check> {
  try {
    return await readStatus(projectDir, env, signal)
  } catch (error) {
    if (!(error instanceof SitedriveError) || error.code === 'ABORTED') throw error
    if (error.code === 'NO_PROJECT') {
      return warning(
        'project',
        `\`${projectDir}\` has no sitedrive.json, so nothing that belongs to a site was looked at.`,
        'If this is the folder of a project, its first build with a plugin makes it, and so does `npx sitedrive init`. Else go there, or name it: `--project <dir>`.'
      )
    }
    return problem('project', error.message, 'Nothing of the site was looked at before that is mended.')
  }
}

async function permissionCheck(projectDir: string, env: NodeJS.ProcessEnv): Promise<Check> {
  try {
    return checkKey(await readPermission(projectDir, env))
  } catch (error) {
    if (!(error instanceof SitedriveError)) throw error
    return problem('key', error.message, 'Restore the key from its 24 words: `npx sitedrive key restore`.')
  }
}

/** Asks the seeds, and then looks at the web addresses that they told. */
async function askWithAddresses(
  { env, signal }: Session,
  project: Project
): Promise<{ seeds: SeedStanding[]; told: WebAddressFacts[] }> {
  const seeds = await askSeeds({ project, env, timeoutMs: STEP_MS, signal })
  const known = toldAddresses(sitePaths(dataDir(env), project.key))
  const addresses = project.seeds
    .map((seed) => known.get(seed))
    .filter((url): url is string => url !== undefined && url !== project.mirror)
  const told = [...new Set(addresses)].map((url) => examineWebAddress(url, TOLD_MS))
  return { seeds, told: await Promise.all(told) }
}

/** What was found, with the thing that it is about. */
function sentenceOf({ check, about, what }: Check): string {
  if (about === null || check === 'generator') return what
  const name = check === 'seed' ? `Seed ${shortKey(about)}` : about
  return what.startsWith('It ') ? name + what.slice('It'.length) : `${name}: ${what}`
}
