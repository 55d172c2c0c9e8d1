/**
 * Exit codes that every program has. A process that a signal stopped ends with 128 and the signal's number, as a shell has
 * it; one whose child failed ends with the child's exit code.
 */
export const EXIT = { done: 0, failed: 1, wrongUsage: 2 } as const
