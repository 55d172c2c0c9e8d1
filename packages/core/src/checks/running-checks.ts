import { checkBuild, type BuildToCheck } from './check-build.js'
import type { Finding } from '../content/content-types.js'
import { isWorthThread, startThread } from '../disk/thread.js'

/** Checks that run while a publish goes on. */
export interface RunningChecks {
  /** Rejects when a check throws or takes too long. */
  findings: Promise<Finding[]>
  /** Ends them. Safe to call at any time. */
  stop(): void
}

/** Longest time for all checks; a large site needs far less. Milliseconds. */
const DEADLINE_MS = 120_000

/** Begins to check a build: in another thread, unless the build is small. */
export function startChecks(build: BuildToCheck, deadlineMs = DEADLINE_MS): RunningChecks {
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  const { signal } = stopping
  const work = isWorthThread(build.found.files) ? inThread(build, signal) : checkBuild(build, signal)
  const findings = inTime(work, signal, deadlineMs).finally(stop)
  findings.catch(() => {}) // they may have been stopped before anybody waits for them
  return { findings, stop }
}

function inTime<T>(work: Promise<T>, signal: AbortSignal, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`they took longer than ${deadlineMs / 1000} s`)), deadlineMs)
    signal.addEventListener('abort', () => reject(new Error('they were stopped')), { once: true })
  })
  late.catch(() => {}) // the work may have ended before
  // guard: checks: they end at a deadline
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

async function inThread(build: BuildToCheck, signal: AbortSignal): Promise<Finding[]> {
  const worker = startThread(new URL('./check-worker.js', import.meta.url), build)
  if (!worker) return checkBuild(build, signal)
  signal.addEventListener('abort', () => void worker.terminate(), { once: true })
  return new Promise((resolve, reject) => {
    let found: Finding[] | null = null
    worker.once('message', (findings: Finding[]) => {
      found = findings
      void worker.terminate()
    })
    worker.once('error', reject)
    // Only at its exit is everything of the thread gone from this process.
    worker.once('exit', () => (found ? resolve(found) : reject(new Error('they were stopped'))))
  })
}
