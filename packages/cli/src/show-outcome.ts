import { describeOutcome, describeSync, outcomeJson, type Outcome, type ReportLine } from '@sitedrive/core'
import type { Session } from '@sitedrive/terminal'

/** Prints the outcome of a publish. The last line has only the link, also when nothing changed. */
export function showOutcome(session: Session, outcome: Outcome): void {
  show(session, outcome, describeOutcome(outcome))
}

/** Prints what `publish --sync` did, as `showOutcome` does. */
export function showSync(session: Session, outcome: Outcome): void {
  show(session, outcome, outcome.status === 'unchanged' ? describeSync(outcome) : describeOutcome(outcome))
}

function show({ screen }: Session, outcome: Outcome, lines: readonly ReportLine[]): void {
  screen.json(outcomeJson(outcome))
  for (const { level, text } of lines) {
    if (level === 'warn') screen.warn(text)
    else screen.print(text)
  }
  if (outcome.status === 'unchanged') screen.print(outcome.link)
}
