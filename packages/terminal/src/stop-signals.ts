import { constants } from 'node:os'

/** Whether this process was asked to stop. */
export interface StopSignals {
  /** Fires at the first Ctrl-C, SIGTERM or SIGHUP; its reason is the signal's name. */
  signal: AbortSignal
  /** The exit code of a process that was asked to stop, 128 and the signal's number; null when it was not. */
  exitCode(): number | null
  /** From now on being asked to stop is how the command ends well. */
  expect(): void
  close(): void
}

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first signal asks for an orderly end. A second one ends the process at once: readers see whole releases either way. */
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
    // A terminal that is closed may send SIGHUP twice, by its shell and by the kernel. Nobody has become impatient.
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

/** Signals that never come, for a command line that runs inside another process. */
export function neverStopped(): StopSignals {
  return { signal: new AbortController().signal, exitCode: () => null, expect() {}, close() {} }
}

/** Resolves when the signal fires. */
export async function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}
