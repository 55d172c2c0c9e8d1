import { hash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import type { Address } from '@sitedrive/core/drive'
import {
  createPreview,
  noteAddress,
  type BuildFailure,
  type PreviewUpdate,
  type Preview
} from '@sitedrive/core/preview'
import { localFeed } from './local-feed.js'
import { openLiveServer, type LiveServer } from './live-server.js'

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
}

/** Who looks at a preview now. */
export interface Viewers {
  /** Browsers that have the local address open. */
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
  /** As `Preview.update` of core. */
  update(dir: string, touched?: Iterable<string>): Promise<PreviewUpdate>
  building(): void
  failed(failure: BuildFailure): Promise<void>
  /** Safe to call twice. */
  close(): Promise<void>
}

const LOWEST_PORT = 4400
const PORTS = 500

/**
 * Opens a project's live preview in this process.
 *
 * @throws {SitedriveError} PREVIEW_RUNNING when another process has it open; NETWORK_FAILED when the port that was asked
 * for is taken; and what `createPreview` throws
 */
export async function openLivePreview(options: LivePreviewOptions): Promise<LivePreview> {
  const { projectDir, env, bootstrap, newLink, port, onProblem, onViewers } = options
  const preview = await createPreview({
    projectDir,
    ...(env && { env }),
    ...(bootstrap !== undefined && { bootstrap }),
    ...(newLink !== undefined && { newLink }),
    ...(onProblem && { onProblem })
  })
  const feed = localFeed(preview)
  let server: LiveServer
  try {
    server = await openLiveServer({ feed, port, firstPort: portOf(projectDir) })
  } catch (error) {
    await feed.close()
    await preview.close()
    throw error
  }
  const forget = noteAddress(env, projectDir, server.url)
  const stop = onViewers ? watchViewers(preview, server, onViewers) : () => {}
  return {
    key: preview.key,
    link: preview.link,
    url: server.url,
    update: (dir, touched) => preview.update(dir, touched),
    building: () => preview.building(),
    failed: (failure) => preview.failed(failure),
    close: async () => {
      stop()
      forget()
      await feed.close()
      await server.close()
      await preview.close()
    }
  }
}

const LOOK_MS = 250

function watchViewers(
  preview: Preview,
  server: LiveServer,
  onViewers: (viewers: Viewers) => void
): () => void {
  let last = { browsers: 0, peers: 0 }
  const look = () => {
    const now = { browsers: server.viewers, peers: preview.peers }
    if (now.browsers === last.browsers && now.peers === last.peers) return
    last = now
    onViewers(now)
  }
  const timer = setInterval(look, LOOK_MS).unref()
  return () => clearInterval(timer)
}

/** The same for a folder every time, and mostly another for another folder: open tabs and bookmarks stay good. */
function portOf(projectDir: string): number {
  return LOWEST_PORT + (hash('sha256', realpathSync(projectDir), 'buffer').readUInt32BE(0) % PORTS)
}
