import { lastSources } from '../history/released-sources.js'
import { sitePaths } from '../machine/data-dir.js'
import type { Outcome } from '../outcome/outcome.js'
import { inspectBuild } from './inspect-build.js'
import { millisecondsSince, notesOf } from './outcome-notes.js'
import { factsOf } from './publish-build.js'
import { nothingPublished, refuseUnconfirmed, unconfirmed } from './publish-errors.js'
import { FolderPublish } from './publish-folder.js'
import { PublishQueue } from './in-process-queue.js'
import type { Publisher, PublisherOptions, ReviewFacts, SiteAddress } from './publisher-contract.js'
import type { BuildFacts } from './refuse-stale.js'
import { resolveOptions, type ResolvedOptions, type UplinkOf } from './resolve-options.js'
import type { Review } from './review-folder.js'
import { SiteOwner } from './site-owner.js'
import { walkFolder } from './walk-build.js'
import { withSession } from './with-session.js'

/**
 * Makes a publisher for a project folder. Reads nothing and connects to nothing yet.
 *
 * @param uplinkOf replaces the connection with the seeds that the project pins
 * @throws {SitedriveError} BAD_OPTION when an environment variable has a value that is not known
 */
export function createPublisher(options: PublisherOptions, uplinkOf?: UplinkOf): Publisher {
  return new FolderPublisher(resolveOptions(options, uplinkOf ?? null))
}

class FolderPublisher implements Publisher {
  private readonly options: ResolvedOptions
  private readonly owner: SiteOwner
  private readonly queue = new PublishQueue()

  constructor(options: ResolvedOptions) {
    this.options = options
    this.owner = new SiteOwner(options)
  }

  site(): Promise<SiteAddress> {
    return this.owner.address()
  }

  publish(dir: string, facts: BuildFacts = {}): Promise<Outcome> {
    return this.queue.publish({ dir, facts }, (request) => {
      const publishing = new FolderPublish(this.options, this.owner, request).run()
      return this.options.channel?.follow(publishing) ?? publishing
    })
  }

  review(dir: string, { sources, against }: ReviewFacts = {}): Promise<Review> {
    return this.queue.inTurn(async () => {
      const { options } = this
      const { projectDir, home, env, onProgress, signal } = options
      const project = await this.owner.project()
      const found = walkFolder(options, dir)
      const inspection = inspectBuild(
        options,
        found,
        project,
        sources ?? lastSources(this.options.home, project?.key)
      )
      const { reviewFolder } = await import('./review-folder.js')
      try {
        return await reviewFolder(found, inspection, {
          against: against === undefined ? null : walkFolder(options, against),
          site: project && { key: project.key, paths: sitePaths(home, project.key) },
          secrets: { projectDir, env, allow: project?.secrets?.allow ?? [] },
          onProgress,
          signal
        })
      } finally {
        inspection.close()
      }
    })
  }

  rollback(release: number): Promise<Outcome> {
    return this.queue.inTurn(async () => {
      const startedAt = performance.now()
      const { env, signal } = this.options
      const site = await this.owner.owned()
      const { rollBack } = await import('./publish-rollback.js')
      return withSession(this.options, site, async (session) => {
        const { facts, changes } = await rollBack(release, session, site.project, signal)
        const notes = notesOf(site.project, session, null)
        const outcome = { ...facts, durationMs: millisecondsSince(startedAt), notes }
        return changes.length === 0
          ? { ...outcome, status: 'unchanged' }
          : refuseUnconfirmed({ ...outcome, status: 'published', changes, summary: null }, env)
      })
    })
  }

  sync(): Promise<Outcome> {
    return this.queue.inTurn(async () => {
      const startedAt = performance.now()
      const site = await this.owner.owned()
      const { project } = site
      return withSession(this.options, site, async (session) => {
        const { latest } = session
        if (!latest) throw nothingPublished(project.key)
        const seeds = await session.sync()
        const facts = factsOf(
          project,
          { ...(await session.writer.state()), release: latest.release },
          session.webAddress(project)
        )
        const notes = notesOf(project, session, null)
        if (notes.unconfirmed) throw unconfirmed(facts, notes.unconfirmed)
        return { ...facts, seeds, durationMs: millisecondsSince(startedAt), status: 'unchanged', notes }
      })
    })
  }

  close(): Promise<void> {
    return this.queue.idle()
  }
}
