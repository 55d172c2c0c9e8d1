import { inspect } from 'node:util'
import { EXIT } from './exit-code.js'
import type { Screen } from './screen.js'

/** A failure as people and programs are told of it. */
export interface Failure {
  code: string
  message: string
  exitCode: number
  /** What the message does not say and a bug report needs; null when the message says it all. */
  hint: string | null
}

/** @param error whatever was thrown */
export function toFailure(error: unknown): Failure {
  const { code, message, name }: NodeJS.ErrnoException =
    error instanceof Error ? error : new Error(String(error))
  if (name === 'SitedriveError') {
    const exitCode = code === 'BAD_OPTION' ? EXIT.wrongUsage : EXIT.failed
    return { code: String(code), message, exitCode, hint: null }
  }
  return {
    code: 'UNEXPECTED',
    message: `Something unexpected went wrong: ${message.replace(/[.\s]+$/, '')}.`,
    exitCode: EXIT.failed,
    hint: 'SITEDRIVE_DEBUG=1 shows where.'
  }
}

/** Their messages are lists, of which core has made each line such that it has no break of its own. */
const LISTS = ['CHECKS_FAILED', 'SECRET_FOUND']

/** Tells of a failure. @returns the exit code */
export function tellFailure(
  screen: Screen,
  env: NodeJS.ProcessEnv,
  error: unknown,
  failure = toFailure(error)
): number {
  const { code, hint, exitCode } = failure
  screen.json({ error: { code, message: failure.message } })
  const shown = LISTS.includes(code)
    ? failure.message.split('\n').map(oneLine).join('\n')
    : oneLine(failure.message)
  screen.fail(shown + (hint && !env['SITEDRIVE_DEBUG'] ? ` ${hint}` : ''))
  if (env['SITEDRIVE_DEBUG']) screen.note(inspect(error))
  return exitCode
}

/** As core's `printable`, which a usage error should not have to load; and on one line. */
function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD')
}
