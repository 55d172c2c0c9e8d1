import { inspect } from 'node:util'
import { messageWithRemedy, SitedriveError, type RemedyAction } from '@sitedrive/core/start'
import { EXIT } from './exit-code.js'
import type { Screen } from './screen.js'

/** A failure as people and programs are shown it. */
export interface Failure {
  code: string
  message: string
  exitCode: number
  /** What the message does not contain and a bug report needs; null when the message is enough. */
  hint: string | null
}

/** Another program that this one ran has failed. This process ends with the same exit code. */
export class CommandFailed extends SitedriveError {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super('COMMAND_FAILED', message)
    this.exitCode = exitCode
  }
}

/** How the command lines let a refused publish go on. */
const REMEDIES: Readonly<Record<RemedyAction, string>> = {
  'allow empty': '`--allow empty` (or SITEDRIVE_ALLOW=empty)',
  'allow shrink': '`--allow shrink` (or SITEDRIVE_ALLOW=shrink)',
  'allow project': '`--allow project` (or SITEDRIVE_ALLOW=project)',
  'allow no-pages': '`--allow no-pages` (or SITEDRIVE_ALLOW=no-pages)',
  'accept loss': '`--accept-loss`',
  'checks off': '`--checks off` (or SITEDRIVE_CHECKS=off)',
  sync: '`sitedrive publish --sync`'
}

/** @param thrown whatever was thrown */
export function toFailure(thrown: unknown): Failure {
  const error: NodeJS.ErrnoException = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { code, name } = error
  const message = messageWithRemedy(error, REMEDIES)
  // By name: a generator may bring a core of its own.
  if (name === 'SitedriveError') {
    const usual = code === 'BAD_OPTION' ? EXIT.wrongUsage : EXIT.failed
    const exitCode = error instanceof CommandFailed ? error.exitCode : usual
    return { code: String(code), message, exitCode, hint: null }
  }
  return {
    code: 'UNEXPECTED',
    message: `Something unexpected went wrong: ${message.replace(/[.\s]+$/, '')}.`,
    exitCode: EXIT.failed,
    hint: 'SITEDRIVE_DEBUG=1 shows where.'
  }
}

/**
 * Shows a failure on stderr, and with `--json` as `{ error: { code, message } }` on stdout. `SITEDRIVE_DEBUG` adds the stack.
 *
 * @returns the exit code
 */
export function showFailure(
  screen: Screen,
  env: NodeJS.ProcessEnv,
  error: unknown,
  failure = toFailure(error)
): number {
  const { code, message, hint, exitCode } = failure
  const { style } = screen
  const stack = env['SITEDRIVE_DEBUG'] ? inspect(error) : null
  if (stack !== null && style.stack === 'above') screen.note(stack)
  screen.json({ error: { code, message } })
  screen.fail(style.failure(code, message) + (hint !== null && stack === null ? ` ${hint}` : ''))
  if (stack !== null && style.stack === 'below') screen.note(stack)
  return exitCode
}
