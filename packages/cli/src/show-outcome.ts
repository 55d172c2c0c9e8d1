import { describeOutcome, type Outcome, type OutcomeFacts } from '@sitedrive/core'
import type { Session } from './session.js'

/** Shows what a publish came to; the link comes last, alone on its line, also when nothing changed. */
export function showOutcome({ screen }: Session, outcome: Outcome): void {
  screen.json(outcome.status === 'skipped' ? skippedJson(outcome) : factsOf(outcome))
  for (const { level, text } of describeOutcome(outcome)) {
    if (level === 'warn') screen.warn(text)
    else screen.say(text)
  }
  if (outcome.status === 'unchanged') screen.say(outcome.link)
}

/** The stable shape of `publish --json` and `rollback --json`. */
export function factsOf(outcome: OutcomeFacts): OutcomeFacts {
  const { key, link, mirror, release, version, fork } = outcome
  const { added, changed, removed, bytesWritten, durationMs, seeds } = outcome
  return {
    key,
    link,
    mirror,
    release,
    version,
    fork,
    added,
    changed,
    removed,
    bytesWritten,
    durationMs,
    seeds
  }
}

function skippedJson({ reason, message }: Extract<Outcome, { status: 'skipped' }>): object {
  return { skipped: { reason, message } }
}
