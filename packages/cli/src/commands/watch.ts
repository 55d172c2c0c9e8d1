import { statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { printable, SitedriveError, whyProject } from '@sitedrive/core'
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
import { StatusLine } from '../status-line.js'
import { watchFolder } from '../watch-folder.js'

export interface WatchFlags {
  port?: number
  settle?: number
  poll?: boolean
  newLink?: boolean
  open?: boolean
}

/** How often one that waits for its turn looks whether the other has ended. Milliseconds. */
const LOOK_MS = 500
/** Trying whether it has gone without a word is in the way of one that begins, so it is done more rarely. */
const LOOKS_PER_TRY = 10
/** A dev server that is started again takes no longer. Milliseconds. */
const GONE_MS = 5_000

/** Shows a folder that another program writes as a live preview, until it is stopped. */
export async function watch(session: Session, dir: string, flags: WatchFlags): Promise<number> {
  const { projectDir, screen, env, signal } = session
  const folder = path.resolve(projectDir, dir)
  refuseFile(folder, dir)
  session.endsBySignal()
  const shown = new UpdateLine(screen, env)
  const preview = await openInTurn(session, flags, {
    projectDir,
    port: flags.port,
    newLink: flags.newLink ?? false,
    env,
    build: { dir: folder },
    onProblem: (problem) => screen.warn(printable(problem.message)),
    onViewers: (viewers) => shown.viewers(viewers)
  })
  if (!preview) return EXIT.done
  const { key, link, url, reviewUrl } = preview
  const failed = new AbortController()
  let folderWatch
  try {
    screen.json({ key, link, url, reviewUrl })
    screen.say(`Preview link: ${link}`)
    screen.say(`Review and publish: ${reviewUrl}`)
    screen.say('Ctrl-C stops it. On this machine it is at:')
    screen.say(url)
    warnOfProject(session, folder, dir)
    if (flags.open) await openInBrowser(url, screen)
    folderWatch = watchFolder(folder, {
      settleMs: flags.settle,
      poll: flags.poll,
      onBusy: () => preview.building(),
      onMissing: () => {
        preview.idle()
        shown.note(`Waiting for ${printable(dir)} …`)
      },
      onRestless: (file) =>
        shown.note(
          `${printable(dir)} has been changing for 10 s without a pause, last \`${printable(file)}\`. ` +
            'What it becomes is shown when its writer is done.'
        ),
      onProblem: (problem) => screen.warn(printable(problem.message)),
      onSettled: (touched) =>
        void preview.update(folder, touched ?? undefined).then(
          (update) => shown.update(update),
          (error: unknown) => {
            // No later build would mend it.
            if (error instanceof SitedriveError && error.code === 'DIR_OVERLAP') failed.abort(error)
            else shown.failed(error)
          }
        )
    })
    await untilStopped(AbortSignal.any([signal, failed.signal]))
    failed.signal.throwIfAborted()
    screen.note('Stopping.')
    return EXIT.done
  } finally {
    shown.close()
    folderWatch?.close()
    await preview.close()
  }
}

/** The newest update and who sees it. */
class UpdateLine {
  private readonly screen: Screen
  private readonly line: StatusLine
  private last: PreviewUpdate | null = null
  private text = ''
  private seenBy: Viewers = { browsers: 0, peers: 0 }
  private lastProblem = ''
  private isClosed = false

  constructor(screen: Screen, env: NodeJS.ProcessEnv) {
    this.screen = screen
    this.line = new StatusLine(screen, env)
  }

  update(update: PreviewUpdate): void {
    // Of updates that were written as one, each gets the same.
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
    this.seenBy = viewers
    // Elsewhere than on a terminal, a line is written for updates alone.
    if (this.text && this.line.isLive) this.draw()
  }

  failed(error: unknown): void {
    const message = printable(error instanceof Error ? error.message : String(error))
    if (this.isClosed || message === this.lastProblem) return
    this.lastProblem = message
    this.screen.warn(message)
  }

  note(line: string): void {
    if (!this.isClosed) this.screen.note(line)
  }

  close(): void {
    this.isClosed = true
    this.screen.clearProgress()
  }

  private draw(): void {
    if (this.isClosed) return
    const text = `${this.text} — ${describeViewers(this.seenBy)}`
    // Two updates may have the same words, and each has its line.
    if (this.line.isLive) this.line.show(text)
    else this.screen.note(text)
  }
}

/**
 * Opens the preview. Where another process shows this very project already, whoever wanted to see it is told where. This
 * one goes on in its place when that has been gone for a while: a dev server that is started again finds it free.
 *
 * @returns null when it was stopped before
 */
async function openInTurn(
  session: Session,
  flags: WatchFlags,
  options: LivePreviewOptions
): Promise<LivePreview | null> {
  const { projectDir, env, signal } = session
  let toldOf: string | null = null
  while (!signal.aborted) {
    try {
      return await openLivePreview(options)
    } catch (error) {
      if (!isRunning(error) || flags.newLink) throw error
      const url = recordedAddress(env, projectDir)
      if (url === null && toldOf === null) throw error // it is not served yet
      if (url !== null && url !== toldOf) {
        toldOf = url
        await leadToFirst(session, error, url, flags)
      }
    }
    await untilFree(session)
  }
  session.screen.note('Stopping.')
  return null
}

/** Returns when no process has had the preview for a while, or this one is stopped. */
async function untilFree({ projectDir, env, signal }: Session): Promise<void> {
  let thereAt = performance.now()
  for (let looks = 1; !signal.aborted && performance.now() - thereAt < GONE_MS; looks++) {
    await pause(LOOK_MS, undefined, { signal }).catch(() => {}) // it was stopped
    if (recordedAddress(env, projectDir) === null) continue
    thereAt = performance.now()
    // One that was killed leaves its note.
    if (looks % LOOKS_PER_TRY === 0 && !(await isPreviewOpen(env, projectDir))) return
  }
}

async function leadToFirst(
  { screen }: Session,
  error: SitedriveError,
  url: string,
  { open }: WatchFlags
): Promise<void> {
  screen.json({ key: null, link: null, url, reviewUrl: null })
  screen.say(printable(error.message))
  screen.say('This one goes on in its place when it has ended; Ctrl-C ends this one. The preview is at:')
  screen.say(printable(url))
  if (open) await openInBrowser(url, screen)
}

function isRunning(error: unknown): error is SitedriveError {
  return error instanceof SitedriveError && error.code === 'PREVIEW_RUNNING'
}

/** A preview is not public, but whoever has its link sees all of it. */
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
