/** The time until a failed fetch is tried again. A change starts it earlier. Milliseconds. */
const RETRY_MS = 5_000

/** How long a fetch may go on after a newer state became known. Milliseconds. */
const OVERTAKEN_MS = 10_000

export interface NewestOnlyOptions {
  /** Called when a fetch fails, but not when it is stopped. */
  onFailure: (error: unknown) => void
  /** @default 5000 */
  retryMs?: number
  /** @default 10000 */
  overtakenMs?: number
}

/**
 * Runs one fetch at a time, and one more whenever something changed while it ran.
 *
 * When something changes during a fetch, the fetch may go on for some time: otherwise frequent changes would stop every
 * fetch, and none would ever end. Then it is stopped: perhaps no peer has its blocks any more, while the newer state is
 * available. Blocks that it fetched are kept.
 */
export class NewestOnly {
  private readonly fetch: (signal: AbortSignal) => Promise<void>
  private readonly options: Required<NewestOnlyOptions>
  private readonly closing = new AbortController()
  private isAsked = false
  private running: Promise<void> | null = null
  private stop = new AbortController()
  private overtaken: NodeJS.Timeout | undefined
  private retry: NodeJS.Timeout | undefined

  constructor(fetch: (signal: AbortSignal) => Promise<void>, options: NewestOnlyOptions) {
    this.fetch = fetch
    this.options = { retryMs: RETRY_MS, overtakenMs: OVERTAKEN_MS, ...options }
  }

  /** Call it when something has changed. */
  ask(): void {
    if (this.closing.signal.aborted) return
    this.isAsked = true
    clearTimeout(this.retry)
    if (this.running) this.overtaken ??= setTimeout(() => this.stop.abort(), this.options.overtakenMs).unref()
    else this.running = this.run()
  }

  /** Stops the running fetch; none runs any more when this resolves. Safe to call twice. */
  async close(): Promise<void> {
    this.closing.abort()
    this.stop.abort()
    clearTimeout(this.retry)
    await this.running
  }

  private async run(): Promise<void> {
    while (this.isAsked && !this.closing.signal.aborted) {
      this.isAsked = false
      this.stop = new AbortController()
      const { signal } = this.stop
      try {
        await orAborted(this.fetch(signal), signal)
      } catch (error) {
        if (!signal.aborted) this.failed(error)
      }
      clearTimeout(this.overtaken)
      this.overtaken = undefined
    }
    this.running = null
  }

  private failed(error: unknown): void {
    this.options.onFailure(error)
    this.retry = setTimeout(() => this.ask(), this.options.retryMs).unref()
  }
}

/** Some waits inside a fetch ignore the signal, so this rejects as soon as the signal fires. */
async function orAborted(fetching: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = () => {}
  const aborted = new Promise<void>((_, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    await Promise.race([fetching, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    fetching.catch(() => {}) // a later error is ignored
  }
}
