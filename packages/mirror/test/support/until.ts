/** Polls until a condition holds; fails with its description when it does not in time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 60_000
): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Waits until a value has not changed for a while. */
export async function settled(value: () => number, quietMs: number): Promise<number> {
  let last = value()
  let since = performance.now()
  await until('quiet', () => {
    if (value() !== last) {
      last = value()
      since = performance.now()
    }
    return performance.now() - since > quietMs
  })
  return last
}
