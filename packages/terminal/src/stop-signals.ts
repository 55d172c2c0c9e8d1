import { constants } from 'node:os'

/** The requests to stop this process. */
export interface StopSignals {
  /** Fires at the first Ctrl-C, SIGTERM or SIGHUP; its reason is the signal's name. */
  signal: AbortSignal
  /** 128 plus the signal's number; null when the process was not asked to stop, or a stop is expected. */
  exitCode(): number | null
  /** Call it when a stop is the normal end of the command: it then has the exit code of a success. */
  expect(): void
  close(): void
}

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first signal asks for an orderly end. The second one ends the process at once: readers still see complete releases only. */
export function listenForStop(): StopSignals {
  const controller = new AbortController()
  let exitCode: number | null = null
  let isExpected = false
  const stop = (name: NodeJS.Signals) => {
    const code = 128 + constants.signals[name]
    if (exitCode === null) {
      exitCode = code
      controller.abort(name)
      return
    }
    // When a terminal is closed, SIGHUP may come twice, from the shell and from the kernel. So it never ends the process at once.
    if (name !== 'SIGHUP') process.exit(code)
  }
  for (const name of NAMES) process.on(name, stop)
  return {
    signal: controller.signal,
    exitCode: () => (isExpected ? null : exitCode),
    expect() {
      isExpected = true
    },
    close() {
      for (const name of NAMES) process.off(name, stop)
    }
  }
}

/** For a command line that runs inside another process: no signal ever comes. */
export function noStopSignals(): StopSignals {
  return { signal: new AbortController().signal, exitCode: () => null, expect() {}, close() {} }
}

/** Resolves when the signal fires. */
export async function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}
