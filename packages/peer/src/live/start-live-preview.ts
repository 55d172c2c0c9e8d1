import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SitedriveError, type SitedriveErrorCode } from '@sitedrive/core'
import type { BuildFailure, PreviewUpdate } from '@sitedrive/core/preview'
import type { LivePreview, LivePreviewOptions } from './live-preview.js'
import type { FromPreview, PlainError, ToPreview } from './process-messages.js'

/** How long the process may take to end by itself. Milliseconds. */
const CLOSING_MS = 5_000

/**
 * Opens a project's live preview in a process of its own, so that a generator is not slowed by it. That process ends with
 * this one, and does not keep this one alive.
 *
 * @throws {SitedriveError} as `openLivePreview`
 */
export async function startLivePreview(options: LivePreviewOptions): Promise<LivePreview> {
  const { env, onProblem, onViewers, ...rest } = options
  const child = fork(fileURLToPath(new URL('./preview-process.js', import.meta.url)), {
    env: env ?? process.env,
    execArgv: [], // a debugger's port, or a loader of the generator's, is not this process's
    stdio: ['ignore', 'ignore', 'ignore', 'ipc']
  })
  const preview = new PreviewProcess(child, onProblem ?? (() => {}), onViewers ?? (() => {}))
  await preview.open(rest)
  return preview
}

class PreviewProcess implements LivePreview {
  key = ''
  link = ''
  url = ''
  private readonly child: ChildProcess
  private readonly onProblem: (problem: Error) => void
  private readonly onViewers: NonNullable<LivePreviewOptions['onViewers']>
  private readonly waiting = new Map<
    number,
    { resolve: (update: PreviewUpdate | null) => void; reject: (error: Error) => void }
  >()
  private count = 0
  private readonly exited: Promise<void>
  private opened: { resolve: () => void; reject: (error: Error) => void } | null = null
  private isClosing = false

  constructor(
    child: ChildProcess,
    onProblem: (problem: Error) => void,
    onViewers: NonNullable<LivePreviewOptions['onViewers']>
  ) {
    this.child = child
    this.onProblem = onProblem
    this.onViewers = onViewers
    child.on('message', (message) => this.hear(message as FromPreview))
    child.on('error', (error) => this.fail(error))
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.fail(new Error(`The process of the live preview has ended (${signal ?? `exit code ${code}`}).`))
        resolve()
      })
    })
  }

  async open(options: Extract<ToPreview, { kind: 'open' }>['options']): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.opened = { resolve, reject }
      this.say({ kind: 'open', options })
    })
    this.child.unref()
    this.child.channel?.unref()
  }

  async update(dir: string, touched?: Iterable<string>): Promise<PreviewUpdate> {
    const update = await this.ask((id) => ({
      kind: 'update',
      id,
      dir,
      touched: touched ? [...touched] : null
    }))
    return update ?? { version: 0, changes: [] }
  }

  building(): void {
    this.say({ kind: 'building' })
  }

  async failed(failure: BuildFailure): Promise<void> {
    await this.ask((id) => ({ kind: 'failed', id, failure }))
  }

  async close(): Promise<void> {
    this.isClosing = true
    this.child.ref()
    if (this.child.connected) this.say({ kind: 'close' })
    const timer = setTimeout(() => this.child.kill('SIGKILL'), CLOSING_MS)
    await this.exited
    clearTimeout(timer)
  }

  private ask(messageOf: (id: number) => ToPreview): Promise<PreviewUpdate | null> {
    const id = ++this.count
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.say(messageOf(id))
    })
  }

  private say(message: ToPreview): void {
    if (!this.child.connected) return this.fail(new Error('The live preview has ended.'))
    this.child.send(message, (error) => error && this.fail(error))
  }

  private hear(message: FromPreview): void {
    if (message.kind === 'opened') {
      Object.assign(this, { key: message.key, link: message.link, url: message.url })
      this.opened?.resolve()
    } else if (message.kind === 'refused') this.opened?.reject(errorFrom(message.error))
    else if (message.kind === 'problem') this.onProblem(errorFrom(message.error))
    else if (message.kind === 'viewers') this.onViewers(message.viewers)
    else {
      const waiting = this.waiting.get(message.id)
      this.waiting.delete(message.id)
      if (message.kind === 'done') waiting?.resolve(message.update)
      else waiting?.reject(errorFrom(message.error))
    }
  }

  /** Nothing more comes from the process. */
  private fail(error: Error): void {
    this.opened?.reject(error)
    for (const { reject } of this.waiting.values()) reject(error)
    this.waiting.clear()
    if (!this.isClosing) {
      this.isClosing = true
      this.onProblem(error)
    }
  }
}

function errorFrom({ code, message }: PlainError): Error {
  return code === null ? new Error(message) : new SitedriveError(code as SitedriveErrorCode, message)
}
