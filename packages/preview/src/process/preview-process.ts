// A process of its own for a live preview, so that hashing, signing and serving never delay the generator's own work.
// It ends with the process that started it, however that one ends: all that takes long is imported when it is needed, so
// that no signal and no disconnection comes before this module listens.
import type { LivePreview, Viewers } from './live-preview.js'
import type { FromPreview, PlainError, ToPreview } from './process-messages.js'

/** How long the end may take, whatever a network or a disk does. Milliseconds. */
const ENDING_MS = 8_000
/** How often the folder is looked at while somebody looks at the preview. Milliseconds. */
const LOOK_EVERY_MS = 1_000
/** Looking takes at most one part in so many of the time. */
const LOOK_SHARE = 50

// The lock tells others whom they wait for: the command that a person gave, not this file.
process.argv.splice(1, 1)

let opening: Promise<LivePreview | null> | null = null
let preview: LivePreview | null = null
let isEnding = false

let viewers: Viewers = { browsers: 0, peers: 0 }
/** The folder as the last good build left it; null while another build runs, and after one that failed. */
let goodDir: string | null = null
/** The production build of the review page writes, mostly into the same folder. */
let isPublishing = false

process.on('message', (message: ToPreview) => void hear(message))
process.on('disconnect', () => void end())
process.on('SIGTERM', () => void end())
// Ctrl-C reaches every process of a terminal, and so does its closing. The one that started this one decides when it ends.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
// Nobody sees what this process would print.
process.on('uncaughtException', (error) => {
  sayLast({ kind: 'crashed', error: plain(error) }, 1)
})

async function hear(message: ToPreview): Promise<void> {
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
      say({ kind: 'done', id, update: null })
    } else {
      const { dir, touched, sources } = message
      goodDir = dir
      say({ kind: 'done', id, update: await preview.update(dir, touched ?? undefined, sources) })
    }
  } catch (error) {
    say({ kind: 'not done', id, error: plain(error) })
  }
}

async function open({ options }: Extract<ToPreview, { kind: 'open' }>): Promise<LivePreview | null> {
  try {
    const { openLivePreview } = await import('./live-preview.js')
    const opened = await openLivePreview({
      ...options,
      onProblem: (problem) => say({ kind: 'problem', error: plain(problem) }),
      onRunning: (isRunning) => {
        isPublishing = isRunning
      },
      onViewers: (now) => {
        viewers = now
        say({ kind: 'viewers', viewers })
      }
    })
    const { key, link, url, reviewUrl } = opened
    say({ kind: 'opened', key, link, url, reviewUrl })
    lookLater(opened, LOOK_EVERY_MS)
    return opened
  } catch (error) {
    sayLast({ kind: 'refused', error: await whereElse(plain(error), options.projectDir) }, 0)
    return null
  }
}

/** Of a preview that is open in another process, its address is worth more than the process. */
async function whereElse(error: PlainError, projectDir: string): Promise<PlainError> {
  if (error.code !== 'PREVIEW_RUNNING') return error
  const { notedAddress } = await import('@sitedrive/core/preview')
  const address = notedAddress(process.env, projectDir)
  return address === null ? error : { ...error, message: `${error.message} It is at ${address}` }
}

/**
 * Other programs write into the folder, too, such as a bundler that runs beside the generator. Nobody tells of those, so
 * the folder is compared every now and then while somebody would see the difference.
 */
function lookLater(opened: LivePreview, afterMs: number): void {
  setTimeout(() => void look(opened), afterMs).unref()
}

async function look(opened: LivePreview): Promise<void> {
  if (isEnding) return
  const startedAt = performance.now()
  // A folder that is missing, or a disk that fails: the next build tells.
  const dir = isPublishing || viewers.browsers + viewers.peers === 0 ? null : goodDir
  if (dir !== null) await opened.update(dir).catch(() => {})
  lookLater(opened, Math.max(LOOK_EVERY_MS, (performance.now() - startedAt) * LOOK_SHARE))
}

async function end(): Promise<void> {
  if (isEnding) return
  isEnding = true
  setTimeout(() => process.exit(1), ENDING_MS)
  const open = await opening
  await open?.close().catch(() => {}) // nobody is left to hear of it
  sayLast({ kind: 'viewers', viewers: { browsers: 0, peers: 0 } }, 0)
}

function say(message: FromPreview): void {
  // The one that started this process may be gone.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

/** Ends this process when all that was said is out. */
function sayLast(message: FromPreview, exitCode: number): void {
  if (!process.connected) process.exit(exitCode)
  process.send?.(message, undefined, undefined, () => process.exit(exitCode))
}

function plain(error: unknown): PlainError {
  if (!(error instanceof Error)) return { code: null, message: String(error) }
  const isOurs = error.name === 'SitedriveError' && 'code' in error
  return { code: isOurs ? String(error.code) : null, message: error.message }
}
