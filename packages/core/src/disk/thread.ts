import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

/** So many files are read in less time than a thread takes to begin. */
const SMALL = { files: 200, bytes: 2 ** 21 }

/** Whether files are worth a thread of their own. @param files their sizes are in bytes */
export function isWorthThread(files: readonly { size: number }[]): boolean {
  return files.length > SMALL.files || files.reduce((sum, { size }) => sum + size, 0) > SMALL.bytes
}

/**
 * Starts a thread.
 *
 * @returns null where its file is not there: in a bundle, or when TypeScript is run as it is
 */
export function startThread(file: URL, workerData?: unknown): Worker | null {
  if (!existsSync(fileURLToPath(file))) return null
  // Loaders of the generator that this runs in are not the thread's.
  return new Worker(file, { workerData, execArgv: [] })
}
