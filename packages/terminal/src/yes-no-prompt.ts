import { setImmediate as nextTurn } from 'node:timers/promises'
import type { terminalLine, terminalQuestion } from '@sitedrive/core'
import type { Session } from './session.js'

/** Asks a question at the terminal. Resolves with true when the answer is yes. */
export type YesNoPrompt = (question: string) => Promise<boolean>

/** Asks a question at the terminal. Resolves with the line that was typed; empty at the end of input. */
export type LinePrompt = (question: string) => Promise<string>

/**
 * Returns a yes/no prompt; null when nobody can answer it: with `--json`, in CI, or without a terminal. The prompt throws
 * ABORTED at Ctrl-C.
 */
export function yesNoPrompt(session: Session): Promise<YesNoPrompt | null> {
  return promptOf(session, (core) => core.terminalQuestion)
}

/** As `yesNoPrompt`, for a question that a line of text answers. */
export function linePrompt(session: Session): Promise<LinePrompt | null> {
  return promptOf(session, (core) => core.terminalLine)
}

interface Core {
  terminalLine: typeof terminalLine
  terminalQuestion: typeof terminalQuestion
}

type Open<T> = (
  env: NodeJS.ProcessEnv,
  input: typeof process.stdin,
  output: typeof process.stderr
) => ((question: string) => Promise<T>) | null

async function promptOf<T>(
  { screen, env, signal }: Session,
  openOf: (core: Core) => Open<T>
): Promise<((question: string) => Promise<T>) | null> {
  if (screen.isJson) return null
  const core = await import('@sitedrive/core')
  const ask = openOf(core)(env, process.stdin, process.stderr)
  return (
    ask &&
    (async (question) => {
      screen.clearProgress()
      const answer = await ask(question)
      // Ctrl-C at a question arrives as a signal, in one of the next two turns of the event loop.
      await nextTurn()
      await nextTurn()
      if (signal.aborted) throw new core.SitedriveError('ABORTED', 'Stopped. Nothing was changed.')
      return answer
    })
  )
}
