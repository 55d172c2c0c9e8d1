import { hash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { SitedriveError, type ChecksMode } from '@sitedrive/core'
import { debug } from '@sitedrive/core/internal'
import type { Address } from '@sitedrive/core/drive'
import {
  createPreview,
  lastPort,
  recordAddress,
  recordedAddress,
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
  /** Where it is served on this machine. @default a port that stays the same for a project: its own, or one near it when that was taken the first time */
  port?: number | undefined
  /** Opens the preview, and not the review page, to the local network, for whoever has the token in the address. @default false */
  lan?: boolean
  /** Makes a new link, which revokes the old one. @default false */
  newLink?: boolean
  /** Nodes of the DHT to start from; null: this machine alone. @default as for publishing */
  bootstrap?: Address[] | null | undefined
  /** @default process.env */
  env?: NodeJS.ProcessEnv
  /** Called with errors that do not end the preview. */
  onProblem?: (problem: Error) => void
  /** Called when the number of viewers changes. */
  onViewers?: (viewers: Viewers) => void
  /** Called with true when a publish or a rollback of the review page begins, and with false when it has ended. */
  onRunning?: (isRunning: boolean) => void
  /** How "Publish all" of the review page makes the production build. @default what the project says */
  build?: ProductionBuild
  /** What the production build does with the findings of its checks; the review page shows it. @default what `SITEDRIVE_CHECKS` says, else 'warn' */
  checks?: ChecksMode | undefined
}

/** How many viewers a preview has now. */
export interface Viewers {
  /** Browsers that have the local address or the review page open. */
  browsers: number
  /** Peers that follow the preview drive. */
  peers: number
}

/** The live preview of a project: its preview drive, and the pages on this machine. The builds keep the drive up to date. */
export interface LivePreview {
  /** The preview drive's key, z-base-32. */
  readonly key: string
  /** The preview link: another machine needs it to follow the preview. */
  readonly link: string
  /** The address for browsers on this machine. */
  readonly url: string
  /** The addresses for phones and other machines of the local network, the likeliest first; empty unless `lan` was given. They contain a token. */
  readonly lanUrls: readonly string[]
  /** The address of the review page on this machine. It contains a token: anybody who has it may publish. */
  readonly reviewUrl: string
  /** As `Preview.update` of core. */
  update(dir: string, touched?: Iterable<string>, sources?: Sources): Promise<PreviewUpdate>
  /** The sources of the outputs, as far as updates have named them. */
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
/** How long another process may take to start, or to end. Milliseconds. */
const HANDOVER_MS = 9_000
const HANDOVER_POLL_MS = 50

/**
 * Opens a project's live preview in this process.
 *
 * @throws {SitedriveError} PREVIEW_RUNNING when another process has it open; NETWORK_FAILED when `port` is taken; and what
 * `createPreview` throws
 */
export async function openLivePreview(options: LivePreviewOptions): Promise<LivePreview> {
  const { projectDir, env, bootstrap, newLink, port, lan, build, checks, onProblem, onViewers, onRunning } =
    options
  const preview = await createWhenFree({
    projectDir,
    ...(env && { env }),
    ...(bootstrap !== undefined && { bootstrap }),
    ...(newLink !== undefined && { newLink }),
    ...(onProblem && { onProblem })
  })
  const feed = localFeed(preview, projectDir)
  let server: LiveServer | null = null
  let review: OpenReview | null = null
  let reviewers = 0
  let removeAddress: () => void
  try {
    server = await openLiveServer({
      feed,
      port,
      ...(lan && { lan }),
      firstPort: LOWEST_PORT + numberOf(projectDir),
      // Open tabs and bookmarks stay valid also when the first port is free again.
      lastPort: lastPort(env, projectDir)
    })
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
    removeAddress = recordAddress(env, projectDir, server.url)
    debug('preview', () => `process ${process.pid} serves ${projectDir}`)
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
    lanUrls: server.lanUrls,
    reviewUrl: review.url,
    update: (dir, touched, sources) => preview.update(dir, touched, sources),
    get sources() {
      return preview.sources
    },
    building: () => preview.building(),
    idle: () => preview.idle(),
    failed: (failure) => feed.failed(failure),
    close: async () => {
      stop()
      removeAddress()
      await review.close()
      await feed.close()
      await server.close()
      await preview.close()
      debug('preview', () => `process ${process.pid} has closed the preview of ${projectDir}`)
    }
  }
}

/**
 * When two processes start together, the second waits until the address of the first one's preview is noted: its error
 * names that address. A process that starts right after another was stopped waits until that one has ended.
 */
async function createWhenFree(options: PreviewOptions): Promise<Preview> {
  const endsAt = performance.now() + HANDOVER_MS
  for (;;) {
    try {
      return await createPreview(options)
    } catch (error) {
      if (!(error instanceof SitedriveError) || error.code !== 'PREVIEW_RUNNING') throw error
      const address = recordedAddress(options.env, options.projectDir)
      // A preview notes its address once it is open, and removes it first when it closes.
      if (address !== null || performance.now() > endsAt) throw error
      await pause(HANDOVER_POLL_MS)
    }
  }
}

const CHECK_MS = 250

function watchViewers(
  preview: Preview,
  browsers: () => number,
  onViewers: (viewers: Viewers) => void
): () => void {
  let last = { browsers: 0, peers: 0 }
  const check = () => {
    const now = { browsers: browsers(), peers: preview.peers }
    if (now.browsers === last.browsers && now.peers === last.peers) return
    last = now
    debug('preview', () => `${now.browsers} browsers and ${now.peers} peers have it open`)
    onViewers(now)
  }
  const timer = setInterval(check, CHECK_MS).unref()
  return () => clearInterval(timer)
}

/** A number from the folder's path: a project keeps its port, so that open tabs and bookmarks stay valid. */
function numberOf(projectDir: string): number {
  return hash('sha256', realpathSync(projectDir), 'buffer').readUInt32BE(0) % PORTS
}
