import type { SitedriveError } from '@sitedrive/core'
import { buildFailureMessage } from '@sitedrive/preview/build-failure-message'

/**
 * Makes an error of ours fit for a generator, which prints the message or the stack of what is thrown at it: the message says
 * how to go on, and the stack is one line with the code, since people need no more. Safe to call twice.
 */
export function readableError(error: unknown): unknown {
  if (!isOurs(error)) return error
  const message = buildFailureMessage(error)
  return Object.assign(error, { message, remedy: null, stack: `SitedriveError ${error.code}: ${message}` })
}

/** By name: a plugin may have a core of its own. */
function isOurs(error: unknown): error is SitedriveError {
  return error instanceof Error && error.name === 'SitedriveError'
}
