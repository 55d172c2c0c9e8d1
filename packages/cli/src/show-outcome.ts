import { describeOutcome, outcomeJson, type Outcome } from '@sitedrive/core'
import type { Session } from '@sitedrive/terminal'

/** Shows what a publish came to; the link comes last, alone on its line, also when nothing changed. */
export function showOutcome({ screen }: Session, outcome: Outcome): void {
  screen.json(outcomeJson(outcome))
  for (const { level, text } of describeOutcome(outcome)) {
    if (level === 'warn') screen.warn(text)
    else screen.say(text)
  }
  if (outcome.status === 'unchanged') screen.say(outcome.link)
}
