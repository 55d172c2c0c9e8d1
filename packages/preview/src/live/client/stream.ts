import { ROOT } from './places.js'

export interface Change {
  op: 'add' | 'change' | 'remove'
  path: string
}

export interface Update {
  id: string
  /** The changes since the update before; null: they are not known, and anything may have changed. */
  changes: Change[] | null
}

export interface Status {
  state: 'ready' | 'building' | 'failed'
  failure: {
    message: string
    file: string | null
    line: number | null
    column: number | null
    source?: { first: number; lines: string[]; column: number | null } | null
  } | null
  isAuthor: boolean
  author: { online: boolean; updatedAt: string | null }
}

/** The time until a hidden tab closes its connection. Milliseconds. */
const HIDDEN_MS = 5_000
const MIN_RETRY_MS = 250
const MAX_RETRY_MS = 5_000

/**
 * Follows the server's events after the update `since`, for as long as the page is open. A broken stream is opened again,
 * and the server sends the missed updates.
 */
export function follow(
  since: string,
  onUpdate: (update: Update) => void,
  onStatus: (status: Status) => void
): void {
  let source: EventSource | null = null
  let failures = 0
  let timer = 0

  const after = (ms: number, act: () => void): void => {
    clearTimeout(timer)
    timer = setTimeout(act, ms)
  }
  const close = (): void => {
    clearTimeout(timer)
    source?.close()
    source = null
  }
  const open = (): void => {
    close()
    const opened = (source = new EventSource(`${ROOT}events?since=${encodeURIComponent(since)}`))
    const on = <T>(name: string, listener: (data: T) => void): void =>
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => {
        failures = 0
        listener(JSON.parse(data) as T)
      })
    on<Update>('update', (update) => {
      since = update.id
      onUpdate(update)
    })
    on('status', onStatus)
    opened.onerror = () => {
      close()
      // Many tabs lose the server at the same moment: the random delay spreads their new connections.
      after(Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** failures++) * (0.5 + Math.random() / 2), open)
    }
  }
  // After a network failure or sleep, a connection that looks open may be dead.
  const reopen = (): void => {
    failures = 0
    if (!document.hidden) open()
  }

  addEventListener('online', reopen)
  addEventListener('pageshow', ({ persisted }) => persisted && reopen())
  addEventListener('pagehide', close)
  document.addEventListener('visibilitychange', () => {
    // A browser opens six connections to a host at most, and every open tab would hold one of them.
    if (document.hidden) after(HIDDEN_MS, close)
    else reopen()
  })
  reopen()
}
