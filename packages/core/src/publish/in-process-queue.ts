import type { Outcome } from '../outcome/outcome.js'
import type { BuildFacts } from './refuse-stale.js'

/** A publish that somebody asked for. */
export interface PublishRequest {
  dir: string
  facts: BuildFacts
}

/** Runs actions one after the other. Of several publishes that wait, it runs only the newest. */
export class PublishQueue {
  /** Ends when everything that was queued so far has ended. */
  private last: Promise<unknown> = Promise.resolve()
  private waiting: { turn: { request: PublishRequest }; outcome: Promise<Outcome> } | null = null

  /** Runs an action when everything that was queued before it has ended, well or badly. */
  inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.last.catch(() => {}).then(action)
    this.last = result
    result.catch(() => {}) // `last` is only waited for; the caller gets the error
    return result
  }

  /**
   * Queues a publish. If another publish waits already, this one takes its place, because the newest build is the one that
   * readers shall see.
   *
   * @returns the outcome of the publish that runs in this place
   */
  publish(request: PublishRequest, run: (request: PublishRequest) => Promise<Outcome>): Promise<Outcome> {
    if (this.waiting) {
      this.waiting.turn.request = request
      return this.waiting.outcome
    }
    const turn = { request }
    const outcome = this.inTurn(() => {
      this.waiting = null
      return run(turn.request)
    })
    this.waiting = { turn, outcome }
    return outcome
  }

  /** Waits until everything that is queued has ended. */
  async idle(): Promise<void> {
    await this.last.catch(() => {}) // its caller gets the error
  }
}
