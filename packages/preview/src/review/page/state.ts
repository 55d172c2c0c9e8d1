import { useEffect, useMemo, useState } from 'preact/hooks'
import {
  followAnswer,
  hasToken,
  onOutdated,
  type Connection
} from '../../../../mirror/src/private-page/browser/calls.js'
import type { LiveStatus, LogText, ReviewAnswer, ReviewEvent, Run } from '../api.js'
import { getReview } from './server.js'

/** The state of the page, as the server sent it. */
export interface ReviewState {
  review: ReviewAnswer | null
  /** The error of the last request for the review; null when it succeeded. */
  problem: string | null
  status: LiveStatus | null
  run: Run | null
  log: LogText | null
  connection: Connection | 'opening'
}

/** The server keeps as much of a log. Characters. */
const LOG_KEPT = 200_000

/** Follows the server's events, and requests the review again when it has changed. */
export function useReviewState(): ReviewState {
  const [state, setState] = useState<ReviewState>({
    review: null,
    problem: null,
    status: null,
    run: null,
    log: null,
    connection: hasToken ? 'opening' : 'refused'
  })
  const set = useMemo(
    () => (changes: Partial<ReviewState>) => setState((before) => ({ ...before, ...changes })),
    []
  )

  useEffect(() => {
    if (!hasToken) return
    const askSoon = followAnswer<ReviewEvent, Pick<ReviewState, 'review'>>({
      request: async () => ({ review: await getReview() }),
      set,
      onEvent(event) {
        if (event.kind === 'changed') return true
        if (event.kind === 'status') set({ status: event.status })
        else if (event.kind === 'run') set({ run: event.run })
        else if (event.kind === 'log') set({ log: event.log })
        else setState((before) => ({ ...before, log: longer(before.log, event) }))
        return false
      }
    })
    onOutdated(askSoon)
    // A person who comes back from an editor or a terminal may have changed something that causes no event.
    addEventListener('focus', askSoon)
  }, [])
  return state
}

function longer(log: LogText | null, { run, text }: { run: number; text: string }): LogText {
  const before = log?.run === run ? log : { run, text: '', dropped: 0 }
  const all = before.text + text
  const over = Math.max(0, all.length - LOG_KEPT)
  return { run, text: all.slice(over), dropped: before.dropped + over }
}
