import { appendFileSync } from 'node:fs'
import { messageOf, SitedriveError, type Remedy } from '../error.js'
import { outcomeJson, type Outcome } from './outcome.js'
import type { Progress } from '../progress.js'
import { describeRemarks, type ReportLine } from './report.js'

/** The environment variable with the path of the report file. Every publish of this process and its children appends to it. */
export const REPORT_VARIABLE = 'SITEDRIVE_REPORT'

/** One line of the report file, as JSON. A build may publish several projects, so each line names its project. */
export type PublishReport = { projectDir: string } & PublishEvent

export type PublishEvent =
  | { kind: 'progress'; progress: Progress }
  /** Waiting for another publish of the same site. */
  | { kind: 'waiting'; text: string }
  | {
      kind: 'outcome'
      status: Outcome['status']
      /** Enough seeds hold it, or none is pinned. */
      isConfirmed: boolean
      outcome: ReturnType<typeof outcomeJson>
      /** Lines for a person that `outcome` does not contain. */
      remarks: ReportLine[]
    }
  | { kind: 'error'; code: string | null; message: string; remedy: Remedy | null }

/** The event for the result of a publish. */
export function outcomeEvent(outcome: Outcome): Extract<PublishEvent, { kind: 'outcome' }> {
  return {
    kind: 'outcome',
    status: outcome.status,
    isConfirmed: outcome.status === 'skipped' || outcome.notes.unconfirmed === null,
    outcome: outcomeJson(outcome),
    remarks: describeRemarks(outcome)
  }
}

/** The shortest time between two progress events of the same phase and seed. Milliseconds. */
const PROGRESS_MS = 100

/** Reports the publishes of this process to the process that started it, as lines of a file. */
export class ReportChannel {
  private readonly file: string
  private readonly projectDir: string
  private readonly lastSent = new Map<string, { at: number; done: number }>()

  /** @returns null when the variable is not set: no process reads the reports */
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

  /** Reports the result of a publish, and returns or throws the same result. */
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
      // The reading process may have ended. The publish continues.
    }
  }
}
