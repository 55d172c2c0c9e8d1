/** How much a peer may still ask for: a bucket that fills with time, and may be overdrawn. */
export class WorkAllowance {
  private left: number
  private filledAt: number
  private readonly atOnce: number
  private readonly perSecond: number
  private readonly now: () => number

  /** @param now milliseconds that only rise */
  constructor(atOnce: number, perSecond: number, now: () => number = () => performance.now()) {
    this.atOnce = atOnce
    this.perSecond = perSecond
    this.now = now
    this.left = atOnce
    this.filledAt = now()
  }

  /** @returns after how many milliseconds it is repaid; 0: at once */
  spend(amount: number): number {
    this.left -= amount
    if (this.left >= 0) return 0 // the clock is read only when it may matter
    const now = this.now()
    this.left = Math.min(this.left + ((now - this.filledAt) / 1_000) * this.perSecond, this.atOnce - amount)
    this.filledAt = now
    return this.left >= 0 ? 0 : (-this.left / this.perSecond) * 1_000
  }
}
