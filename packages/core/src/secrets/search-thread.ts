import { isWorthThread, startThread } from '../disk/thread.js'
import type { FilesToSearch, Searched } from './search-files.js'

export interface SearchThread {
  /** null: the thread failed, so the caller searches the files itself. */
  searched: Promise<Searched | null>
  stop(): void
}

/** Begins a search in another thread. @returns null where a thread does not pay, or cannot start */
export function startSearch(wanted: FilesToSearch): SearchThread | null {
  if (!isWorthThread(wanted.files)) return null
  const worker = startThread(new URL('./secret-worker.js', import.meta.url), wanted)
  if (!worker) return null
  const searched = new Promise<Searched | null>((resolve) => {
    worker.once('message', (result: Searched) => resolve(result))
    worker.once('error', () => resolve(null))
    worker.once('exit', () => resolve(null))
  })
  return { searched, stop: () => void worker.terminate() }
}
