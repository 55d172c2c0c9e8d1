import path from 'node:path'
import { linkOf, SitedriveError, type ForkOrigin } from '@sitedrive/core'
import { findRelease, type Drive, type Release } from '@sitedrive/core/drive'
import { writeProject } from '@sitedrive/core/internal'
import { wantedState } from '../copy/clone-site.js'
import { withStall } from '../copy/stall.js'
import type { SiteSource } from '../site/site-source.js'
import { mergeInto, type MergedFile } from './merge-states.js'
import { forkIn } from './fork-in.js'
import { releaseOf } from './release-of.js'
import { SITE_DIR } from './fork-site.js'
import { WorkFolder } from './work-folder.js'

export interface MergeOptions {
  /** The project folder into which is merged, absolute. */
  dir: string
  /** How long nothing may arrive before it is given up. Milliseconds. @default 20000 */
  stallMs?: number
  signal: AbortSignal
}

export interface Updated {
  /** The newest release of the other site; null: another program wrote it. */
  release: Release | null
  /** The files that it has changed since. Empty: the fork has all of it. */
  files: MergedFile[]
}

/**
 * Takes over what the other site has published since it was forked, see `mergeInto`.
 *
 * @throws {SitedriveError} NOT_HELD when nobody has what is needed; NOT_A_FORK; as `mergeInto`
 */
export function updateFork(drive: SiteSource, { dir, ...options }: MergeOptions): Promise<Updated> {
  return withStall(drive, options, 'Nothing was changed. Try again later.', (signal) =>
    update(drive, dir, signal)
  )
}

async function update(drive: SiteSource, dir: string, signal: AbortSignal): Promise<Updated> {
  const { project, origin } = forkIn(dir)
  const { version, blobsLength } = await wantedState(drive, {}, signal)
  const now = drive.at(version)
  const then = drive.at(await versionOf(origin, now))
  try {
    const [before, release] = [await releaseOf(then), await releaseOf(now)]
    const part = before?.source ? 'source' : 'site'
    if (part === 'source' && !release?.source)
      throw new SitedriveError(
        'NOT_A_FORK',
        `${linkOf(origin.of)} carries no source any more, and the fork was made of its source. Nothing was changed.`
      )
    const files = await mergeInto(
      new WorkFolder(part === 'source' ? dir : path.join(dir, SITE_DIR)),
      { base: { drive, at: then, blobsLength }, theirs: { drive, at: now, blobsLength } },
      {
        part,
        labels: { ours: 'yours', theirs: release ? `theirs, release ${release.release}` : 'theirs' },
        signal
      }
    )
    writeProject(dir, { ...project, fork: { of: origin.of, release: release?.release ?? null, version } })
    return { release, files }
  } finally {
    await Promise.all([then.close(), now.close()])
  }
}

/** Where the state ended that was forked. Releases keep their numbers, also when the history was written anew. */
async function versionOf({ of, release, version }: ForkOrigin, now: Drive): Promise<number> {
  if (release !== null) return (await findRelease(now, release)).version
  if (version <= now.version) return version
  throw new SitedriveError(
    'NOT_HELD',
    `The fork was made of version ${version} of ${linkOf(of)}, and the newest that anybody has is version ${now.version}. Nothing was changed. Try again later.`
  )
}
