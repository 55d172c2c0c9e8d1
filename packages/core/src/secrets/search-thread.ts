import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { FilesToSearch, Searched } from './search-files.js'

/** Fewer are searched in less time than a thread takes to begin. */
const SMALL = { files: 200, bytes: 2 ** 21 }

export interface SearchThread {
  /** null: the thread did not do it, so whoever waits does. */
  searched: Promise<Searched | null>
  stop(): void
}

/** Begins a search in a thread of its own. @returns null where that is not worth it, or there is no file for the thread */
export function startSearch(wanted: FilesToSearch): SearchThread | null {
  const bytes = wanted.files.reduce((sum, { size }) => sum + size, 0)
  if (wanted.files.length <= SMALL.files && bytes <= SMALL.bytes) return null
  const file = fileURLToPath(new URL('./secret-worker.js', import.meta.url))
  // Where all was bundled into one file there is none.
  if (!existsSync(file)) return null
  const worker = new Worker(file, { workerData: wanted, execArgv: [] })
  const searched = new Promise<Searched | null>((resolve) => {
    worker.once('message', (result: Searched) => resolve(result))
    worker.once('error', () => resolve(null))
    worker.once('exit', () => resolve(null))
  })
  return { searched, stop: () => void worker.terminate() }
}
