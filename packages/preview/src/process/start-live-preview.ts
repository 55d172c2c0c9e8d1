import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  childEnvironment,
  KnownSources,
  SitedriveError,
  type SitedriveErrorCode,
  type Sources
} from '@sitedrive/core'
import type { BuildFailure, PreviewUpdate } from '@sitedrive/core/preview'
import type { LivePreview, LivePreviewOptions } from './live-preview.js'
import type { FromPreview, PlainError, ToPreview } from './process-messages.js'

export interface StartLivePreviewOptions extends Omit<LivePreviewOptions, 'onRunning'> {
  /** false: this process may end before the preview is open. @default true */
  isAwaited?: boolean
  /** Hears, once, that the preview's process has ended without having been asked to. Nothing can be shown from then on. */
  onEnded?: (why: Error) => void
}

/** How long the process may take to end by itself. Milliseconds. */
const CLOSING_MS = 9_000

/**
 * Opens a project's live preview in a process of its own, so that a generator is not slowed by it. That process ends with
 * this one, and does not keep this one alive.
 *
 * @throws {SitedriveError} as `openLivePreview`
 */
export async function startLivePreview(options: StartLivePreviewOptions): Promise<LivePreview> {
  const { env = process.env, onProblem, onViewers, onEnded, isAwaited = true, ...rest } = options
  const file = fileURLToPath(new URL('./preview-process.js', import.meta.url))
  // Its words are those of this process: whoever finds the preview open elsewhere reads them.
  const child = fork(file, process.argv.slice(1), {
    env: childEnvironment(withoutInspector(env)),
    execArgv: [], // a loader of the generator's is not this process's
    stdio: ['ignore', 'ignore', 'ignore', 'ipc']
  })
  const preview = new PreviewProcess(child, {
    onProblem: onProblem ?? (() => {}),
    onViewers: onViewers ?? (() => {}),
    onEnded: onEnded ?? onProblem ?? (() => {})
  })
  if (!isAwaited) preview.letGo()
  try {
    await preview.open(rest)
  } finally {
    preview.letGo()
  }
  return preview
}

interface Listeners {
  onProblem: (problem: Error) => void
  onViewers: NonNullable<LivePreviewOptions['onViewers']>
  onEnded: (why: Error) => void
}

interface Waiting {
  resolve: (update: PreviewUpdate | null) => void
  reject: (error: Error) => void
}

class PreviewProcess implements LivePreview {
  key = ''
  link = ''
  url = ''
  reviewUrl = ''
  private readonly child: ChildProcess
  private readonly listeners: Listeners
  private readonly waiting = new Map<number, Waiting>()
  private count = 0
  private opened: { resolve: () => void; reject: (error: Error) => void } | null = null
  /** Why nothing more can be asked of the process. */
  private ended: Error | null = null
  private isClosing = false
  /** A message with the sources of all pages, at each save, would be a long one. */
  private readonly told = new KnownSources()
  private crash: string | null = null
  private readonly exited: Promise<void>

  constructor(child: ChildProcess, listeners: Listeners) {
    this.child = child
    this.listeners = listeners
    child.on('message', (message) => this.hear(message as FromPreview))
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.end(new Error(`its process was ended by ${signal ?? `itself, with exit code ${code}`}.`))
        resolve()
      })
      child.on('error', (error) => {
        // Of a process that has begun, its exit tells.
        if (child.pid !== undefined) return
        this.end(error)
        resolve()
      })
    })
  }

  async open(options: Extract<ToPreview, { kind: 'open' }>['options']): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.opened = { resolve, reject }
      this.say({ kind: 'open', options })
    })
  }

  /** From here on neither the process nor the line to it keeps this process alive. */
  letGo(): void {
    this.child.unref()
    this.child.channel?.unref()
  }

  async update(dir: string, touched?: Iterable<string>, sources?: Sources): Promise<PreviewUpdate> {
    const names = touched ? [...touched] : null
    const news = this.told.add(sources)
    const update = await this.ask((id) => ({ kind: 'update', id, dir, touched: names, sources: news }))
    return update ?? { version: 0, changes: [] }
  }

  get sources(): Sources {
    return this.told.all
  }

  building(): void {
    this.say({ kind: 'building' })
  }

  idle(): void {
    this.say({ kind: 'idle' })
  }

  async failed(failure: BuildFailure): Promise<void> {
    await this.ask((id) => ({ kind: 'failed', id, failure }))
  }

  async close(): Promise<void> {
    this.isClosing = true
    this.child.ref()
    this.say({ kind: 'close' })
    const timer = setTimeout(() => this.child.kill('SIGKILL'), CLOSING_MS)
    await this.exited
    clearTimeout(timer)
  }

  private ask(messageOf: (id: number) => ToPreview): Promise<PreviewUpdate | null> {
    if (this.ended) return Promise.reject(this.ended)
    const id = ++this.count
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.say(messageOf(id))
    })
  }

  private say(message: ToPreview): void {
    // A message that cannot be sent is not worth a word: the process has ended, or is about to, and its exit tells.
    if (this.child.connected) this.child.send(message, () => {})
  }

  private hear(message: FromPreview): void {
    const { onProblem, onViewers } = this.listeners
    if (message.kind === 'opened') {
      const { key, link, url, reviewUrl } = message
      Object.assign(this, { key, link, url, reviewUrl })
      this.opened?.resolve()
      this.opened = null
    } else if (message.kind === 'refused') this.opened?.reject(errorFrom(message.error))
    else if (message.kind === 'problem') onProblem(errorFrom(message.error))
    else if (message.kind === 'viewers') onViewers(message.viewers)
    else if (message.kind === 'crashed') this.crash = message.error.message
    else {
      const waiting = this.waiting.get(message.id)
      this.waiting.delete(message.id)
      if (message.kind === 'done') waiting?.resolve(message.update)
      else waiting?.reject(errorFrom(message.error))
    }
  }

  private end(reason: Error): void {
    if (this.ended) return
    const why = this.crash === null ? reason : new Error(`${this.crash}.`)
    this.ended = why
    const { opened } = this
    // Whoever waits for it to open hears of it there.
    if (opened) opened.reject(why)
    else if (!this.isClosing) this.listeners.onEnded(why)
    for (const { reject } of this.waiting.values()) reject(why)
    this.waiting.clear()
  }
}

// A process under a debugger would wait for it, or take its port from whoever is debugged.
function withoutInspector(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ...others } = env
  if (NODE_OPTIONS === undefined) return env
  return { ...others, NODE_OPTIONS: NODE_OPTIONS.replaceAll(/(^|\s)--inspect\S*/g, '$1') }
}

function errorFrom({ code, message }: PlainError): Error {
  return code === null ? new Error(message) : new SitedriveError(code as SitedriveErrorCode, message)
}
