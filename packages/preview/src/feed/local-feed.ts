import type { Preview, Shown } from '@sitedrive/core/preview'
import { ShownFeed, type LiveStatus, type PreviewFeed } from './feed.js'

/** The feed of a preview that this process writes. Closing the feed leaves the preview open. */
export function localFeed(preview: Preview): PreviewFeed {
  const feed = new ShownFeed(statusOf(preview))
  const show = ({ state, changes }: Shown) => {
    feed.show(state, preview.at(state.version), changes)
    feed.setStatus(statusOf(preview))
  }
  if (preview.shown) show({ ...preview.shown, changes: [] })
  const stops = [preview.onShown(show), preview.onBuilding(() => feed.setStatus(statusOf(preview)))]
  return {
    key: preview.key,
    get id() {
      return feed.id
    },
    get status() {
      return feed.status
    },
    hold: () => feed.hold(),
    changesSince: (id) => feed.changesSince(id),
    onUpdate: (listener) => feed.onUpdate(listener),
    onStatus: (listener) => feed.onStatus(listener),
    close: async () => {
      for (const stop of stops) stop()
      feed.end()
    }
  }
}

function statusOf({ shown, isBuilding }: Preview): LiveStatus {
  const failure = shown?.status.failure ?? null
  return {
    state: isBuilding ? 'building' : failure ? 'failed' : 'ready',
    failure,
    author: { online: true, updatedAt: shown?.status.updatedAt ?? null }
  }
}
