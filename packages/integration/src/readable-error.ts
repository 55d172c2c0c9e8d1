/** Generators print the stack of what is thrown at them. Of our own errors people need the code; the stack tells them nothing. */
export function readableError(error: unknown): unknown {
  if (error instanceof Error && error.name === 'SitedriveError') {
    error.stack = `SitedriveError ${String((error as { code?: unknown }).code)}: ${error.message}`
  }
  return error
}
