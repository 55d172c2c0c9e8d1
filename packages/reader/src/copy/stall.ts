import { SitedriveError } from '@sitedrive/core'
import type { SiteSource } from '../site/site-source.js'

/** How long nothing may arrive. Milliseconds. */
const STALL_MS = 20_000

/** Aborts when nothing has happened for some time. */
class Stall {
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
function whyStalled({ peers, progress }: Pick<SiteSource, 'peers' | 'progress'>): string {
  const who =
    peers === 0
      ? 'Nobody who has the site is connected any more'
      : 'The peers that have the site send nothing any more'
  return `${who}: ${progress.held} of ${progress.known} blocks are on this machine.`
}

/**
 * Does something with a site for as long as blocks of it arrive.
 *
 * @param remedy what stands now, and what to do: sentences
 * @param use `restart` tells of work that is no arriving block
 * @throws {SitedriveError} NOT_HELD when nothing arrived for `stallMs` milliseconds
 */
export async function withStall<T>(
  drive: SiteSource,
  { stallMs, signal }: { stallMs?: number | undefined; signal: AbortSignal },
  remedy: string,
  use: (signal: AbortSignal, restart: () => void) => Promise<T>
): Promise<T> {
  const stall = new Stall(stallMs)
  const stopCounting = drive.onDownload(() => stall.restart())
  try {
    return await use(AbortSignal.any([signal, stall.signal]), () => stall.restart())
  } catch (cause) {
    if (!stall.signal.aborted || signal.aborted) throw cause
    throw new SitedriveError('NOT_HELD', `${whyStalled(drive)} ${remedy}`, { cause })
  } finally {
    stopCounting()
    stall.stop()
  }
}
