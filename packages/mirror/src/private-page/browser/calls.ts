import { TOKEN_HEADER } from '../token-header.js'
import { messageOf } from './page-words.js'

/** An error answer of the server. */
export class ServerError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const MIN_RETRY_MS = 500
const MAX_RETRY_MS = 5_000

/** From the fragment of the address, which browsers send to no server. */
const token = location.hash.slice(1)

export const hasToken = token !== ''

/** `refused`: the process was started again, and its page has a new address. */
export type Connection = 'open' | 'lost' | 'refused'

/** Follows the server's events for as long as the page is open. */
export function follow<Event>(
  onEvent: (event: Event) => void,
  onConnection: (connection: Connection) => void
): void {
  let failures = 0
  const open = async (): Promise<void> => {
    try {
      const response = await fetch('/api/events', { headers: { [TOKEN_HEADER]: token } })
      if (response.status === 403) return onConnection('refused')
      if (!response.ok || !response.body) throw new Error(String(response.status))
      failures = 0
      onConnection('open')
      for await (const line of linesOf(response.body)) if (line !== '') onEvent(JSON.parse(line) as Event)
    } catch {
      // The process has ended, or is about to start again.
    }
    onConnection('lost')
    setTimeout(() => void open(), Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** failures++))
  }
  void open()
}

/** Changes that follow each other this quickly cause one request. Milliseconds. */
const SETTLE_MS = 80

/**
 * Follows the server's events, and requests what the page shows: at first, and again when it may have changed.
 *
 * @param request gives what is shown then
 * @param set takes it, or the error of the last request
 * @param onEvent returns whether what is shown may have changed
 * @returns requests it again
 */
export function followAnswer<Event, Answer extends object>(parts: {
  request: () => Promise<Answer>
  set: (changes: (Answer & { problem: null }) | { problem: string } | { connection: Connection }) => void
  onEvent: (event: Event) => boolean
}): () => void {
  const { request, set, onEvent } = parts
  let asked = 0
  let timer = 0
  const ask = async (): Promise<void> => {
    const number = ++asked
    try {
      const answer = await request()
      if (number === asked) set({ ...answer, problem: null })
    } catch (error) {
      if (number === asked) set({ problem: messageOf(error) })
    }
  }
  const askSoon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void ask(), SETTLE_MS)
  }
  let isFirst = true
  follow<Event>(
    (event) => {
      if (onEvent(event)) askSoon()
    },
    (connection) => {
      set({ connection })
      // The first request comes after the connection: otherwise a change between the two would be missed. After a lost
      // connection, changes may have been missed too.
      if (isFirst) void ask()
      else if (connection === 'open') askSoon()
      isFirst = false
    }
  )
  return askSoon
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const lines = (rest + value).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

const listeners = new Set<() => void>()

/** Calls back when the server refuses a request because the page shows an old state. */
export function onOutdated(listener: () => void): void {
  listeners.add(listener)
}

export async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, { ...init, headers: { [TOKEN_HEADER]: token, ...init.headers } })
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return answer as T
  if (response.status === 409) for (const listener of listeners) listener()
  const { error } = (answer ?? {}) as { error?: { code: string; message: string } }
  throw new ServerError(error?.code ?? 'FAILED', error?.message ?? `The server answered ${response.status}.`)
}

export function post<T>(path: string, body: object): Promise<T> {
  return call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
}
