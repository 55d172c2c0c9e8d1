import type { SiteKeys } from '../holepunch/key-pairs.js'
import { sitePaths } from '../machine/data-dir.js'
import { bootstrapOf } from '../machine/network-choice.js'
import { describeWait } from '../outcome/report.js'
import { seedsWanted, type Project } from '../project/project-file.js'
import type { SeenState } from '../session/open-session.js'
import type { SiteSession } from '../session/site-session.js'
import { NO_SEEDS, type Uplink } from '../session/uplink.js'
import type { ResolvedOptions } from './resolve-options.js'
import type { OwnedSite } from './site-owner.js'

/**
 * Opens a session with the site's store and its seeds, uses it, and closes it.
 *
 * @param use runs a second time, with another session, when a seed turns out to hold more than this machine
 * @param seen what was read of the site before; null: nothing
 * @throws {SitedriveError} what opening the session throws, such as LOCK_TIMEOUT or STORE_BEHIND, and what `use` throws
 */
export async function withSession<T>(
  options: ResolvedOptions,
  { project, secret }: OwnedSite,
  use: (session: SiteSession) => Promise<T>,
  seen: SeenState | null = null
): Promise<T> {
  // Imported here, because these modules load native code that an unchanged build does not need.
  const [{ openSession }, { SeedsHoldMore }, { deriveKeys }] = await Promise.all([
    import('../session/open-session.js'),
    import('../session/site-session.js'),
    import('../holepunch/key-pairs.js')
  ])
  const keys = deriveKeys(secret)
  const uplinkOf = options.uplinkOf ?? ((...site) => openSeeds(options, ...site))
  for (let isNotAlone = false; ; isNotAlone = true) {
    const session = await openSession({
      paths: sitePaths(options.home, project.key),
      keys,
      uplink: await uplinkOf(project, keys),
      seen,
      acceptLoss: options.acceptLoss,
      isNotAlone,
      lockTimeoutMs: options.lockTimeoutMs,
      onWait: (holder, waitedMs) => {
        options.channel?.send({ kind: 'waiting', text: describeWait(holder, waitedMs) })
        options.onWait?.(holder, waitedMs)
      },
      signal: options.signal
    })
    try {
      const result = await use(session)
      session.told()
      return result
    } catch (error) {
      if (isNotAlone || !(error instanceof SeedsHoldMore)) throw error
    } finally {
      await session.close()
    }
  }
}

/** Makes the connection with the seeds that the project pins; nothing is dialled yet. */
async function openSeeds(options: ResolvedOptions, project: Project, keys: SiteKeys): Promise<Uplink> {
  if (project.seeds.length === 0) return NO_SEEDS
  const { SeedUplink } = await import('../session/seed-uplink.js')
  return new SeedUplink({
    seeds: project.seeds,
    confirm: seedsWanted(project),
    identity: keys.network,
    bootstrap: options.bootstrap ?? bootstrapOf(options.env, options.home),
    onProgress: options.onPublishProgress,
    signal: options.signal,
    ...options.seedTimeouts
  })
}
