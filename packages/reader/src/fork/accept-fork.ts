import { linkOf, SitedriveError, type ForkOrigin } from '@sitedrive/core'
import { findRelease, type Release } from '@sitedrive/core/drive'
import { wantedState } from '../copy/clone-site.js'
import { withStall } from '../copy/stall.js'
import type { SiteSource } from '../site/site-source.js'
import { mergeInto, type MergedFile } from './merge-states.js'
import { releaseOf } from './release-of.js'
import type { MergeOptions } from './update-fork.js'
import { WorkFolder } from './work-folder.js'

export interface Accepted {
  /** The newest release of the fork. */
  release: Release
  origin: ForkOrigin
  /** The files that the fork has changed. Empty: the project has all of it. */
  files: MergedFile[]
}

/**
 * Merges what a fork made of the source of a site into the project of that site, see `mergeInto`.
 *
 * @param fork the site that was made of the author's own
 * @param own the author's own site, as this machine published it
 * @throws {SitedriveError} NOT_A_FORK when the other is no fork of this site, or one of them carries no source; NOT_HELD; as `mergeInto`
 */
export function acceptFork(
  fork: SiteSource,
  own: SiteSource,
  { dir, ...options }: MergeOptions
): Promise<Accepted> {
  return withStall(fork, options, 'Nothing was changed. Try again later.', (signal) =>
    accept(fork, own, dir, signal)
  )
}

async function accept(
  fork: SiteSource,
  own: SiteSource,
  dir: string,
  signal: AbortSignal
): Promise<Accepted> {
  const [theirState, ourState] = [await wantedState(fork, {}, signal), await wantedState(own, {}, signal)]
  const theirs = fork.at(theirState.version)
  const ours = own.at(ourState.version)
  try {
    const release = await releaseOf(theirs)
    const origin = originIn(release, fork.key, own.key)
    if (!release?.source || origin.release === null) throw noSource(fork.key)
    const forked = await findRelease(ours, origin.release)
    if (!forked.source) throw noSource(own.key)
    const base = own.at(forked.version)
    try {
      const files = await mergeInto(
        new WorkFolder(dir),
        {
          base: { drive: own, at: base, blobsLength: ourState.blobsLength },
          theirs: { drive: fork, at: theirs, blobsLength: theirState.blobsLength }
        },
        { part: 'source', labels: { ours: 'yours', theirs: `fork ${fork.key.slice(0, 8)}` }, signal }
      )
      return { release, origin, files }
    } finally {
      await base.close()
    }
  } finally {
    await Promise.all([theirs.close(), ours.close()])
  }
}

/** What the fork says it was made of. @throws {SitedriveError} NOT_A_FORK when that is not this site */
function originIn(release: Release | null, fork: string, own: string): ForkOrigin {
  const origin = release?.fork
  if (origin?.of === own) return origin
  const what = origin
    ? `it says that it is a fork of ${linkOf(origin.of)}. Its author can fork yours, and take over what they made`
    : 'it does not say that it is a fork'
  throw new SitedriveError(
    'NOT_A_FORK',
    `${linkOf(fork)} is no fork of ${linkOf(own)}: ${what}. Nothing was changed.`
  )
}

function noSource(key: string): SitedriveError {
  return new SitedriveError(
    'NOT_A_FORK',
    `${linkOf(key)} carries no source, so there is nothing to merge. \`"source": true\` in its sitedrive.json publishes the source. Nothing was changed.`
  )
}
