/** How long a failed fetch is left alone when nothing changes in the meantime. Milliseconds. */
const RETRY_MS = 5_000

/** How long a fetch may go on after something newer became known. Milliseconds. */
const OVERTAKEN_MS = 10_000

export interface NewestOnlyOptions {
  /** Hears of a fetch that failed for another reason than being stopped. */
  onFailure: (error: unknown) => void
  /** @default 5000 */
  retryMs?: number
  /** @default 10000 */
  overtakenMs?: number
}

/**
 * Runs one fetch at a time, and one more whenever something changed while it ran.
 *
 * A fetch that is overtaken is first left some time: in a stream of changes each of them would otherwise stop the one
 * before it and none would ever end. Then it is stopped: what it waits for may be held by nobody any more, while the
 * newer state is there for the asking. Blocks that it fetched stay.
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

  /** Says that something changed. */
  ask(): void {
    if (this.closing.signal.aborted) return
    this.isAsked = true
    clearTimeout(this.retry)
    if (this.running) this.overtaken ??= setTimeout(() => this.stop.abort(), this.options.overtakenMs).unref()
    else this.running = this.run()
  }

  /** Stops what runs; nothing runs any more when this resolves. Safe to call twice. */
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

/** Not every wait inside a fetch hears the signal, so the fetch is not waited for once it has fired. */
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
    fetching.catch(() => {}) // it may still fail when nobody waits for it
  }
}
