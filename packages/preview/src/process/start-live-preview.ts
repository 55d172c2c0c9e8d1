import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SitedriveError, type SitedriveErrorCode, type Sources } from '@sitedrive/core'
import { childEnvironment, isDebugged, KnownSources } from '@sitedrive/core/internal'
import type { BuildFailure, PreviewUpdate } from '@sitedrive/core/preview'
import type { LivePreview, LivePreviewOptions } from './live-preview.js'
import type { FromPreview, PlainError, ToPreview } from './process-messages.js'

export interface StartLivePreviewOptions extends Omit<LivePreviewOptions, 'onRunning'> {
  /** false: this process may end before the preview is open. @default true */
  isAwaited?: boolean
  /** Called once when the preview's process ends unexpectedly. Nothing is shown from then on. */
  onEnded?: (why: Error) => void
}

/** How long the process may take to close before it is killed. Milliseconds. */
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
  // It gets the arguments of this process: a second dev process shows them when it says who has the preview open.
  const child = fork(file, process.argv.slice(1), {
    // guard: secret: the process of a live preview never sees it
    env: childEnvironment(withoutInspector(env)),
    // Not the generator's own flags: its loaders must not run there. The flag is that of `keepMemorySmall`.
    execArgv: ['--max-semi-space-size=2'],
    stdio: ['ignore', 'ignore', isDebuggedIn(env) ? 'inherit' : 'ignore', 'ipc']
  })
  const preview = new PreviewProcess(child, {
    onProblem: onProblem ?? (() => {}),
    onViewers: onViewers ?? (() => {}),
    onEnded: onEnded ?? onProblem ?? (() => {})
  })
  if (!isAwaited) preview.unref()
  try {
    await preview.open(rest)
  } finally {
    preview.unref()
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
  lanUrls: readonly string[] = []
  reviewUrl = ''
  private readonly child: ChildProcess
  private readonly listeners: Listeners
  private readonly waiting = new Map<number, Waiting>()
  private count = 0
  private opened: { resolve: () => void; reject: (error: Error) => void } | null = null
  /** Why the process cannot be used any more; null while it runs. */
  private ended: Error | null = null
  private isClosing = false
  /** Only new sources are sent: a message with the sources of all pages at each save would be long. */
  private readonly knownSources = new KnownSources()
  private crash: string | null = null
  private readonly exited: Promise<void>

  constructor(child: ChildProcess, listeners: Listeners) {
    this.child = child
    this.listeners = listeners
    child.on('message', (message) => this.onMessage(message as FromPreview))
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.end(new Error(`its process was ended by ${signal ?? `itself, with exit code ${code}`}.`))
        resolve()
      })
      child.on('error', (error) => {
        // After the start, the exit event reports the error.
        if (child.pid !== undefined) return
        this.end(error)
        resolve()
      })
    })
  }

  async open(options: Extract<ToPreview, { kind: 'open' }>['options']): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.opened = { resolve, reject }
      this.send({ kind: 'open', options })
    })
  }

  /** From here on neither the child process nor its channel keeps this process alive. */
  unref(): void {
    this.child.unref()
    this.child.channel?.unref()
  }

  async update(dir: string, touched?: Iterable<string>, sources?: Sources): Promise<PreviewUpdate> {
    const names = touched ? [...touched] : null
    const newSources = this.knownSources.add(sources)
    const update = await this.ask((id) => ({ kind: 'update', id, dir, touched: names, sources: newSources }))
    return update ?? { version: 0, changes: [] }
  }

  get sources(): Sources {
    return this.knownSources.all
  }

  building(): void {
    this.send({ kind: 'building' })
  }

  idle(): void {
    this.send({ kind: 'idle' })
  }

  async failed(failure: BuildFailure): Promise<void> {
    await this.ask((id) => ({ kind: 'failed', id, failure }))
  }

  async close(): Promise<void> {
    this.isClosing = true
    this.child.ref()
    this.send({ kind: 'close' })
    const timer = setTimeout(() => this.child.kill('SIGKILL'), CLOSING_MS)
    await this.exited
    clearTimeout(timer)
  }

  private ask(messageOf: (id: number) => ToPreview): Promise<PreviewUpdate | null> {
    if (this.ended) return Promise.reject(this.ended)
    const id = ++this.count
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.send(messageOf(id))
    })
  }

  private send(message: ToPreview): void {
    // When a message cannot be sent, the process has ended or is about to: its exit event reports that.
    if (this.child.connected) this.child.send(message, () => {})
  }

  private onMessage(message: FromPreview): void {
    const { onProblem, onViewers } = this.listeners
    if (message.kind === 'opened') {
      const { key, link, url, lanUrls, reviewUrl } = message
      Object.assign(this, { key, link, url, lanUrls, reviewUrl })
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
    // The caller of `open` gets the error there.
    if (opened) opened.reject(why)
    else if (!this.isClosing) this.listeners.onEnded(why)
    for (const { reject } of this.waiting.values()) reject(why)
    this.waiting.clear()
  }
}

/** True when the environment turns on debug output of the preview or the network, which the process writes to stderr. */
function isDebuggedIn(env: NodeJS.ProcessEnv): boolean {
  return isDebugged('preview', env) || isDebugged('network', env)
}

// With the inspector option the child would wait for a debugger, or take the inspector port of the parent.
function withoutInspector(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ...others } = env
  if (NODE_OPTIONS === undefined) return env
  return { ...others, NODE_OPTIONS: NODE_OPTIONS.replaceAll(/(^|\s)--inspect\S*/g, '$1') }
}

function errorFrom({ code, message }: PlainError): Error {
  return code === null ? new Error(message) : new SitedriveError(code as SitedriveErrorCode, message)
}
