import type { SitedriveError } from '@sitedrive/core'
import { buildFailureMessage } from '@sitedrive/preview/build-failure-message'

/**
 * Changes an error of sitedrive for a generator, which prints its message or its stack: the message then says what to do, and
 * the stack is one line with the code. Other errors stay unchanged. Safe to call twice.
 */
export function readableError(error: unknown): unknown {
  if (!isOurs(error)) return error
  const message = buildFailureMessage(error)
  return Object.assign(error, { message, remedy: null, stack: `SitedriveError ${error.code}: ${message}` })
}

/** Compared by name: a plugin may have its own copy of core, with another class. */
function isOurs(error: unknown): error is SitedriveError {
  return error instanceof Error && error.name === 'SitedriveError'
}
