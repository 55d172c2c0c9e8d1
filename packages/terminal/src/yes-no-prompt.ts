import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Session } from './session.js'

/** Asks a question at the terminal. Resolves with whether the answer is yes. */
export type YesNoPrompt = (question: string) => Promise<boolean>

/**
 * A yes/no prompt, or null where nobody would answer: with `--json`, in CI, and without a terminal. The prompt throws
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
      // Ctrl-C at a question comes back as a signal, in the next turn of the event loop.
      await nextTurn()
      await nextTurn()
      if (signal.aborted) throw new SitedriveError('ABORTED', 'Stopped. Nothing was changed.')
      return isYes
    })
  )
}
