import { appendFileSync } from 'node:fs'
import { messageOf, SitedriveError, type Remedy } from '../error.js'
import { outcomeJson, type Outcome } from './outcome.js'
import type { Progress } from '../progress.js'
import { describeRemarks, type ReportLine } from './report.js'

/** Names a file that every publish of this process, and of those below it, tells of. */
export const REPORT_VARIABLE = 'SITEDRIVE_REPORT'

/** One line of that file, as JSON. A build may publish several projects: each line says which. */
export type PublishReport = { projectDir: string } & PublishEvent

export type PublishEvent =
  | { kind: 'progress'; progress: Progress }
  /** Waiting for another publish of the same site. */
  | { kind: 'waiting'; text: string }
  | {
      kind: 'outcome'
      status: Outcome['status']
      /** Enough of the seeds that are pinned hold it, or none is. */
      isConfirmed: boolean
      outcome: ReturnType<typeof outcomeJson>
      /** What the numbers do not tell. */
      remarks: ReportLine[]
    }
  | { kind: 'error'; code: string | null; message: string; remedy: Remedy | null }

/** All that is told of what a publish came to. */
export function outcomeEvent(outcome: Outcome): Extract<PublishEvent, { kind: 'outcome' }> {
  return {
    kind: 'outcome',
    status: outcome.status,
    isConfirmed: outcome.status === 'skipped' || outcome.notes.unconfirmed === null,
    outcome: outcomeJson(outcome),
    remarks: describeRemarks(outcome)
  }
}

/** Progress of one phase, and of one seed, is told at most so often. Milliseconds. */
const PROGRESS_MS = 100

/** Tells whoever started this process how its publishes go. */
export class ReportChannel {
  private readonly file: string
  private readonly projectDir: string
  private readonly lastSent = new Map<string, { at: number; done: number }>()

  /** @returns null when nobody wants to hear: the variable is not set */
  static open(env: NodeJS.ProcessEnv, projectDir: string): ReportChannel | null {
    const file = env[REPORT_VARIABLE]
    return file ? new ReportChannel(file, projectDir) : null
  }

  private constructor(file: string, projectDir: string) {
    this.file = file
    this.projectDir = projectDir
  }

  progress(progress: Progress): void {
    const { phase, seed = '', done, total } = progress
    const name = `${phase} ${seed}`
    const last = this.lastSent.get(name)
    const now = performance.now()
    const isEnd = done >= total && last?.done !== done
    if (last && !isEnd && now - last.at < PROGRESS_MS) return
    this.lastSent.set(name, { at: now, done })
    this.send({ kind: 'progress', progress })
  }

  /** Tells what a publish comes to, and hands that on. */
  async follow(publishing: Promise<Outcome>): Promise<Outcome> {
    try {
      const outcome = await publishing
      this.send(outcomeEvent(outcome))
      return outcome
    } catch (error) {
      const { code, remedy } = error instanceof SitedriveError ? error : { code: null, remedy: null }
      this.send({ kind: 'error', code, message: messageOf(error), remedy })
      throw error
    }
  }

  send(event: PublishEvent): void {
    try {
      appendFileSync(this.file, `${JSON.stringify({ projectDir: this.projectDir, ...event })}\n`)
    } catch {
      // Whoever wanted to hear is gone; the publish goes on.
    }
  }
}
