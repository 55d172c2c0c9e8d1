import os from 'node:os'
import type { Worker } from 'node:worker_threads'
import { throwIfAborted } from '../error.js'
import { startThread } from '../disk/thread.js'
import type { HtmlFacts, SiteView } from './content-types.js'
import type { FactsKind } from './file-facts.js'
import { MAX_PAGE_BYTES } from './html-facts.js'
import { unpackFacts, type PackedFacts } from './packed-facts.js'

/** A file whose facts are not known yet. */
export interface UnreadFile {
  /** Key of the facts, see `gather-facts.ts`. */
  key: string
  kind: FactsKind
  path: string
  bytes: number
}

/** Message to a thread, which answers with `PackedFacts` as JSON. */
export type FactsJob = { key: string; kind: FactsKind; bytes: Uint8Array }[]

const MAX_THREADS = 4
const JOB_FILES = 100
const JOB_BYTES = 2_000_000
/** Longest time for one job; then the thread is given up. Milliseconds. */
const JOB_DEADLINE_MS = 30_000

/**
 * Finds the facts of many files in threads, one for each CPU core. The result lacks files that a thread failed at. It is
 * empty where no thread can start: in a bundle, or when the TypeScript sources are run directly.
 *
 * @throws {SitedriveError} ABORTED
 */
export async function factsInThreads(
  unread: readonly UnreadFile[],
  now: SiteView,
  signal: AbortSignal | undefined
): Promise<Map<string, HtmlFacts>> {
  const found = new Map<string, HtmlFacts>()
  const left = unread.values()
  const count = Math.max(1, Math.min(MAX_THREADS, os.availableParallelism()))
  await Promise.all(Array.from({ length: count }, () => work(left, now, found, signal)))
  return found
}

/** Runs jobs in one thread until none is left, or the thread ends. */
async function work(
  left: IterableIterator<UnreadFile>,
  now: SiteView,
  found: Map<string, HtmlFacts>,
  signal: AbortSignal | undefined
): Promise<void> {
  const worker = startThread(new URL('./facts-worker.js', import.meta.url))
  if (!worker) return
  // `runJob` handles errors. Without a listener an error between jobs would end the process.
  worker.on('error', () => {})
  try {
    // The next job is read while the thread works on the last one.
    let answer: Promise<string | null> = Promise.resolve('')
    for (let job = await nextJob(left, now); job.length > 0; job = await nextJob(left, now)) {
      throwIfAborted(signal)
      if (!take(await answer, found)) return
      answer = runJob(worker, job)
    }
    take(await answer, found)
  } finally {
    await worker.terminate()
  }
}

async function nextJob(left: IterableIterator<UnreadFile>, now: SiteView): Promise<FactsJob> {
  const job: FactsJob = []
  let size = 0
  while (job.length < JOB_FILES && size < JOB_BYTES) {
    const { value } = left.next() as IteratorResult<UnreadFile, undefined>
    if (!value) break
    const bytes = await now.read(value.path, MAX_PAGE_BYTES + 1)
    if (!bytes) continue
    job.push({ key: value.key, kind: value.kind, bytes })
    size += bytes.byteLength
  }
  return job
}

/** @returns null when the thread ended or takes too long */
function runJob(worker: Worker, job: FactsJob): Promise<string | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => done(null), JOB_DEADLINE_MS)
    const onMessage = (text: string): void => done(text)
    const onEnd = (): void => done(null)
    const done = (text: string | null): void => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onEnd).off('exit', onEnd)
      resolve(text)
    }
    worker.on('message', onMessage).on('error', onEnd).on('exit', onEnd)
    worker.postMessage(job)
  })
}

function take(answer: string | null, found: Map<string, HtmlFacts>): boolean {
  if (answer === null) return false
  if (answer !== '') {
    for (const [key, facts] of unpackFacts(JSON.parse(answer) as PackedFacts)) found.set(key, facts)
  }
  return true
}
