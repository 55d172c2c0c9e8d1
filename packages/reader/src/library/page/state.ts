import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { follow, hasToken, type Connection } from '../../../../mirror/src/private-page/browser/calls.js'
import { messageOf } from '../../../../mirror/src/private-page/browser/page-words.js'
import type { LibraryAnswer, LibraryEvent, NewsRow } from '../api.js'
import { getLibrary, getNews } from './server.js'

/** The state of the page, as the server sent it. */
export interface LibraryState {
  library: LibraryAnswer | null
  /** Newest first. */
  news: NewsRow[]
  /** How many releases have come since somebody looked at the page. */
  unseen: number
  /** The error of the last request for the library; null when it succeeded. */
  problem: string | null
  connection: Connection | 'opening'
}

/** Changes that follow each other this quickly cause one request. Milliseconds. */
const SETTLE_MS = 80

/** Follows the server's events, and requests the library again when it has changed. */
export function useLibraryState(): LibraryState {
  const [state, setState] = useState<LibraryState>({
    library: null,
    news: [],
    unseen: 0,
    problem: null,
    connection: hasToken ? 'opening' : 'refused'
  })
  const asked = useRef(0)
  const timer = useRef(0)
  const set = useMemo(
    () => (changes: Partial<LibraryState>) => setState((before) => ({ ...before, ...changes })),
    []
  )

  useEffect(() => {
    if (!hasToken) return
    const ask = async (): Promise<void> => {
      const number = ++asked.current
      try {
        const [library, { news }] = await Promise.all([getLibrary(), getNews()])
        if (number === asked.current) set({ library, news, problem: null })
      } catch (error) {
        if (number === asked.current) set({ problem: messageOf(error) })
      }
    }
    const askSoon = (): void => {
      clearTimeout(timer.current)
      timer.current = setTimeout(() => void ask(), SETTLE_MS)
    }
    // A person who comes back from a terminal may have published one of the own sites, which causes no event.
    addEventListener('focus', () => {
      set({ unseen: 0 })
      askSoon()
    })
    let isFirst = true
    follow<LibraryEvent>(
      (event) => {
        if (event.kind === 'news' && !document.hasFocus())
          setState((before) => ({ ...before, unseen: before.unseen + 1 }))
        askSoon()
      },
      (connection) => {
        set({ connection })
        // The first request comes after the connection: otherwise a change between the two would be missed.
        if (isFirst) void ask()
        else if (connection === 'open') askSoon()
        isFirst = false
      }
    )
  }, [])
  return state
}
