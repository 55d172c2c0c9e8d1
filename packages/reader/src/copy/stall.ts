import type { SiteSource } from '../site/site-source.js'

/** How long nothing may arrive. Milliseconds. */
const STALL_MS = 20_000

/** Aborts when nothing has happened for some time. */
export class Stall {
  private readonly controller = new AbortController()
  private readonly timer: NodeJS.Timeout

  /** @param ms milliseconds */
  constructor(ms = STALL_MS) {
    this.timer = setTimeout(() => this.controller.abort(), ms)
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  restart(): void {
    this.timer.refresh()
  }

  stop(): void {
    clearTimeout(this.timer)
  }
}

/** Why nothing arrives, and how much is here: a sentence. */
export function whyStalled({ peers, progress }: Pick<SiteSource, 'peers' | 'progress'>): string {
  const who =
    peers === 0
      ? 'Nobody who has the site is connected any more'
      : 'The peers that have the site send nothing any more'
  return `${who}: ${progress.held} of ${progress.known} blocks are on this machine.`
}
