/** What the process tells its caller. Jekyll's own code when Jekyll failed; 128 and the signal's number after a signal. */
export const EXIT = { done: 0, failed: 1, wrongUsage: 2 } as const
