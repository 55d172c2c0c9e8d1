import { type Progress, type ReportLine, describeProgress } from '@sitedrive/core'
import { type PublishReport } from '@sitedrive/core/internal'
import type { LogText, PublishedOutcome, Run } from './api.js'
import { PlainLog } from './plain-log.js'

export interface RunListeners {
  /** Called after every change of a run; often. */
  onRun: (run: Run) => void
  /** Called with text that was added to the log of a run. */
  onLog: (run: number, text: string) => void
}

/** More notes than this are not shown: findings can be thousands. */
export const MAX_NOTES = 20

/** What the review page shows of one run: its state and its log. Every change is sent to the listeners. */
export class RunRecord {
  private readonly state: Run
  private readonly log = new PlainLog()
  private readonly listeners: RunListeners
  private readonly startedAt = performance.now()

  /** @param release the release to go back to; null for a publish */
  constructor(id: number, kind: Run['kind'], release: number | null, listeners: RunListeners) {
    this.listeners = listeners
    this.state = {
      id,
      kind,
      state: 'running',
      command: null,
      release,
      startedAt: new Date().toISOString(),
      elapsedMs: 0,
      phase: 'build',
      doing: kind === 'rollback' ? `Going back to release ${release}` : 'Starting',
      share: null,
      seeds: [],
      outcome: null,
      isConfirmed: true,
      notes: [],
      problem: null
    }
  }

  get command(): string | null {
    return this.state.command
  }

  snapshot(): Run {
    const elapsedMs = this.state.state === 'running' ? this.elapsedMs() : this.state.elapsedMs
    return { ...this.state, elapsedMs, seeds: [...this.state.seeds], notes: [...this.state.notes] }
  }

  logText(): LogText {
    return { run: this.state.id, text: this.log.text, dropped: this.log.dropped }
  }

  /** Adds a line of our own to the log. */
  addLine(line: string): void {
    this.sendLog(this.log.addLine(line))
  }

  /** Adds what the build printed to the log. */
  addOutput(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    this.sendLog(this.log.add(stream, bytes))
  }

  addNote(line: ReportLine): void {
    this.state.notes.push(line)
    this.notify()
  }

  set(changes: Partial<Run>): void {
    Object.assign(this.state, changes)
    this.notify()
  }

  showProgress(progress: Progress): void {
    const { phase, done, total, bytes, seed } = progress
    if (seed !== undefined) {
      const { seeds } = this.state
      const at = seeds.findIndex(({ key }) => key === seed)
      const row = { key: seed, done, total, bytes }
      if (at < 0) seeds.push(row)
      else seeds[at] = row
    }
    this.set({
      phase,
      doing: describeProgress(progress),
      share: total > 0 ? Math.min(1, done / total) : null
    })
  }

  /** Shows how the publish ended, when it did not fail. */
  showOutcome({
    status,
    isConfirmed,
    outcome,
    remarks
  }: Omit<Extract<PublishReport, { kind: 'outcome' }>, 'kind' | 'projectDir'>): void {
    if ('skipped' in outcome) {
      const { message } = outcome.skipped
      this.set({ state: 'skipped', problem: { code: outcome.skipped.reason, message } })
      return
    }
    const seeds = outcome.seeds.map(({ key, confirmed }) => {
      const known = this.state.seeds.find((seed) => seed.key === key)
      return known && confirmed
        ? { ...known, done: known.total }
        : (known ?? { key, done: 0, total: 0, bytes: 0 })
    })
    this.set({
      state: status,
      outcome: withoutFindings(outcome),
      isConfirmed,
      notes: remarks.slice(0, MAX_NOTES),
      share: 1,
      seeds,
      doing: 'Done'
    })
  }

  /** From here on the elapsed time stays as it is. Call it when the run has ended. */
  stopClock(): void {
    this.state.elapsedMs = this.elapsedMs()
  }

  notify(): void {
    this.listeners.onRun(this.snapshot())
  }

  private sendLog(text: string): void {
    if (text !== '') this.listeners.onLog(this.state.id, text)
  }

  private elapsedMs(): number {
    return Math.round(performance.now() - this.startedAt)
  }
}

/** Findings can be thousands, and are shown as notes. */
function withoutFindings(outcome: PublishedOutcome): PublishedOutcome {
  const { key, link, mirror, release, added, changed, removed, bytesWritten, durationMs, seeds } = outcome
  return { key, link, mirror, release, added, changed, removed, bytesWritten, durationMs, seeds }
}
