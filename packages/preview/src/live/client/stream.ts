import { ROOT } from './places.js'

export interface Change {
  op: 'add' | 'change' | 'remove'
  path: string
}

export interface Update {
  id: string
  /** Against the update before; null when that is not known, and anything may have changed. */
  changes: Change[] | null
}

export interface Status {
  state: 'ready' | 'building' | 'failed'
  failure: { message: string; file: string | null; line: number | null; column: number | null } | null
  author: { online: boolean; updatedAt: string | null }
}

/** How long a tab may be out of sight before it gives up its connection. Milliseconds. */
const HIDDEN_MS = 5_000
const MIN_RETRY_MS = 250
const MAX_RETRY_MS = 5_000

/**
 * Follows the server's events, from the update `since` on, for as long as the page lives. A stream that breaks is opened
 * again, and tells what was missed.
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
    const on = <T>(name: string, hear: (data: T) => void): void =>
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => {
        failures = 0
        hear(JSON.parse(data) as T)
      })
    on<Update>('update', (update) => {
      since = update.id
      onUpdate(update)
    })
    on('status', onStatus)
    opened.onerror = () => {
      close()
      // Many tabs lose the same server at the same moment; they do not all come back at the same one.
      after(Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** failures++) * (0.5 + Math.random() / 2), open)
    }
  }
  // The network or the machine was away: what looks like a connection may be none.
  const reopen = (): void => {
    failures = 0
    if (!document.hidden) open()
  }

  addEventListener('online', reopen)
  addEventListener('pageshow', ({ persisted }) => persisted && reopen())
  addEventListener('pagehide', close)
  document.addEventListener('visibilitychange', () => {
    // A browser has six connections for a host, and every tab that watches would hold one of them.
    if (document.hidden) after(HIDDEN_MS, close)
    else reopen()
  })
  reopen()
}
