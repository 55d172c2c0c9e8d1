import { AsyncLocalStorage } from 'node:async_hooks'

const running = new AsyncLocalStorage<ModelProcess | undefined>()

/** A state of a core that was signed. */
export interface SignedHead {
  /** The hash of the core's manifest, hex. */
  core: string
  fork: number
  length: number
  /** The tree hash, hex. */
  hash: string
}

/**
 * A process that can be killed: what runs in it, and what follows from that. All that it can do to the world are steps: it
 * reads and writes stores, writes files, waits, and hears and says something on a wire. Once it is killed no step of it ends.
 */
export class ModelProcess {
  /** How many steps it has done. */
  steps = 0
  isDead = false
  /** Instead of this step it is killed, from 1. */
  killAt: number
  /** What it has signed, in order. */
  readonly signed: SignedHead[] = []
  /** Resolves when it is killed. */
  readonly killed: Promise<void>
  private readonly listeners = new Set<() => void>()
  private resolveKilled = () => {}

  constructor(killAt = Infinity) {
    this.killAt = killAt
    this.killed = new Promise((resolve) => (this.resolveKilled = resolve))
  }

  /** The one that the caller runs in; undefined: the model itself. */
  static get here(): ModelProcess | undefined {
    return running.getStore()
  }

  run<T>(work: () => T): T {
    return running.run(this, work)
  }

  /** Counts a step. @returns false: it is dead, and may do nothing */
  step(): boolean {
    if (!this.isDead && ++this.steps >= this.killAt) this.kill()
    return !this.isDead
  }

  kill(): void {
    if (this.isDead) return
    this.isDead = true
    for (const listener of this.listeners) listener()
    this.resolveKilled()
  }

  /** What the kernel does when it dies. @returns takes it back */
  onKill(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

/** Runs something as a process; undefined: as the model itself. */
export function runAs<T>(process: ModelProcess | undefined, work: () => T): T {
  return running.run(process, work)
}

/** Does one asynchronous step. It never ends in a process that is dead by then. */
export async function step<T>(process: ModelProcess | undefined, work: () => T | Promise<T>): Promise<T> {
  if (process && !process.step()) return never()
  const result = await work()
  return process?.isDead ? never() : result
}

export function never(): Promise<never> {
  return new Promise(() => {})
}
