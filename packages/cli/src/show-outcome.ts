import { describeOutcome, outcomeJson, type Outcome } from '@sitedrive/core'
import type { Session } from '@sitedrive/terminal'

/** Prints the outcome of a publish. The last line has only the link, also when nothing changed. */
export function showOutcome({ screen }: Session, outcome: Outcome): void {
  screen.json(outcomeJson(outcome))
  for (const { level, text } of describeOutcome(outcome)) {
    if (level === 'warn') screen.warn(text)
    else screen.print(text)
  }
  if (outcome.status === 'unchanged') screen.print(outcome.link)
}
