import { hash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { SitedriveError, type ChecksMode } from '@sitedrive/core'
import type { Address } from '@sitedrive/core/drive'
import {
  createPreview,
  noteAddress,
  notedAddress,
  type BuildFailure,
  type Preview,
  type PreviewOptions,
  type PreviewUpdate,
  type Sources
} from '@sitedrive/core/preview'
import { localFeed } from '../feed/local-feed.js'
import { openLiveServer, type LiveServer } from '../live/live-server.js'
import { openReview, type OpenReview } from '../review/open-review.js'
import type { ProductionBuild } from '../review/build-command.js'

export interface LivePreviewOptions {
  /** The folder of the project, absolute. */
  projectDir: string
  /** Where it is served on this machine. @default a port that stays the same for a project, or one near it when that is taken */
  port?: number | undefined
  /** Mints another link, which revokes the one that was. @default false */
  newLink?: boolean
  /** Nodes of the DHT to start from; null: this machine alone. @default as for publishing */
  bootstrap?: Address[] | null | undefined
  /** @default process.env */
  env?: NodeJS.ProcessEnv
  /** Hears of what went wrong without ending the preview. */
  onProblem?: (problem: Error) => void
  /** Hears how many look at it: browsers here, and peers. */
  onViewers?: (viewers: Viewers) => void
  /** Hears when a publish or a rollback of the review page begins, and when none goes on any more. */
  onRunning?: (isRunning: boolean) => void
  /** How "Publish all" of the review page makes the production build. @default what the project says */
  build?: ProductionBuild
  /** What the production build does with what its checks find: the review page says so. @default what `SITEDRIVE_CHECKS` says, else 'warn' */
  checks?: ChecksMode | undefined
}

/** Who looks at a preview now. */
export interface Viewers {
  /** Browsers that have the local address or the review page open. */
  browsers: number
  /** Peers that follow the preview drive. */
  peers: number
}

/** The live preview of a project: its drive, kept up to date by whoever builds, and its pages on this machine. */
export interface LivePreview {
  /** The preview drive's key, z-base-32. */
  readonly key: string
  /** What another machine needs to follow it. */
  readonly link: string
  /** Where it is for browsers on this machine. */
  readonly url: string
  /** Where what changed is reviewed and published, for browsers on this machine. It carries a token: whoever has it may publish. */
  readonly reviewUrl: string
  /** As `Preview.update` of core. */
  update(dir: string, touched?: Iterable<string>, sources?: Sources): Promise<PreviewUpdate>
  /** What outputs were made of, as far as updates have told. */
  readonly sources: Sources
  building(): void
  idle(): void
  failed(failure: BuildFailure): Promise<void>
  /** Safe to call twice. */
  close(): Promise<void>
}

const LOWEST_PORT = 4400
const LOWEST_REVIEW_PORT = 5200
const PORTS = 500
/** How long another process may take to begin, or to end. Milliseconds. */
const HANDOVER_MS = 9_000
const HANDOVER_POLL_MS = 50

/**
 * Opens a project's live preview in this process.
 *
 * @throws {SitedriveError} PREVIEW_RUNNING when another process has it open; NETWORK_FAILED when the port that was asked
 * for is taken; and what `createPreview` throws
 */
export async function openLivePreview(options: LivePreviewOptions): Promise<LivePreview> {
  const { projectDir, env, bootstrap, newLink, port, build, checks, onProblem, onViewers, onRunning } =
    options
  const preview = await createWhenFree({
    projectDir,
    ...(env && { env }),
    ...(bootstrap !== undefined && { bootstrap }),
    ...(newLink !== undefined && { newLink }),
    ...(onProblem && { onProblem })
  })
  const feed = localFeed(preview)
  let server: LiveServer | null = null
  let review: OpenReview | null = null
  let reviewers = 0
  let forget: () => void
  try {
    server = await openLiveServer({ feed, port, firstPort: LOWEST_PORT + numberOf(projectDir) })
    review = await openReview({
      projectDir,
      preview,
      feed,
      previewUrl: server.url,
      sources: () => preview.sources,
      firstPort: LOWEST_REVIEW_PORT + numberOf(projectDir),
      onViewers: (count) => (reviewers = count),
      ...(env && { env }),
      ...(build && { build }),
      ...(checks && { checks }),
      ...(onRunning && { onRunning })
    })
    forget = noteAddress(env, projectDir, server.url)
  } catch (error) {
    await review?.close()
    await feed.close()
    await server?.close()
    await preview.close()
    throw error
  }
  const browsers = () => server.viewers + reviewers
  const stop = onViewers ? watchViewers(preview, browsers, onViewers) : () => {}
  return {
    key: preview.key,
    link: preview.link,
    url: server.url,
    reviewUrl: review.url,
    update: (dir, touched, sources) => preview.update(dir, touched, sources),
    get sources() {
      return preview.sources
    },
    building: () => preview.building(),
    idle: () => preview.idle(),
    failed: (failure) => preview.failed(failure),
    close: async () => {
      stop()
      forget()
      await review.close()
      await feed.close()
      await server.close()
      await preview.close()
    }
  }
}

/**
 * Of two processes that begin together, the second waits until it can say where the first one's preview is; and one that
 * begins right after another was stopped waits until that has ended.
 */
async function createWhenFree(options: PreviewOptions): Promise<Preview> {
  const endsAt = performance.now() + HANDOVER_MS
  for (;;) {
    try {
      return await createPreview(options)
    } catch (error) {
      if (!(error instanceof SitedriveError) || error.code !== 'PREVIEW_RUNNING') throw error
      const address = notedAddress(options.env, options.projectDir)
      // The address is noted once a preview can be seen, and is the first thing that goes when it ends.
      if (address !== null || performance.now() > endsAt) throw error
      await pause(HANDOVER_POLL_MS)
    }
  }
}

const LOOK_MS = 250

function watchViewers(
  preview: Preview,
  browsers: () => number,
  onViewers: (viewers: Viewers) => void
): () => void {
  let last = { browsers: 0, peers: 0 }
  const look = () => {
    const now = { browsers: browsers(), peers: preview.peers }
    if (now.browsers === last.browsers && now.peers === last.peers) return
    last = now
    onViewers(now)
  }
  const timer = setInterval(look, LOOK_MS).unref()
  return () => clearInterval(timer)
}

/** The same for a folder every time, and mostly another for another folder: open tabs and bookmarks stay good. */
function numberOf(projectDir: string): number {
  return hash('sha256', realpathSync(projectDir), 'buffer').readUInt32BE(0) % PORTS
}
