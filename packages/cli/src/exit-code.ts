/** What the process tells its caller. An interrupted one ends with 128 and the signal's number, as a shell has it. */
export const EXIT = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  /** `review` found something to publish. */
  somethingToPublish: 3
} as const
