import { statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { SitedriveError } from '@sitedrive/core'
import { keepMemorySmall, printable, whyProject } from '@sitedrive/core/internal'
import { isPreviewOpen, recordedAddress, type PreviewUpdate } from '@sitedrive/core/preview'
import {
  openLivePreview,
  type LivePreview,
  type LivePreviewOptions,
  type Viewers
} from '@sitedrive/preview/live'
import { EXIT, untilStopped, type Screen, type Session } from '@sitedrive/terminal'
import { describeChanges, describeViewers } from '../describe-preview.js'
import { openInBrowser } from '../open-in-browser.js'
import { printLanAddresses } from '../print-lan-addresses.js'
import { StatusLine } from '../status-line.js'
import { watchFolder } from '../watch-folder.js'

export interface WatchFlags {
  port?: number
  settle?: number
  poll?: boolean
  host?: boolean
  newLink?: boolean
  open?: boolean
}

/** How often it is checked whether the other process has closed the preview. Milliseconds. */
const CHECK_MS = 500
/** The lock is tested only at every tenth check, because the test can disturb a process that is just starting. */
const CHECKS_PER_LOCK_TEST = 10
/** A dev server that restarts is back within this time. Milliseconds. */
const FREE_MS = 5_000

/** Shows a folder that another program writes as a live preview, until the command is stopped. */
export async function watch(session: Session, dir: string, flags: WatchFlags): Promise<number> {
  const { projectDir, screen, env, signal } = session
  const folder = path.resolve(projectDir, dir)
  refuseFile(folder, dir)
  session.expectStopSignal()
  keepMemorySmall()
  const shown = new UpdateLine(screen, env)
  const preview = await openWhenFree(session, flags, {
    projectDir,
    port: flags.port,
    lan: flags.host ?? false,
    newLink: flags.newLink ?? false,
    env,
    build: { dir: folder },
    onProblem: (problem) => screen.warn(printable(problem.message)),
    onViewers: (viewers) => shown.viewers(viewers)
  })
  if (!preview) return EXIT.done
  const { key, link, url, lanUrls, reviewUrl } = preview
  const failed = new AbortController()
  let folderWatch
  try {
    screen.json({ key, link, url, reviewUrl })
    screen.print(`Preview link: ${link}`)
    screen.print(`Review and publish: ${reviewUrl}`)
    if (flags.host) await printLanAddresses(session, lanUrls)
    screen.print('Ctrl-C stops it. On this machine it is at:')
    screen.print(url)
    warnOfProject(session, folder, dir)
    if (flags.open) await openInBrowser(url, screen)
    folderWatch = watchFolder(folder, {
      settleMs: flags.settle,
      poll: flags.poll,
      onBusy: () => preview.building(),
      onMissing: () => {
        preview.idle()
        shown.info(`Waiting for ${printable(dir)} …`)
      },
      onStillChanging: (file) =>
        shown.info(
          `${printable(dir)} has been changing for 10 s without a pause, last \`${printable(file)}\`. ` +
            'What it becomes is shown when its writer is done.'
        ),
      onProblem: (problem) => screen.warn(printable(problem.message)),
      onSettled: (touched) =>
        void preview.update(folder, touched ?? undefined).then(
          (update) => shown.update(update),
          (error: unknown) => {
            // A later build cannot solve this.
            if (error instanceof SitedriveError && error.code === 'DIR_OVERLAP') failed.abort(error)
            else shown.failed(error)
          }
        )
    })
    await untilStopped(AbortSignal.any([signal, failed.signal]))
    failed.signal.throwIfAborted()
    screen.info('Stopping.')
    return EXIT.done
  } finally {
    shown.close()
    folderWatch?.close()
    await preview.close()
  }
}

/** Shows the newest update and the number of viewers. */
class UpdateLine {
  private readonly screen: Screen
  private readonly line: StatusLine
  private last: PreviewUpdate | null = null
  private text = ''
  private lastViewers: Viewers = { browsers: 0, peers: 0 }
  private lastProblem = ''
  private isClosed = false

  constructor(screen: Screen, env: NodeJS.ProcessEnv) {
    this.screen = screen
    this.line = new StatusLine(screen, env)
  }

  update(update: PreviewUpdate): void {
    // Several calls may get the same update, when they were written together.
    if (this.isClosed || update === this.last) return
    this.last = update
    this.lastProblem = ''
    const changes = describeChanges(update.changes)
    if (changes) this.text = `${timeNow()} ${changes}`
    else if (this.line.isLive) this.text = `${timeNow()} Nothing differs`
    else return
    this.draw()
  }

  viewers(viewers: Viewers): void {
    this.lastViewers = viewers
    // Without a terminal, only updates get a line.
    if (this.text && this.line.isLive) this.draw()
  }

  failed(error: unknown): void {
    const message = printable(error instanceof Error ? error.message : String(error))
    if (this.isClosed || message === this.lastProblem) return
    this.lastProblem = message
    this.screen.warn(message)
  }

  info(line: string): void {
    if (!this.isClosed) this.screen.info(line)
  }

  close(): void {
    this.isClosed = true
    this.screen.clearProgress()
  }

  private draw(): void {
    if (this.isClosed) return
    const text = `${this.text} — ${describeViewers(this.lastViewers)}`
    // Not through `line`: two updates with the same text need a line each.
    if (this.line.isLive) this.line.show(text)
    else this.screen.info(text)
  }
}

/**
 * Opens the preview. When another process shows the same project, this one prints the address there and waits until that
 * process has closed the preview for a while, so that a dev server that restarts can open it again.
 *
 * @returns null when the command was stopped before
 */
async function openWhenFree(
  session: Session,
  flags: WatchFlags,
  options: LivePreviewOptions
): Promise<LivePreview | null> {
  const { projectDir, env, signal } = session
  let reportedUrl: string | null = null
  while (!signal.aborted) {
    try {
      return await openLivePreview(options)
    } catch (error) {
      if (!isRunning(error) || flags.newLink) throw error
      const url = recordedAddress(env, projectDir)
      if (url === null && reportedUrl === null) throw error // the other process has no address yet
      if (url !== null && url !== reportedUrl) {
        reportedUrl = url
        await printRunningPreview(session, error, url, flags)
      }
    }
    await untilFree(session)
  }
  session.screen.info('Stopping.')
  return null
}

/** Waits until no process has had the preview for a while, or the command is stopped. */
async function untilFree({ projectDir, env, signal }: Session): Promise<void> {
  let lastSeenAt = performance.now()
  for (let checks = 1; !signal.aborted && performance.now() - lastSeenAt < FREE_MS; checks++) {
    await pause(CHECK_MS, undefined, { signal }).catch(() => {}) // the command was stopped
    if (recordedAddress(env, projectDir) === null) continue
    lastSeenAt = performance.now()
    // A killed process leaves its address behind, so the lock is tested.
    if (checks % CHECKS_PER_LOCK_TEST === 0 && !(await isPreviewOpen(env, projectDir))) return
  }
}

async function printRunningPreview(
  { screen }: Session,
  error: SitedriveError,
  url: string,
  { open }: WatchFlags
): Promise<void> {
  screen.json({ key: null, link: null, url, reviewUrl: null })
  screen.print(printable(error.message))
  screen.print('This one goes on in its place when it has ended; Ctrl-C ends this one. The preview is at:')
  screen.print(printable(url))
  if (open) await openInBrowser(url, screen)
}

function isRunning(error: unknown): error is SitedriveError {
  return error instanceof SitedriveError && error.code === 'PREVIEW_RUNNING'
}

/** A preview is not public, but everybody who has its link sees all files. */
function warnOfProject({ projectDir, screen }: Session, folder: string, dir: string): void {
  const why = whyProject(folder, projectDir)
  if (why === null) return
  screen.warn(
    `\`${printable(dir)}\` ${why}. Whoever has the link sees its sources and drafts. To show a site, watch the folder that the build writes.`
  )
}

function refuseFile(folder: string, dir: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats && !stats.isDirectory())
    throw new SitedriveError('DIR_INVALID', `\`${dir}\` is a file. Name the folder that the build writes.`)
}

function timeNow(): string {
  return new Date().toTimeString().slice(0, 8)
}
