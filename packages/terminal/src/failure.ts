import { inspect } from 'node:util'
import { messageWithRemedy, SitedriveError, type RemedyAction } from '@sitedrive/core/start'
import { EXIT } from './exit-code.js'
import type { Screen } from './screen.js'

/** A failure as it is shown to people and programs. */
export interface Failure {
  code: string
  message: string
  exitCode: number
  /** How to get the details for a bug report; null when the message is enough. */
  hint: string | null
}

/** A program that was started by this one has failed. This process ends with the same exit code. */
export class CommandFailed extends SitedriveError {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super('COMMAND_FAILED', message)
    this.exitCode = exitCode
  }
}

/** The options that let a refused publish continue. */
const REMEDIES: Readonly<Record<RemedyAction, string>> = {
  'allow empty': '`--allow empty` (or SITEDRIVE_ALLOW=empty)',
  'allow shrink': '`--allow shrink` (or SITEDRIVE_ALLOW=shrink)',
  'allow project': '`--allow project` (or SITEDRIVE_ALLOW=project)',
  'allow no-pages': '`--allow no-pages` (or SITEDRIVE_ALLOW=no-pages)',
  'accept loss': '`--accept-loss`',
  'checks off': '`--checks off` (or SITEDRIVE_CHECKS=off)',
  sync: '`npx sitedrive publish --sync`'
}

/** @param thrown any value that was thrown */
export function toFailure(thrown: unknown): Failure {
  const error: NodeJS.ErrnoException = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { code, name } = error
  const message = messageWithRemedy(error, REMEDIES)
  // Compared by name: a generator may have its own copy of core, with another class.
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
 * Shows a failure on stderr; with `--json` also as `{ error: { code, message } }` on stdout. `SITEDRIVE_DEBUG` adds the stack.
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
  if (stack !== null && style.stack === 'above') screen.info(stack)
  screen.json({ error: { code, message } })
  screen.error(style.failure(code, message) + (hint !== null && stack === null ? ` ${hint}` : ''))
  if (stack !== null && style.stack === 'below') screen.info(stack)
  return exitCode
}
