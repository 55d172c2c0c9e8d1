import { realpathSync } from 'node:fs'
import path from 'node:path'
import type { Progress, ReportLine } from '@sitedrive/core'
import type { PublishReport } from '@sitedrive/core/internal'
import { buildFailureMessage } from '../build-failure-message.js'

/** How one publish ended. */
export type FinalReport = Extract<PublishReport, { kind: 'outcome' | 'error' }>

export interface BuildReportsOptions {
  /** The project whose publishes count, absolute. */
  projectDir: string
  onProgress: (progress: Progress) => void
  /** Called while a publish waits for another one; `text` says for which. */
  onWaiting: (text: string) => void
}

/** Collects the reports of the publishes in one build. A build may publish this project more than once, and other projects. */
export class BuildReports {
  /** How the publish of this project ended; null: no publish of it has ended. */
  final: FinalReport | null = null
  /** How the publishes after the first release ended. */
  readonly later: ReportLine[] = []
  /** Another project that this build has published; null: none. */
  otherProject: string | null = null
  private readonly options: BuildReportsOptions

  constructor(options: BuildReportsOptions) {
    this.options = options
  }

  receive(report: PublishReport): void {
    if (!isSameFolder(report.projectDir, this.options.projectDir)) {
      this.otherProject = report.projectDir
      return
    }
    if (report.kind === 'progress') this.options.onProgress(report.progress)
    else if (report.kind === 'waiting') this.options.onWaiting(report.text)
    else this.keep(report)
  }

  /** A release stays published, so no later report replaces it, except that of a newer release. */
  private keep(report: FinalReport): void {
    const { final } = this
    const isPublished = final?.kind === 'outcome' && final.status === 'published'
    if (!isPublished) {
      this.final = report
      return
    }
    if (report.kind === 'error')
      this.later.push({
        level: 'warn',
        text: `Another publish of this build failed: ${buildFailureMessage(report)}`
      })
    else if ('skipped' in report.outcome)
      this.later.push({ level: 'say', text: report.outcome.skipped.message })
    else if (report.status === 'unchanged')
      this.later.push({ level: 'say', text: 'Another publish of this build changed nothing.' })
    else {
      if (!('skipped' in final.outcome))
        this.later.push({
          level: 'say',
          text: `The build made release ${final.outcome.release} before it.`
        })
      this.final = report
    }
  }
}

function isSameFolder(one: string, other: string): boolean {
  return realFolder(one) === realFolder(other)
}

function realFolder(dir: string): string {
  try {
    return realpathSync(dir)
  } catch {
    return path.resolve(dir)
  }
}
