/** Whether this process was asked to stop. */
export interface StopSignals {
  /** Fires at the first Ctrl-C or SIGTERM. */
  signal: AbortSignal
  /** The exit code of a process that was asked to stop; null when it was not. */
  exitCode(): number | null
  /** From now on being asked to stop is how the command ends well. */
  expect(): void
  close(): void
}

const CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** The first signal asks for an orderly end, the second one ends the process: readers see whole releases either way. */
export function listenForStop(): StopSignals {
  const controller = new AbortController()
  let exitCode: number | null = null
  let isExpected = false
  const stop = (name: NodeJS.Signals) => {
    const code = name === 'SIGTERM' ? CODES.SIGTERM : CODES.SIGINT
    if (exitCode !== null) process.exit(code)
    exitCode = code
    controller.abort(name)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    exitCode: () => (isExpected ? null : exitCode),
    expect() {
      isExpected = true
    },
    close() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    }
  }
}
