/** One step of a publish: `done` of `total` files or blocks, and their bytes so far. */
export interface Progress {
  phase: 'scan' | 'write' | 'index' | 'confirm'
  done: number
  total: number
  bytes: number
  /** In phase `confirm`: the seed that it speaks of, z-base-32. */
  seed?: string
}

export type OnProgress = (progress: Progress) => void
