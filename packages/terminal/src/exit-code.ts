/**
 * The exit codes of all programs. There are two more: 128 plus the signal's number when a signal stopped the process, as in a
 * shell, and the exit code of a child process that failed.
 */
export const EXIT = { done: 0, failed: 1, wrongUsage: 2 } as const
