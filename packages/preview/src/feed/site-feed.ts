import type { Difference, Drive, DriveState } from '@sitedrive/core/drive'
import { changesOf } from '@sitedrive/core/preview'
import { ShownFeed, type LiveStatus, type PreviewFeed } from './feed.js'

/** A published site that this process follows. */
export interface FollowedSite {
  readonly key: string
  /** The shown state; null before the first. */
  readonly state: DriveState | null
  /** The drive at the version of a shown state. */
  at(version: number): Drive
  /** Calls back with each new shown state, and its differences from the one before, when they are known. @returns stops it */
  onState(listener: (state: DriveState, differences: Difference[] | null) => void): () => void
}

/** Nothing of a build is known of a published site, so nothing is told of one. */
const PUBLISHED: LiveStatus = { state: 'ready', failure: null, author: { online: true, updatedAt: null } }

/** The feed of a published site: its open pages update themselves when a new release is shown. Closing it leaves the site open. */
export function siteFeed(site: FollowedSite): PreviewFeed {
  const feed = new ShownFeed(PUBLISHED)
  const show = (state: DriveState, differences: Difference[] | null) =>
    feed.show(state, site.at(state.version), differences && changesOf(differences))
  if (site.state) show(site.state, null)
  const stop = site.onState(show)
  return {
    key: site.key,
    isOwn: false,
    get id() {
      return feed.id
    },
    status: PUBLISHED,
    hold: () => feed.hold(),
    changesSince: (id) => feed.changesSince(id),
    onUpdate: (listener) => feed.onUpdate(listener),
    onStatus: (listener) => feed.onStatus(listener),
    close: async () => {
      stop()
      feed.end()
    }
  }
}
