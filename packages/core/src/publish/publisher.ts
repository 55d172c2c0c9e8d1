import path from 'node:path'
import { allowancesFrom, howToAllow, type Allowances } from './allowances.js'
import { checksModeFrom, type ChecksMode } from '../checks/checks-mode.js'
import { compare, type Change } from '../folder/compare.js'
import type { Sources } from '../content/content-types.js'
import type { Address } from '../holepunch/bootstrap.js'
import type { SiteKeys } from '../holepunch/key-pairs.js'
import { dataDir, refuseOverlap, sitePaths, type SitePaths } from '../machine/data-dir.js'
import { SitedriveError } from '../error.js'
import { readIfThere } from '../disk/durable-file.js'
import { refusePageless } from './refuse-no-pages.js'
import { Inspection } from '../checks/inspection.js'
import { bootstrapOf } from '../machine/network-choice.js'
import {
  linkOf,
  type Notes,
  type Outcome,
  type OutcomeFacts,
  type Published,
  type Unchanged
} from '../outcome/outcome.js'
import { isPage } from '../content/page-url.js'
import { askPermission, isCi, skipError, type Permission } from '../identity/permission.js'
import { ignoreFileOf, readProject, seedsWanted, type Project } from '../project/project-file.js'
import { refuseProject } from './refuse-project-folder.js'
import type { OnProgress } from '../progress.js'
import { factsOf, publishWalk, unchangedFacts, type BuildToPublish } from './publish-build.js'
import type { SiteGenerator } from '../release/release-record.js'
import { keepReleasedSources, openReleasedSources } from '../history/released-sources.js'
import { releaseView } from '../release/release-view.js'
import type { Review } from './review-folder.js'
import { describeWait } from '../outcome/report.js'
import { ReportChannel } from '../outcome/report-channel.js'
import { readScanCache, type ScanCache } from '../folder/scan-cache.js'
import { keepKey, mintKey, type MintedKey } from '../identity/site-identity.js'
import { SecretSearch } from '../secrets/secret-search.js'
import type { SeenState, SiteSession } from '../session/site-session.js'
import { devPagesBefore, findStale, withoutDevPages, type BuildFacts } from './refuse-stale.js'
import { isWorthAnotherTry } from '../folder/until-quiet.js'
import { NO_SEEDS, type Uplink } from '../session/uplink.js'
import { walk, type Walk } from '../folder/walk.js'
import type { LockHolder } from '../machine/writer-lock.js'

export interface PublisherOptions {
  /** The folder of `sitedrive.json`, absolute. */
  projectDir: string
  /** The program that writes the files. @default null */
  generator?: SiteGenerator | null
  /** Environment variables. @default process.env */
  env?: NodeJS.ProcessEnv
  /** Fail where a build would otherwise be left unpublished. @default false */
  required?: boolean
  /** false: build only, and say so. @default true */
  publish?: boolean
  /** @default what `SITEDRIVE_ALLOW` says */
  allow?: Allowances
  /** Go on although releases that this machine once signed are not here; readers then follow this machine. @default false */
  acceptLoss?: boolean
  /**
   * What becomes of a publish that would ship something that readers stumble over: `warn` publishes and tells, `fail` refuses
   * when readers would meet something broken, `off` does not look. A publish that changes nothing is not checked.
   *
   * @default what `SITEDRIVE_CHECKS` says, else 'warn'
   */
  checks?: ChecksMode
  /** Asks a person yes or no. @default null: nobody is there */
  confirm?: ((question: string) => Promise<boolean>) | null
  onProgress?: OnProgress
  /** Hears at once, and then every 10 s, who else is publishing. */
  onWait?: (holder: LockHolder | null, waitedMs: number) => void
  /** How long to wait for another publish of this site. Milliseconds. @default 600000 */
  lockTimeoutMs?: number
  signal?: AbortSignal
  /** Nodes of the DHT to start from. @default `SITEDRIVE_BOOTSTRAP`, else a local network that runs here, else the public one */
  bootstrap?: Address[]
  /** How long seeds may take. */
  seedTimeouts?: {
    /** To answer. Milliseconds. @default 10000 */
    dialTimeoutMs?: number
    /** Without any progress. Milliseconds. @default 20000 */
    stallMs?: number
    /** To hand out the blocks that it is asked for in the end. Milliseconds. @default 10000 */
    proofTimeoutMs?: number
  }
}

/** The site that a folder publishes to. All null when it has no key and will not get one. */
export interface SiteAddress {
  key: string | null
  /** `hyper://<key>/` */
  url: string | null
  mirror: string | null
}

/** What is known of a folder that is reviewed. */
export interface ReviewFacts extends Pick<BuildFacts, 'sources'> {
  /** Another folder that it is compared with, instead of the newest release. @default the newest release */
  against?: string
}

/** A handle for publishing one project folder. It holds nothing open between two calls. */
export interface Publisher {
  /** The site's address, known before the build: a folder that will mint its key has it from here on. */
  site(): Promise<SiteAddress>
  /**
   * Publishes a folder. While one publish runs a further call waits; of several that wait only the newest runs, and all
   * get its outcome.
   *
   * @throws {SitedriveError} whatever kept it from publishing, CHECKS_FAILED and SECRET_FOUND too; readers then still see the last release
   */
  publish(dir: string, facts?: BuildFacts): Promise<Outcome>
  /**
   * Compares a folder with the newest release, and checks it; publishes nothing.
   *
   * @param facts without `sources`, those of the last release
   */
  review(dir: string, facts?: ReviewFacts): Promise<Review>
  /** Makes a new release with the files of an old one; uploads no file. @throws {SitedriveError} NO_SUCH_RELEASE */
  rollback(release: number): Promise<Outcome>
  /**
   * Hands the newest release to the seeds, when an earlier publish could not.
   *
   * @throws {SitedriveError} STORE_EMPTY when nothing was published from here, UNCONFIRMED when too few take it
   */
  sync(): Promise<Outcome>
  /** Waits for what runs. Safe to call twice. */
  close(): Promise<void>
}

/** What is known of a publish beside the folder. */
interface PublishFacts {
  dir: string
  /** The site's key is made for it. */
  isNew: boolean
  buildFacts: BuildFacts
  secrets: SecretSearch
  startedAt: number
}

const LOCK_TIMEOUT_MS = 600_000
/** A folder that is written while it is read is read again, so many times in all. */
const READ_TIMES = 3

/** @param uplinkOf another connection than that to the seeds that the project pins */
export function createPublisher(options: PublisherOptions, uplinkOf?: UplinkOf): Publisher {
  return new FolderPublisher(options, uplinkOf)
}

/** Makes the connection to a site's seeds for one publish. */
export type UplinkOf = (project: Project, keys: SiteKeys) => Uplink | Promise<Uplink>

class FolderPublisher implements Publisher {
  private readonly options: PublisherOptions
  private readonly uplinkOf: UplinkOf
  private readonly env: NodeJS.ProcessEnv
  private readonly home: string
  private readonly allow: Allowances
  private readonly channel: ReportChannel | null
  private readonly onProgress: OnProgress | undefined
  private readonly checks: ChecksMode
  private minted: Promise<MintedKey> | null = null
  private running: Promise<unknown> = Promise.resolve()
  /** The folder as the last publish found it. */
  private lastRead: Walk | null = null
  private waiting: { wanted: { dir: string; facts: BuildFacts }; outcome: Promise<Outcome> } | null = null

  constructor(options: PublisherOptions, uplinkOf?: UplinkOf) {
    this.options = options
    this.uplinkOf = uplinkOf ?? ((project, keys) => this.seeds(project, keys))
    this.env = options.env ?? process.env
    this.home = dataDir(this.env)
    this.allow = options.allow ?? allowancesFrom(this.env['SITEDRIVE_ALLOW'])
    const channel = ReportChannel.open(this.env, options.projectDir)
    this.channel = channel
    this.onProgress = channel
      ? (progress) => {
          channel.progress(progress)
          options.onProgress?.(progress)
        }
      : options.onProgress
    this.checks = options.checks ?? checksModeFrom(this.env['SITEDRIVE_CHECKS']) ?? 'warn'
  }

  async site(): Promise<SiteAddress> {
    const project = await this.project()
    if (project) return { key: project.key, url: linkOf(project.key), mirror: project.mirror ?? null }
    const { kind } = await this.permission(null)
    if (kind !== 'mint') return { key: null, url: null, mirror: null }
    const { key } = await this.mint()
    return { key, url: linkOf(key), mirror: null }
  }

  publish(dir: string, facts: BuildFacts = {}): Promise<Outcome> {
    if (this.waiting) {
      Object.assign(this.waiting.wanted, { dir, facts })
      return this.waiting.outcome
    }
    const wanted = { dir, facts }
    const outcome = this.inTurn(() => {
      this.waiting = null
      const publishing = this.publishWhenQuiet(wanted.dir, wanted.facts)
      return this.channel?.follow(publishing) ?? publishing
    })
    this.waiting = { wanted, outcome }
    return outcome
  }

  review(dir: string, { sources, against }: ReviewFacts = {}): Promise<Review> {
    return this.inTurn(async () => {
      const project = await this.project()
      const found = this.walk(dir)
      const inspection = this.inspection(found, project, sources ?? this.keptSources(project))
      const { reviewFolder } = await import('./review-folder.js')
      try {
        return await reviewFolder(found, inspection, {
          against: against === undefined ? null : this.walk(against),
          site: project && { key: project.key, paths: sitePaths(this.home, project.key) },
          secrets: {
            projectDir: this.options.projectDir,
            env: this.env,
            allow: project?.secrets?.allow ?? []
          },
          onProgress: this.options.onProgress,
          signal: this.options.signal
        })
      } finally {
        inspection.close()
      }
    })
  }

  rollback(release: number): Promise<Outcome> {
    return this.inTurn(async () => {
      const startedAt = performance.now()
      const { project, secret } = await this.owned()
      const { rollBack } = await import('./publish-rollback.js')
      return this.withSession(project, secret, async (session) => {
        const { facts, changes } = await rollBack(release, session, project, this.options.signal)
        const notes = this.notes(project, null, {}, session)
        const outcome = { ...facts, durationMs: since(startedAt), notes }
        return changes.length === 0
          ? { ...outcome, status: 'unchanged' }
          : this.confirmed({ ...outcome, status: 'published', changes, summary: null })
      })
    })
  }

  sync(): Promise<Outcome> {
    return this.inTurn(async () => {
      const startedAt = performance.now()
      const { project, secret } = await this.owned()
      return this.withSession(project, secret, async (session) => {
        const { latest } = session
        if (!latest) throw nothingPublished(project.key)
        const seeds = await session.sync()
        const facts = factsOf(project, { ...(await session.writer.state()), release: latest.release })
        const notes = this.notes(project, null, {}, session)
        if (notes.unconfirmed) throw unconfirmed(facts, notes.unconfirmed)
        return { ...facts, seeds, durationMs: since(startedAt), status: 'unchanged', notes }
      })
    })
  }

  async close(): Promise<void> {
    await this.running.catch(() => {}) // its caller has heard of it
  }

  /** A dev server or a second build may write into the folder while it is read; most are done in a moment. */
  private async publishWhenQuiet(dir: string, facts: BuildFacts): Promise<Outcome> {
    for (let times = 1; ; times++) {
      this.lastRead = null
      try {
        return await this.publishNow(dir, facts)
      } catch (error) {
        if (times === READ_TIMES) throw error
        const { lastRead } = this
        if (!(await isWorthAnotherTry(error, () => this.walk(dir), lastRead, this.options.signal)))
          throw error
      }
    }
  }

  private async publishNow(dir: string, buildFacts: BuildFacts): Promise<Outcome> {
    const startedAt = performance.now()
    const permission = await this.permission(await this.project())
    if (permission.kind === 'skip') return this.skipped(permission)

    const isNew = permission.kind === 'mint'
    const found = this.walkBuild(dir, buildFacts, isNew ? null : permission.project.key)
    if (found.files.length === 0 && !this.allow.empty) throw emptyDir(found)
    const site = isNew ? { key: (await this.mint()).key } : permission.project
    const inspection = this.inspection(found, site, buildFacts.sources)
    const secrets = this.secretSearch(buildFacts.sources)
    try {
      // No key for a site that must not be published as it is.
      if (isNew) {
        await secrets.begin(found, new Map())
        void import('../session/site-session.js') // what is waited for next
        await refusePageless(found, { allow: this.allow, confirm: this.options.confirm ?? null })
        await secrets.refuse(found, new Map(), null)
        await inspection.refuseBroken(allNew(found))
      }
      const owned = permission.kind === 'mint' ? await this.keepMinted() : permission
      const outcome = await this.publishWalked(found, inspection, owned, {
        dir,
        isNew,
        buildFacts,
        secrets,
        startedAt
      })
      if (outcome.status !== 'published') return outcome
      return { ...outcome, notes: { ...outcome.notes, ...(await inspection.result(outcome.changes)) } }
    } finally {
      inspection.close()
      secrets.close()
    }
  }

  private async publishWalked(
    found: Walk,
    inspection: Inspection,
    { project, secret }: { project: Project; secret: Buffer },
    { dir, isNew, buildFacts, secrets, startedAt }: PublishFacts
  ): Promise<Published | Unchanged> {
    const paths = sitePaths(this.home, project.key)
    const build = this.build(project, secrets)

    const headSeen = readIfThere(paths.head)
    const cache = readScanCache(paths.cache)
    const unchanged = await unchangedFacts(found, paths, cache, build)
    if (typeof unchanged === 'object') {
      return {
        ...unchanged,
        durationMs: since(startedAt),
        status: 'unchanged',
        notes: this.notes(project, found, buildFacts, null)
      }
    }
    // From here on a processor is free now and then.
    await secrets.begin(found, cache?.files ?? new Map())
    if (isNew) inspection.begin(null)
    else if (unchanged === 'different') inspection.begin({ sinceScan: stateOf(cache) })
    return this.withSession(
      project,
      secret,
      async (session) => {
        // Another publish may have gone through in the meantime, of a newer build than the one that was walked.
        const now = session.isOvertaken ? this.walkBuild(dir, buildFacts, project.key) : found
        if (session.isOvertaken) inspection.renew(now)
        const hadPages = [...session.known.keys()].some(isPage)
        if (!isNew && (!session.latest || hadPages)) await refusePageless(now, build)
        if (this.checks === 'fail') await inspection.refuseBroken(await this.changesIn(now, session))
        const { facts, made } = await publishWalk(
          now,
          session,
          build,
          (comparison, { writer, known, latest }) => {
            inspection.begin(comparison.changes)
            return inspection.summary(comparison, latest && releaseView(writer, known))
          }
        )
        const notes = this.notes(project, now, buildFacts, session)
        const durationMs = since(startedAt)
        if (!made) return this.confirmed({ ...facts, durationMs, status: 'unchanged', notes })
        this.keepSources(paths, buildFacts.sources, { ...made, release: facts.release })
        const { changes, undoesRollbackTo, summary } = made
        const newKeyIn = isNew ? paths.dir : null
        return this.confirmed({
          ...facts,
          durationMs,
          status: 'published',
          changes,
          summary,
          notes: { ...notes, undoesRollbackTo, newKeyIn }
        })
      },
      { headSeen, cache }
    )
  }

  /** What a publish of a session would change; reads what it must, writes nothing. */
  private async changesIn(found: Walk, { known }: SiteSession): Promise<Change[]> {
    const { onProgress, signal } = this.options
    return (await compare(found, known, null, { onProgress, signal })).changes
  }

  private keepSources(
    paths: SitePaths,
    sources: Sources | undefined,
    { changes, release }: { changes: readonly Change[]; release: number }
  ): void {
    if (!sources) return
    try {
      const { projectDir } = this.options
      keepReleasedSources(paths, { projectDir, release, previous: release - 1, sources, changes })
    } catch {
      // The site is published; a later review has one thing less to show.
    }
  }

  /** Which sources the last release was made of; they mostly still are. */
  private keptSources(project: Project | null): Sources {
    return (project && openReleasedSources(sitePaths(this.home, project.key))?.files) ?? {}
  }

  private inspection(
    found: Walk,
    site: Pick<Project, 'key' | 'mirror'> | null,
    sources: Sources = {}
  ): Inspection {
    const { projectDir, signal } = this.options
    const paths = site && sitePaths(this.home, site.key)
    return new Inspection({
      mode: this.checks,
      found,
      build: {
        scanCache: paths && paths.cache,
        sources,
        key: site?.key ?? null,
        mirror: site?.mirror ?? null,
        projectDir,
        factsCache: paths && paths.facts
      },
      siteDir: paths && paths.dir,
      signal
    })
  }

  private async withSession<T>(
    project: Project,
    secret: Buffer,
    use: (session: SiteSession) => Promise<T>,
    seen: SeenState | null = null
  ): Promise<T> {
    const [{ SiteSession, SeedsHoldMore }, { deriveKeys }] = await Promise.all([
      import('../session/site-session.js'),
      import('../holepunch/key-pairs.js')
    ])
    const keys = deriveKeys(secret)
    for (let isNotAlone = false; ; isNotAlone = true) {
      const session = await SiteSession.open({
        paths: sitePaths(this.home, project.key),
        keys,
        uplink: await this.uplinkOf(project, keys),
        seen,
        acceptLoss: this.options.acceptLoss ?? false,
        isNotAlone,
        lockTimeoutMs: this.options.lockTimeoutMs ?? LOCK_TIMEOUT_MS,
        onWait: (holder, waitedMs) => {
          this.channel?.say({ kind: 'waiting', text: describeWait(holder, waitedMs) })
          this.options.onWait?.(holder, waitedMs)
        },
        signal: this.options.signal
      })
      try {
        return await use(session)
      } catch (error) {
        if (isNotAlone || !(error instanceof SeedsHoldMore)) throw error
      } finally {
        await session.close()
      }
    }
  }

  private async seeds(project: Project, keys: SiteKeys): Promise<Uplink> {
    if (project.seeds.length === 0) return NO_SEEDS
    const { SeedUplink } = await import('../session/seed-uplink.js')
    const { signal, seedTimeouts } = this.options
    return new SeedUplink({
      seeds: project.seeds,
      confirm: seedsWanted(project),
      identity: keys.network,
      bootstrap: this.options.bootstrap ?? bootstrapOf(this.env, this.home),
      onProgress: this.onProgress,
      signal,
      ...seedTimeouts
    })
  }

  private async project(): Promise<Project | null> {
    const { parseKey } = await import('../holepunch/site-key.js')
    return readProject(this.options.projectDir, parseKey)
  }

  private permission(project: Project | null): Promise<Permission> {
    return askPermission({
      projectDir: this.options.projectDir,
      home: this.home,
      env: this.env,
      project,
      publish: this.options.publish ?? true,
      confirm: this.options.confirm ?? null
    })
  }

  private skipped({ reason, message }: Extract<Permission, { kind: 'skip' }>): Outcome {
    const isMeant = reason === 'off' || reason === 'left to parent'
    if (this.options.required && !isMeant) throw skipError(reason, message)
    return { status: 'skipped', reason, message }
  }

  private walk(dir: string): Walk {
    const resolved = path.resolve(this.options.projectDir, dir)
    refuseOverlap(resolved, this.home, 'published')
    const { projectDir } = this.options
    if (!this.allow.project) refuseProject(resolved, projectDir)
    return walk(resolved, ignoreFileOf(projectDir))
  }

  /** What a build made, without pages that a dev process left beside it. @param key null: nothing was released yet */
  private walkBuild(dir: string, facts: BuildFacts, key: string | null): Walk {
    const found = this.walk(dir)
    this.lastRead = found
    const beganMs = devPagesBefore(this.env, facts)
    if (beganMs === null) return found
    const released = key === null ? new Map() : readScanCache(sitePaths(this.home, key).cache)?.files
    // Where it is not known what was released, a page that was must not be lost.
    return released ? withoutDevPages(found, facts, beganMs, released) : found
  }

  private mint(): Promise<MintedKey> {
    return (this.minted ??= mintKey())
  }

  private async keepMinted(): Promise<{ project: Project; secret: Buffer }> {
    const minted = await this.mint()
    this.minted = null
    if (keepKey(this.home, this.options.projectDir, minted)) {
      return { project: { key: minted.key, seeds: [] }, secret: minted.secret }
    }
    // Another build of this folder was first: its key counts.
    const permission = await this.permission(await this.project())
    if (permission.kind !== 'publish') throw noProject(this.options.projectDir)
    return permission
  }

  private build(project: Project, secrets: SecretSearch): BuildToPublish {
    const { generator = null, confirm = null, signal } = this.options
    return { project, generator, allow: this.allow, confirm, onProgress: this.onProgress, signal, secrets }
  }

  private secretSearch(sources: Sources = {}): SecretSearch {
    const { projectDir, signal } = this.options
    return new SecretSearch({ home: this.home, projectDir, env: this.env, sources, signal })
  }

  private notes(
    project: Project,
    found: Walk | null,
    buildFacts: BuildFacts,
    session: SiteSession | null
  ): Notes {
    return {
      newKeyIn: null,
      isUnseeded: project.seeds.length === 0,
      unconfirmed: session?.unconfirmed(seedsWanted(project)) ?? null,
      seedRemarks: session?.remarks ?? [],
      overtaken: session?.overtaken ?? null,
      undoesRollbackTo: null,
      leftOut: found?.leftOut ?? [],
      stale: found ? findStale(found, buildFacts) : [],
      dir: found && (path.relative(this.options.projectDir, found.dir) || '.'),
      findings: [],
      checksProblem: null
    }
  }

  /** On a build server nobody completes it later, so there an unconfirmed release is a failure. */
  private confirmed<T extends Published | Unchanged>(outcome: T): T {
    const { notes } = outcome
    if (notes.unconfirmed && isCi(this.env)) throw unconfirmed(outcome, notes.unconfirmed)
    return outcome
  }

  private async owned(): Promise<{ project: Project; secret: Buffer }> {
    const permission = await this.permission(await this.project())
    if (permission.kind === 'skip') throw skipError(permission.reason, permission.message)
    if (permission.kind === 'mint') throw noProject(this.options.projectDir)
    return permission
  }

  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.running.catch(() => {}).then(action)
    this.running = result
    result.catch(() => {}) // `running` is only waited for; the caller gets the error
    return result
  }
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt)
}

function stateOf(cache: ScanCache | null): { version: number; fork: number } | null {
  return cache && { version: cache.version, fork: cache.fork }
}

function allNew({ files }: Walk): Change[] {
  return files.map(({ path: file, size }) => ({ op: 'add', path: file, bytes: size }))
}

function emptyDir(found: Walk): SitedriveError {
  const leftOut = found.leftOut.length > 0 ? ` (${found.leftOut.length} were left out)` : ''
  return new SitedriveError(
    'DIR_EMPTY',
    `\`${found.dir}\` has no files to publish${leftOut}. Nothing was published. ` +
      `If the site is meant to become empty, publish once with ${howToAllow('empty')}.`
  )
}

function unconfirmed({ release, key }: OutcomeFacts, why: string[]): SitedriveError {
  return new SitedriveError(
    'UNCONFIRMED',
    `Release ${release} of \`${key}\` is kept here, but too few seeds hold it, so readers do not see it. ${why.join(' ')} ` +
      'When they are back: `sitedrive publish --sync`.'
  )
}

function nothingPublished(key: string): SitedriveError {
  return new SitedriveError(
    'STORE_EMPTY',
    `Nothing of \`${key}\` was published from this machine. Build and publish the site first.`
  )
}

function noProject(projectDir: string): SitedriveError {
  return new SitedriveError(
    'NO_PROJECT',
    `\`${projectDir}\` has no sitedrive.json, so nothing was ever published from it. Run \`sitedrive init\` or build the site there.`
  )
}
