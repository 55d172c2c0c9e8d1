import { completeFailure, type BuildFailure, type Preview, type Shown } from '@sitedrive/core/preview'
import { sourceLines, toldToOthers } from '../failure/source-lines.js'
import { ShownFeed, type Failure, type LiveStatus, type PreviewFeed } from './feed.js'

export interface LocalFeed extends PreviewFeed {
  /** As `Preview.failed`; the source lines of the place are shown on this machine. */
  failed(failure: BuildFailure): Promise<void>
}

/**
 * The feed of a preview that this process writes. Closing the feed leaves the preview open.
 *
 * @param projectDir where sources are read; null: they are not shown
 */
export function localFeed(preview: Preview, projectDir: string | null = null): LocalFeed {
  /** The last failure: as the drive has it, and as this machine shows it. */
  let explained: { told: string; failure: Failure } | null = null
  const explain = (told: Failure) =>
    explained?.told === JSON.stringify(told) ? explained.failure : { ...told, source: null }
  const status = () => statusOf(preview, explain)
  const feed = new ShownFeed(status())
  const show = ({ state, changes }: Shown) => {
    feed.show(state, preview.at(state.version), changes)
    feed.setStatus(status())
  }
  if (preview.shown) show({ ...preview.shown, changes: [] })
  const stops = [preview.onShown(show), preview.onBuilding(() => feed.setStatus(status()))]
  return {
    key: preview.key,
    isOwn: true,
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
    failed(failure) {
      const told = toldToOthers(failure)
      // The file is read now: an editor may write it again at any time.
      const source = projectDir === null ? null : sourceLines(projectDir, failure)
      explained = {
        told: JSON.stringify(completeFailure(told)),
        failure: { ...completeFailure(failure), source }
      }
      return preview.failed(told)
    },
    close: async () => {
      for (const stop of stops) stop()
      feed.end()
    }
  }
}

function statusOf({ shown, isBuilding }: Preview, explain: (failure: Failure) => Failure): LiveStatus {
  const failure = shown?.status.failure ?? null
  return {
    state: isBuilding ? 'building' : failure ? 'failed' : 'ready',
    failure: failure && explain(failure),
    author: { online: true, updatedAt: shown?.status.updatedAt ?? null }
  }
}
