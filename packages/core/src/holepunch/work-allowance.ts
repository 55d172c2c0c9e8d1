import { WORK_AT_ONCE, WORK_PER_SECOND } from './wire-limits.js'

/** How much unpaid work a peer may still ask for: a bucket that fills with time. */
export class WorkAllowance {
  private left = WORK_AT_ONCE
  private filledAt: number
  private readonly now: () => number

  /** @param now milliseconds that only rise */
  constructor(now: () => number = () => performance.now()) {
    this.now = now
    this.filledAt = now()
  }

  /** @param microseconds estimated @returns false when it is more than is left */
  spend(microseconds: number): boolean {
    this.left -= microseconds
    if (this.left >= 0) return true // the clock is read only when it may matter
    const now = this.now()
    const filled = this.left + ((now - this.filledAt) / 1_000) * WORK_PER_SECOND
    this.left = Math.min(filled, WORK_AT_ONCE - microseconds)
    this.filledAt = now
    return this.left >= 0
  }
}
