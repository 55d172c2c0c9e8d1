import type { RequestListener } from 'node:http'
import type { ChecksMode } from '@sitedrive/core'
import type { Sources } from '@sitedrive/core/content'
import type { Preview } from '@sitedrive/core/preview'
import type { PreviewFeed } from '../feed/feed.js'
import { Guard, listen, listenOnFreePort } from '@sitedrive/mirror/parts'
import type { ProductionBuild } from './build-command.js'
import { REVIEW_HOST } from '../review-host.js'

export interface ReviewOptions {
  /** The folder of the project, absolute. */
  projectDir: string
  /** @default process.env */
  env?: NodeJS.ProcessEnv
  /** The preview: its files are compared with the last release. */
  preview: Pick<Preview, 'files' | 'shown' | 'dir'>
  feed: PreviewFeed
  /** The address of the live preview on this machine. */
  previewUrl: string
  /** How the production build is run. @default as the project's files say */
  build?: ProductionBuild
  /** What that build does with the findings of its checks. @default what `SITEDRIVE_CHECKS` says, else 'warn' */
  checks?: ChecksMode
  /** The source of each output. @default none is known */
  sources?: () => Sources
  /** The first port to try. @default 5200 */
  firstPort?: number
  /** Called with the number of open pages when it changes. */
  onViewers?: (count: number) => void
  /** Called with true when a publish or a rollback begins, and with false when it has ended. */
  onRunning?: (isRunning: boolean) => void
}

/** The review page of one project. */
export interface OpenReview {
  /** The address with the token: anybody who has it may publish. */
  url: string
  /** Cancels a running publish. Safe to call twice. */
  close(): Promise<void>
}

const FIRST_PORT = 5_200

/** The parts that are opened at the first request. */
interface OpenedReview {
  listener: RequestListener
  close(): Promise<void>
}

/**
 * Opens the review page of a project. Until the first request it is only a listening socket.
 *
 * @throws {SitedriveError} NETWORK_FAILED when it cannot listen at any port
 */
export async function openReview(options: ReviewOptions): Promise<OpenReview> {
  const guard = new Guard({
    hosts: [REVIEW_HOST, '127.0.0.1'],
    page: 'the review page',
    printedBy: 'the dev process'
  })
  let opening: Promise<OpenedReview> | null = null
  const listener: RequestListener = (req, res) => {
    // A request for another host must not open anything.
    if (guard.refuseHost(req)) return refuse(res)
    opening ??= openParts(guard, options, server.port)
    opening.then(
      ({ listener: answer }) => answer(req, res),
      () => {
        opening = null
        res.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '2' })
        res.end('The review page cannot be opened right now.\n')
      }
    )
  }
  const server = await listenOnFreePort({ firstPort: options.firstPort ?? FIRST_PORT }, (port) =>
    listen(listener, { port })
  )
  let closed: Promise<void> | null = null
  return {
    url: guard.urlAt(server.port),
    close: () =>
      (closed ??= (async () => {
        const opened = await opening?.catch(() => null)
        await opened?.close()
        await server.close()
      })())
  }
}

function refuse(res: Parameters<RequestListener>[1]): void {
  res.writeHead(403, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  res.end('This is no name of the review page.\n')
}

async function openParts(guard: Guard, options: ReviewOptions, port: number): Promise<OpenedReview> {
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
