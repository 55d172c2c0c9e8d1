import type { RequestListener } from 'node:http'
import type { ChecksMode } from '@sitedrive/core'
import type { Sources } from '@sitedrive/core/content'
import type { Preview } from '@sitedrive/core/preview'
import type { PreviewFeed } from '../feed/feed.js'
import { listenSomewhere } from '../listen-somewhere.js'
import { listen } from '@sitedrive/mirror/parts'
import type { ProductionBuild } from './build-command.js'
import { REVIEW_HOST } from '../review-host.js'
import { Guard } from './guard.js'

export interface ReviewOptions {
  /** The folder of the project, absolute. */
  projectDir: string
  /** @default process.env */
  env?: NodeJS.ProcessEnv
  /** What a publish would publish, as far as a dev build shows it. */
  preview: Pick<Preview, 'files' | 'shown'>
  feed: PreviewFeed
  /** Where the live preview is on this machine. */
  previewUrl: string
  /** How the production build is made. @default what the project says */
  build?: ProductionBuild
  /** What that build does with what its checks find. @default what `SITEDRIVE_CHECKS` says, else 'warn' */
  checks?: ChecksMode
  /** Which source each output was made of. @default nobody knows */
  sources?: () => Sources
  /** The port to begin the search for a free one with. @default 5200 */
  firstPort?: number
  /** Hears how many pages are open. */
  onViewers?: (count: number) => void
  /** Hears when a publish or a rollback begins, and when none goes on any more. */
  onRunning?: (isRunning: boolean) => void
}

/** The review page of one project. */
export interface OpenReview {
  /** With the token: whoever has it may publish. */
  url: string
  /** A publish that runs is stopped. Safe to call twice. */
  close(): Promise<void>
}

const FIRST_PORT = 5_200

/** What is behind the page, once somebody has asked for it. */
interface Behind {
  listener: RequestListener
  close(): Promise<void>
}

/**
 * Opens the review page of a project. Until somebody looks at it, it is a socket that listens and nothing else.
 *
 * @throws {SitedriveError} NETWORK_FAILED when it cannot listen at any port
 */
export async function openReview(options: ReviewOptions): Promise<OpenReview> {
  const guard = new Guard()
  let behind: Promise<Behind> | null = null
  const listener: RequestListener = (req, res) => {
    // Nobody else has anything opened for them.
    if (guard.refuseHost(req)) return refuse(res)
    behind ??= openBehind(guard, options, server.port)
    behind.then(
      ({ listener: answer }) => answer(req, res),
      () => {
        behind = null
        res.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '2' })
        res.end('The review page cannot be opened right now.\n')
      }
    )
  }
  const server = await listenSomewhere({ firstPort: options.firstPort ?? FIRST_PORT }, (port) =>
    listen(listener, { port })
  )
  let closed: Promise<void> | null = null
  return {
    url: `http://${REVIEW_HOST}:${server.port}/#${guard.token}`,
    close: () =>
      (closed ??= (async () => {
        const opened = await behind?.catch(() => null)
        await opened?.close()
        await server.close()
      })())
  }
}

function refuse(res: Parameters<RequestListener>[1]): void {
  res.writeHead(403, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  res.end('This is no name of the review page.\n')
}

async function openBehind(guard: Guard, options: ReviewOptions, port: number): Promise<Behind> {
  const [{ Review }, { reviewListener }, { LastRelease }, { openFrames }] = await Promise.all([
    import('./review-session.js'),
    import('./review-listener.js'),
    import('./release-in-use.js'),
    import('./frames.js')
  ])
  const {
    env = process.env,
    sources = () => ({}),
    build = {},
    onViewers = () => {},
    onRunning = () => {}
  } = options
  const release = new LastRelease(options.projectDir, env)
  const framedBy = [REVIEW_HOST, '127.0.0.1'].map((name) => `http://${name}:${port}`)
  const frames = await openFrames({ feed: options.feed, release, framedBy })
  const review = new Review({ ...options, env, sources, build, onViewers, onRunning, release, frames })
  review.prepare()
  return {
    listener: reviewListener(guard, review),
    async close() {
      await review.close()
      await frames.close()
      release.close()
    }
  }
}
