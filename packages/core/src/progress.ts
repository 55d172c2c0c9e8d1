/** One step of a publish: `done` of `total` files or blocks, and their bytes so far. */
export interface Progress {
  phase: 'scan' | 'write' | 'index' | 'confirm'
  done: number
  total: number
  bytes: number
}

export type OnProgress = (progress: Progress) => void
