// A process of its own for a live preview, so that hashing, signing and serving never delay the generator's own work.
// It ends with the process that started it, however that one ends.
import { SitedriveError } from '@sitedrive/core'
import { openLivePreview, type LivePreview } from './live-preview.js'
import type { FromPreview, ToPreview } from './process-messages.js'

let preview: LivePreview | null = null

process.on('message', (message: ToPreview) => void hear(message))
process.on('disconnect', () => void end())
process.on('SIGTERM', () => void end())
// Ctrl-C reaches every process of a terminal. The one that started this one decides when it ends.
process.on('SIGINT', () => {})

async function hear(message: ToPreview): Promise<void> {
  if (message.kind === 'open') return open(message)
  if (message.kind === 'close') return end()
  if (!preview) return
  if (message.kind === 'building') return preview.building()
  const { id } = message
  try {
    if (message.kind === 'failed') {
      await preview.failed(message.failure)
      say({ kind: 'done', id, update: null })
    } else {
      say({ kind: 'done', id, update: await preview.update(message.dir, message.touched ?? undefined) })
    }
  } catch (error) {
    say({ kind: 'not done', id, error: plain(error) })
  }
}

async function open({ options }: Extract<ToPreview, { kind: 'open' }>): Promise<void> {
  try {
    preview = await openLivePreview({
      ...options,
      onProblem: (problem) => say({ kind: 'problem', error: plain(problem) }),
      onViewers: (viewers) => say({ kind: 'viewers', viewers })
    })
    const { key, link, url } = preview
    say({ kind: 'opened', key, link, url })
  } catch (error) {
    say({ kind: 'refused', error: plain(error) })
    process.disconnect()
  }
}

async function end(): Promise<void> {
  const open = preview
  preview = null
  await open?.close().catch(() => {}) // nobody is left to hear of it
  process.exit(0)
}

function say(message: FromPreview): void {
  // The one that started this process may be gone.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

function plain(error: unknown): { code: string | null; message: string } {
  const code = error instanceof SitedriveError ? error.code : null
  return { code, message: error instanceof Error ? error.message : String(error) }
}
