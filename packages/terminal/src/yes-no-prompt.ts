import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Session } from './session.js'

/** Asks a question at the terminal. Resolves with true when the answer is yes. */
export type YesNoPrompt = (question: string) => Promise<boolean>

/**
 * Returns a yes/no prompt; null when nobody can answer it: with `--json`, in CI, or without a terminal. The prompt throws
 * ABORTED at Ctrl-C.
 */
export async function yesNoPrompt({ screen, env, signal }: Session): Promise<YesNoPrompt | null> {
  if (screen.isJson) return null
  const { SitedriveError, terminalQuestion } = await import('@sitedrive/core')
  const ask = terminalQuestion(env, process.stdin, process.stderr)
  return (
    ask &&
    (async (question) => {
      screen.clearProgress()
      const isYes = await ask(question)
      // Ctrl-C at a question arrives as a signal, in one of the next two turns of the event loop.
      await nextTurn()
      await nextTurn()
      if (signal.aborted) throw new SitedriveError('ABORTED', 'Stopped. Nothing was changed.')
      return isYes
    })
  )
}
