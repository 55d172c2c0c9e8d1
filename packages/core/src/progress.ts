/** One step of a publish: `done` of `total` files or blocks; in phase `ask`, of seeds. */
export interface Progress {
  phase: 'ask' | 'scan' | 'write' | 'index' | 'confirm'
  done: number
  total: number
  /**
   * Bytes of those so far. In phase `confirm`: of the site's blobs, those that the seed holds. It ends at all of them; on the
   * way both numbers are estimates.
   */
  bytes: number
  /** In phase `confirm`: the seed that it speaks of, z-base-32. */
  seed?: string
}

export type OnProgress = (progress: Progress) => void
