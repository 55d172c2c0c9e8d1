import { constants } from 'node:os'

/** Whether this process was asked to stop. */
export interface StopSignals {
  /** Fires at the first Ctrl-C, SIGTERM or SIGHUP; its reason is the signal's name. */
  signal: AbortSignal
  /** The exit code of a process that was asked to stop; null when it was not. */
  exitCode(): number | null
  close(): void
}

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first signal asks for an orderly end, the second one ends the process, and Jekyll with it. */
export function listenForStop(): StopSignals {
  const controller = new AbortController()
  let exitCode: number | null = null
  const stop = (name: NodeJS.Signals) => {
    const code = 128 + constants.signals[name]
    if (exitCode !== null) process.exit(code)
    exitCode = code
    controller.abort(name)
  }
  for (const name of NAMES) process.on(name, stop)
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    close() {
      for (const name of NAMES) process.off(name, stop)
    }
  }
}
