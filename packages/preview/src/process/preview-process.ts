// A process of its own for a live preview, so that hashing, signing and serving never delay the generator's own work.
// It ends with the process that started it, however that one ends. Slow modules are imported when they are needed, so
// that this module listens before a signal or a disconnection can arrive.
import type { LivePreview, Viewers } from './live-preview.js'
import type { FromPreview, PlainError, ToPreview } from './process-messages.js'

/** How long closing may take: after this time the process ends even when the network or the disk does not respond. Milliseconds. */
const ENDING_MS = 8_000
/** How often the folder is compared while a viewer has the preview open. Milliseconds. */
const COMPARE_EVERY_MS = 1_000
/** Comparing takes at most 1/50 of the time. */
const COMPARE_SHARE = 50

// The lock file names the holder's command: it must be the command that a person typed, not this file.
process.argv.splice(1, 1)

let opening: Promise<LivePreview | null> | null = null
let preview: LivePreview | null = null
let isEnding = false

let viewers: Viewers = { browsers: 0, peers: 0 }
/** The output folder of the last good build; null while a build runs, and after a failed one. */
let goodDir: string | null = null
/** The review page runs a production build, which usually writes into the same folder. */
let isPublishing = false

process.on('message', (message: ToPreview) => void onMessage(message))
process.on('disconnect', () => void end())
process.on('SIGTERM', () => void end())
// Ctrl-C, or closing the terminal, signals all its processes. The parent process decides when this one ends.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
// This process has no output, so the error is sent to the parent.
process.on('uncaughtException', (error) => {
  sendLast({ kind: 'crashed', error: plain(error) }, 1)
})

async function onMessage(message: ToPreview): Promise<void> {
  if (message.kind === 'open') {
    opening = open(message)
    preview = await opening
    return
  }
  if (message.kind === 'close') return end()
  if (!preview || isEnding) return
  goodDir = null
  if (message.kind === 'building') return preview.building()
  if (message.kind === 'idle') return preview.idle()
  const { id } = message
  try {
    if (message.kind === 'failed') {
      await preview.failed(message.failure)
      send({ kind: 'done', id, update: null })
    } else {
      const { dir, touched, sources } = message
      goodDir = dir
      send({ kind: 'done', id, update: await preview.update(dir, touched ?? undefined, sources) })
    }
  } catch (error) {
    send({ kind: 'not done', id, error: plain(error) })
  }
}

async function open({ options }: Extract<ToPreview, { kind: 'open' }>): Promise<LivePreview | null> {
  try {
    const { openLivePreview } = await import('./live-preview.js')
    const opened = await openLivePreview({
      ...options,
      onProblem: (problem) => send({ kind: 'problem', error: plain(problem) }),
      onRunning: (isRunning) => {
        isPublishing = isRunning
      },
      onViewers: (now) => {
        viewers = now
        send({ kind: 'viewers', viewers })
      }
    })
    const { key, link, url, lanUrls, reviewUrl } = opened
    send({ kind: 'opened', key, link, url, lanUrls: [...lanUrls], reviewUrl })
    compareLater(opened, COMPARE_EVERY_MS)
    return opened
  } catch (error) {
    sendLast({ kind: 'refused', error: await withAddress(plain(error), options.projectDir) }, 0)
    return null
  }
}

/** Adds the address of the preview that another process has open. */
async function withAddress(error: PlainError, projectDir: string): Promise<PlainError> {
  if (error.code !== 'PREVIEW_RUNNING') return error
  const { recordedAddress } = await import('@sitedrive/core/preview')
  const address = recordedAddress(process.env, projectDir)
  return address === null ? error : { ...error, message: `${error.message} It is at ${address}` }
}

/**
 * Other programs write into the folder too, such as a bundler beside the generator, and send no event. So the folder is
 * compared from time to time while a viewer has the preview open.
 */
function compareLater(opened: LivePreview, afterMs: number): void {
  setTimeout(() => void compareFolder(opened), afterMs).unref()
}

async function compareFolder(opened: LivePreview): Promise<void> {
  if (isEnding) return
  const startedAt = performance.now()
  // A missing folder or a disk error is reported by the next build.
  const dir = isPublishing || viewers.browsers + viewers.peers === 0 ? null : goodDir
  if (dir !== null) await opened.update(dir).catch(() => {})
  compareLater(opened, Math.max(COMPARE_EVERY_MS, (performance.now() - startedAt) * COMPARE_SHARE))
}

async function end(): Promise<void> {
  if (isEnding) return
  isEnding = true
  setTimeout(() => process.exit(1), ENDING_MS)
  const open = await opening
  await open?.close().catch(() => {}) // the parent may be gone, so the error cannot be reported
  sendLast({ kind: 'viewers', viewers: { browsers: 0, peers: 0 } }, 0)
}

function send(message: FromPreview): void {
  // The parent process may be gone.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

/** Ends this process when all messages are sent. */
function sendLast(message: FromPreview, exitCode: number): void {
  if (!process.connected) process.exit(exitCode)
  process.send?.(message, undefined, undefined, () => process.exit(exitCode))
}

function plain(error: unknown): PlainError {
  if (!(error instanceof Error)) return { code: null, message: String(error) }
  const isOurs = error.name === 'SitedriveError' && 'code' in error
  return { code: isOurs ? String(error.code) : null, message: error.message }
}
