import type { Inspection } from '../checks/inspection.js'
import type { Sources } from '../content/content-types.js'
import { readIfThere } from '../disk/durable-file.js'
import { compare, type Change } from '../folder/compare.js'
import { readScanCache } from '../folder/scan-cache.js'
import { isWorthAnotherTry } from '../folder/until-quiet.js'
import type { Walk } from '../folder/walk.js'
import { isPage } from '../folder/page-url.js'
import { keepReleasedSources, lastSources } from '../history/released-sources.js'
import { skipError, type Permission } from '../identity/permission.js'
import { sitePaths, type SitePaths } from '../machine/data-dir.js'
import type { Outcome, Published, Unchanged } from '../outcome/outcome.js'
import type { Project } from '../project/project-file.js'
import { releaseView } from '../release/release-view.js'
import { SecretSearch } from '../secrets/secret-search.js'
import type { SiteSession } from '../session/site-session.js'
import { SourcePublish } from '../source/source-publish.js'
import { inspectBuild } from './inspect-build.js'
import { millisecondsSince, notesOf } from './outcome-notes.js'
import { publishWalk, unchangedFacts, type BuildToPublish } from './publish-build.js'
import { emptyDir, refuseUnconfirmed } from './publish-errors.js'
import type { PublishRequest } from './in-process-queue.js'
import { refusePageless } from './refuse-no-pages.js'
import type { BuildFacts } from './refuse-stale.js'
import type { ResolvedOptions } from './resolve-options.js'
import type { OwnedSite, SiteOwner } from './site-owner.js'
import { leaveOutDevPages, walkFolder } from './walk-build.js'
import { withSession } from './with-session.js'

/** How often a folder is read in all when somebody writes into it meanwhile. */
const MAX_READS = 3

/** What one reading of the folder carries from step to step. */
interface Reading {
  found: Walk
  /** The site's key was made for this publish. */
  isNew: boolean
  inspection: Inspection
  secrets: SecretSearch
  source: SourcePublish
  startedAt: number
}

/** Longest delay of a publish by the words for its changes, milliseconds. Nobody else can publish the site meanwhile. */
const SUMMARY_BUDGET_MS = 1_000

/** The publish of one build: from a folder on the disk to a release that the seeds hold. */
export class FolderPublish {
  private readonly options: ResolvedOptions
  private readonly owner: SiteOwner
  private readonly dir: string
  private readonly facts: BuildFacts
  /** The folder as it was read last, with everything in it. */
  private lastRead: Walk | null = null

  constructor(options: ResolvedOptions, owner: SiteOwner, { dir, facts }: PublishRequest) {
    this.options = options
    this.owner = owner
    this.dir = dir
    this.facts = facts
  }

  /** Publishes the folder. Tries again when a dev server or a second build wrote into it, since most end in a moment. */
  async run(): Promise<Outcome> {
    for (let times = 1; ; times++) {
      this.lastRead = null
      try {
        return await this.publishOnce()
      } catch (error) {
        if (times === MAX_READS) throw error
        const { options, lastRead } = this
        const look = () => walkFolder(options, this.dir)
        if (!(await isWorthAnotherTry(error, look, lastRead, options.signal))) throw error
      }
    }
  }

  /** Asks for permission, reads the folder, and publishes what was read. */
  private async publishOnce(): Promise<Outcome> {
    const startedAt = performance.now()
    const { options, owner, facts } = this
    const permission = await owner.permission()
    if (permission.kind === 'skip') return this.skipped(permission)

    const isNew = permission.kind === 'mint'
    const found = this.walkBuild(isNew ? null : permission.project.key)
    // guard: an empty dir is refused
    if (found.files.length === 0 && !options.allow.empty) throw emptyDir(found)
    const site = isNew ? { key: (await owner.mint()).key } : permission.project
    const { home, projectDir, env, signal } = options
    const inspection = inspectBuild(options, found, site, facts.sources ?? lastSources(home, site.key))
    const secrets = new SecretSearch({ home, projectDir, env, sources: facts.sources ?? {}, signal })
    const source = await this.sourceOf(found, isNew ? null : permission.project, site.key)
    const reading = { found, isNew, inspection, secrets, source, startedAt }
    try {
      if (isNew) await this.refuseBeforeKey(reading)
      const owned = permission.kind === 'mint' ? await owner.keepMinted() : permission
      const outcome = await this.publishRead(reading, owned)
      if (outcome.status !== 'published') return outcome
      return { ...outcome, notes: { ...outcome.notes, ...(await inspection.result(outcome.changes)) } }
    } finally {
      inspection.close()
      secrets.close()
      source.close()
    }
  }

  /** @throws {SitedriveError} why nothing is published, when a publish is required */
  private skipped({ reason, message }: Extract<Permission, { kind: 'skip' }>): Outcome {
    const isMeant = reason === 'off' || reason === 'left to parent'
    if (this.options.required && !isMeant) throw skipError(reason, message)
    return { status: 'skipped', reason, message }
  }

  /** Refuses a first publish before its key is written anywhere, so that a refused site leaves no key behind. */
  private async refuseBeforeKey({ found, inspection, secrets }: Reading): Promise<void> {
    const { allow, confirm } = this.options
    await secrets.begin(found, new Map())
    void import('../session/open-session.js') // it takes time to load, and is needed next
    // guard: no pages: no key is made for a first release without any
    await refusePageless(found, { allow, confirm })
    // guard: secrets: no key is made for a site with a secret in it
    await secrets.refuse(found, new Map(), null)
    // guard: checks: what is broken gets no key
    await inspection.refuseBroken(allNew(found))
  }

  /** Ends early when nothing changed. Otherwise opens a session and publishes in it. */
  private async publishRead(reading: Reading, site: OwnedSite): Promise<Published | Unchanged> {
    const { options, facts } = this
    const { found, isNew, inspection, secrets, source, startedAt } = reading
    const { project } = site
    const paths = sitePaths(options.home, project.key)
    const build = this.buildOf(project, secrets, source)

    const headSeen = readIfThere(paths.head)
    const cache = readScanCache(paths.cache)
    const unchanged = await unchangedFacts(found, paths, cache, build)
    if (typeof unchanged === 'object') {
      const notes = notesOf(project, null, { projectDir: options.projectDir, found, facts })
      return { ...unchanged, durationMs: millisecondsSince(startedAt), status: 'unchanged', notes }
    }
    // The searches begin here, because from here on the publish often waits for the disk and the network.
    await secrets.begin(found, cache?.files ?? new Map())
    if (isNew) inspection.begin(null)
    else if (unchanged === 'different')
      inspection.begin({ sinceScan: cache && { version: cache.version, fork: cache.fork } })
    return withSession(options, site, (session) => this.publishIn(session, reading, build, paths), {
      headSeen,
      cache
    })
  }

  /** Refuses what must not be published, and makes the release. */
  private async publishIn(
    session: SiteSession,
    { found, isNew, inspection, startedAt }: Reading,
    build: BuildToPublish,
    paths: SitePaths
  ): Promise<Published | Unchanged> {
    const { options, facts: buildFacts } = this
    const { project } = build
    // Another publish may have ended meanwhile, of a newer build than the one that was read.
    const now = session.isOvertaken ? this.walkBuild(project.key) : found
    if (session.isOvertaken) inspection.renew(now)
    const hadPages = [...session.known.keys()].some(isPage)
    // guard: no pages: a first release of a site that has its key is refused
    if (!isNew && (!session.latest || hadPages)) await refusePageless(now, build)
    // guard: checks: what is broken is refused before anything is signed
    if (options.checks === 'fail') await inspection.refuseBroken(await this.changesIn(now, session))
    const { facts, made } = await publishWalk(
      now,
      session,
      build,
      (comparison, { writer, known, latest }) => {
        inspection.begin(comparison.changes)
        return inspection.summary(comparison, latest && releaseView(writer, known), SUMMARY_BUDGET_MS)
      }
    )
    const notes = notesOf(project, session, {
      projectDir: options.projectDir,
      found: now,
      facts: buildFacts
    })
    const timed = { ...facts, durationMs: millisecondsSince(startedAt) }
    if (!made) return refuseUnconfirmed({ ...timed, status: 'unchanged', notes }, options.env)
    const { changes, undoesRollbackTo, summary } = made
    this.keepSources(paths, buildFacts.sources, { changes, release: facts.release })
    const newKeyIn = isNew ? paths.dir : null
    return refuseUnconfirmed(
      {
        ...timed,
        status: 'published',
        changes,
        summary,
        notes: { ...notes, undoesRollbackTo, newKeyIn }
      },
      options.env
    )
  }

  /** The build's files, without pages that a dev process left beside them. @param key null: nothing was released yet */
  private walkBuild(key: string | null): Walk {
    const found = walkFolder(this.options, this.dir)
    this.lastRead = found
    return leaveOutDevPages(this.options, found, this.facts, key)
  }

  /** @param project null: the folder has no key yet, so nothing says that its source is published */
  private async sourceOf(found: Walk, project: Project | null, key: string): Promise<SourcePublish> {
    const { home, projectDir, env, signal } = this.options
    const walk = project?.source
      ? await (
          await import('../source/walk-source.js')
        ).walkSource({ projectDir, siteDir: found.dir, env, signal })
      : null
    const secrets = new SecretSearch({ home, projectDir, env, sources: {}, signal })
    return new SourcePublish(walk, secrets, sitePaths(home, key))
  }

  /** What a publish in a session would change. Writes nothing. */
  private async changesIn(found: Walk, { known }: SiteSession): Promise<Change[]> {
    const { onProgress, signal } = this.options
    return (await compare(found, known, null, { onProgress, signal })).changes
  }

  /** Saves the sources of the release for later reviews. */
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
      // The site is published. A later review only shows less.
    }
  }

  private buildOf(project: Project, secrets: SecretSearch, source: SourcePublish): BuildToPublish {
    const { generator, allow, confirm, onPublishProgress, signal } = this.options
    return {
      project,
      generator,
      allow,
      confirm,
      onProgress: onPublishProgress,
      signal,
      fingerprinted: new Set(this.facts.fingerprinted),
      secrets,
      source
    }
  }
}

function allNew({ files }: Walk): Change[] {
  return files.map(({ path, size }) => ({ op: 'add', path, bytes: size }))
}
