import { useEffect, useMemo, useState } from 'preact/hooks'
import { followAnswer, hasToken, type Connection } from '../../../../mirror/src/private-page/browser/calls.js'
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

/** Follows the server's events, and requests the library again when it has changed. */
export function useLibraryState(): LibraryState {
  const [state, setState] = useState<LibraryState>({
    library: null,
    news: [],
    unseen: 0,
    problem: null,
    connection: hasToken ? 'opening' : 'refused'
  })
  const set = useMemo(
    () => (changes: Partial<LibraryState>) => setState((before) => ({ ...before, ...changes })),
    []
  )

  useEffect(() => {
    if (!hasToken) return
    const askSoon = followAnswer<LibraryEvent, Pick<LibraryState, 'library' | 'news'>>({
      request: async () => {
        const [library, { news }] = await Promise.all([getLibrary(), getNews()])
        return { library, news }
      },
      set,
      onEvent(event) {
        if (event.kind === 'news' && !document.hasFocus())
          setState((before) => ({ ...before, unseen: before.unseen + 1 }))
        return true
      }
    })
    // A person who comes back from a terminal may have published one of the own sites, which causes no event.
    addEventListener('focus', () => {
      set({ unseen: 0 })
      askSoon()
    })
  }, [])
  return state
}
