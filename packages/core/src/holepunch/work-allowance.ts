/** A token bucket for the work that a peer may cause. It may be overdrawn. */
export class WorkAllowance {
  private left: number
  private filledAt: number
  private readonly atOnce: number
  private readonly perSecond: number
  private readonly now: () => number

  /**
   * @param atOnce the size of the bucket
   * @param perSecond how much is added in a second
   * @param now a monotonic clock. Milliseconds
   */
  constructor(atOnce: number, perSecond: number, now: () => number = () => performance.now()) {
    this.atOnce = atOnce
    this.perSecond = perSecond
    this.now = now
    this.left = atOnce
    this.filledAt = now()
  }

  /** @returns the milliseconds until the bucket is no longer overdrawn; 0: it is not overdrawn */
  spend(amount: number): number {
    this.left -= amount
    if (this.left >= 0) return 0 // saves a read of the clock
    const now = this.now()
    this.left = Math.min(this.left + ((now - this.filledAt) / 1_000) * this.perSecond, this.atOnce - amount)
    this.filledAt = now
    return this.left >= 0 ? 0 : (-this.left / this.perSecond) * 1_000
  }

  /** Spends an amount if there is enough, so that the bucket is not overdrawn. @returns whether it was spent */
  take(amount: number): boolean {
    if (this.spend(amount) === 0) return true
    this.left += amount
    return false
  }
}
