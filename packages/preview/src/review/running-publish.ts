import path from 'node:path'
import {
  createPublisher,
  readProject,
  SitedriveError,
  type ChecksMode,
  type Outcome,
  type Publisher,
  dataDir,
  describeWait,
  sitePaths
} from '@sitedrive/core'
import {
  BUILD_BEGAN_VARIABLE,
  outcomeEvent,
  type PublishReport,
  readHead,
  REPORT_VARIABLE
} from '@sitedrive/core/internal'
import { parseKey } from '@sitedrive/core/drive'
import { previewPlace } from '@sitedrive/core/preview'
import { buildFailureMessage, thrownFailureMessage } from '../build-failure-message.js'
import type { LogText, PublishRequest, Run } from './api.js'
import type { ProductionBuild } from './build-command.js'
import { buildEnvironment } from './build-environment.js'
import { BuildReports } from './build-reports.js'
import { startBuild, type BuildEnd, type ChildBuild } from './child-build.js'
import { ReportTail } from './report-tail.js'
import { MAX_NOTES, RunRecord, type RunListeners } from './run-record.js'

export interface RunOptions extends RunListeners {
  projectDir: string
  env: NodeJS.ProcessEnv
  build: ProductionBuild
  /** What a publish in this process does with the findings of its checks. @default what `SITEDRIVE_CHECKS` says, else 'warn' */
  checks?: ChecksMode
}

/** One publish or rollback. A build publishes in a child process and reports through a file; all else runs in this process. */
export class RunningPublish {
  /** Resolves when the run has ended and its end was sent; never rejects. */
  done: Promise<void> = Promise.resolve()
  private readonly options: RunOptions
  private readonly record: RunRecord
  private readonly reports: BuildReports
  private readonly cancelling = new AbortController()
  private child: ChildBuild | null = null
  /** The newest release on this machine before the run began; 0: none. */
  private readonly releaseBefore: number

  /** @param release the release to go back to; null for a publish */
  constructor(options: RunOptions, id: number, kind: Run['kind'], release: number | null) {
    this.options = options
    this.releaseBefore = this.releaseNow()
    this.record = new RunRecord(id, kind, release, options)
    this.reports = new BuildReports({
      projectDir: options.projectDir,
      onProgress: (progress) => this.record.showProgress(progress),
      onWaiting: (text) => this.record.set({ doing: text })
    })
  }

  /** @param onEnd called before the end of the run is sent */
  start(task: (run: RunningPublish) => Promise<void>, onEnd: () => void): void {
    this.done = task(this)
      .catch((error: unknown) => this.fail(error))
      .then(() => {
        this.record.stopClock()
        onEnd()
        this.record.notify()
      })
  }

  snapshot(): Run {
    return this.record.snapshot()
  }

  logText(): LogText {
    return this.record.logText()
  }

  cancel(): void {
    this.cancelling.abort()
    this.child?.cancel()
    this.record.set({ doing: 'Stopping' })
  }

  async buildAndPublish(command: string, allow: PublishRequest['allow']): Promise<void> {
    const { projectDir, env, build } = this.options
    this.record.set({ command, doing: 'Building' })
    this.record.addLine(`$ ${command}`)
    const file = path.join(previewPlace(dataDir(env), projectDir).dir, 'publish-report')
    const tail = new ReportTail(file, (report) => this.reports.receive(report))
    let end: BuildEnd
    try {
      this.child = startBuild({
        command,
        cwd: projectDir,
        env: buildEnvironment(env, {
          [REPORT_VARIABLE]: file,
          [BUILD_BEGAN_VARIABLE]: String(Date.now()),
          ...allowance(env, allow)
        }),
        keeper: build.dir === undefined ? 'dev process' : 'sitedrive watch',
        onOutput: (stream, bytes) => this.record.addOutput(stream, bytes)
      })
      end = await this.child.ended
    } finally {
      this.child = null
      tail.close()
    }
    await this.conclude(end, allow)
  }

  /** Publishes the folder as it is. */
  async publishFolder(allow: PublishRequest['allow']): Promise<void> {
    const { dir } = this.options.build
    if (dir === undefined) throw new Error('Nothing tells what to publish.')
    this.record.set({ phase: 'scan', doing: 'Comparing' })
    await this.publishHere(allow, (publisher) => publisher.publish(dir))
  }

  async rollBack(release: number): Promise<void> {
    this.record.set({ phase: 'index' })
    await this.publishHere(undefined, (publisher) => publisher.rollback(release))
  }

  /** Shows the result of the build. When the build has not published, publishes its folder. */
  private async conclude(end: BuildEnd, allow: PublishRequest['allow']): Promise<void> {
    const { final, later, otherProject } = this.reports
    const isGood = end.kind === 'exit' && end.code === 0
    if (final?.kind === 'outcome' && !isLeftToParent(final)) {
      if (!isGood && final.status !== 'published') return this.endBadly(end)
      this.record.showOutcome(final)
      for (const line of later.slice(0, MAX_NOTES)) this.record.addNote(line)
      if (!isGood)
        this.record.addNote({ level: 'warn', text: `The build published and then ${describeEnd(end)}` })
      return
    }
    if (this.cancelling.signal.aborted || !isGood) return this.endBadly(end)
    if (final?.kind === 'error') return this.failWith(final.code, buildFailureMessage(final))
    const { dir } = this.options.build
    if (dir !== undefined) {
      await this.publishFolder(allow)
      const name = path.relative(this.options.projectDir, dir) || '.'
      return this.record.addNote({
        level: 'say',
        text: `The build did not publish by itself: \`${name}\` was published as it was when the build had ended.`
      })
    }
    const other = otherProject === null ? '' : ` What it published was \`${otherProject}\`.`
    this.failWith(
      'NOTHING_PUBLISHED',
      `The build ended well and published nothing.${other} \`${this.record.command}\` runs no sitedrive plugin. ` +
        'Name the command that does as `buildCommand` in sitedrive.json.'
    )
  }

  private endBadly(end: BuildEnd): void {
    if (this.cancelling.signal.aborted) return this.endCancelled()
    const { final } = this.reports
    if (final?.kind === 'error') return this.failWith(final.code, buildFailureMessage(final))
    const result = this.describeUnreportedRelease() ?? 'Nothing was published.'
    this.failWith(null, `The build ${describeEnd(end)} ${result}`)
  }

  private endCancelled(): void {
    const message = this.describeUnreportedRelease()
    this.record.set({
      state: 'cancelled',
      doing: 'Stopped',
      problem: message === null ? null : { code: 'RELEASED', message }
    })
  }

  private fail(error: unknown): void {
    const code = error instanceof SitedriveError ? error.code : null
    if (code === 'ABORTED' || this.cancelling.signal.aborted) return this.endCancelled()
    this.failWith(code, thrownFailureMessage(error))
  }

  private failWith(code: string | null, message: string): void {
    this.record.set({ state: 'failed', problem: { code, message } })
  }

  /** A run may end after it made a release and before it reported it. @returns null when there is no new release */
  private describeUnreportedRelease(): string | null {
    const release = this.releaseNow()
    if (release <= this.releaseBefore) return null
    return `Release ${release} was made before that, and readers may see it. Publish again to be sure that its seeds hold it.`
  }

  private releaseNow(): number {
    try {
      const { projectDir, env } = this.options
      const key = readProject(projectDir, parseKey)?.key
      return (key === undefined ? null : readHead(sitePaths(dataDir(env), key).head))?.release ?? 0
    } catch {
      return 0 // the publish itself fails with the reason
    }
  }

  private async publishHere(
    allow: PublishRequest['allow'],
    task: (publisher: Publisher) => Promise<Outcome>
  ): Promise<void> {
    const { projectDir, env, checks } = this.options
    const publisher = createPublisher({
      projectDir,
      env: { ...env, ...allowance(env, allow) },
      ...(checks && { checks }),
      signal: this.cancelling.signal,
      onProgress: (progress) => this.record.showProgress(progress),
      onWait: (holder, waitedMs) => this.record.set({ doing: describeWait(holder, waitedMs) })
    })
    try {
      this.record.showOutcome(outcomeEvent(await task(publisher)))
    } finally {
      await publisher.close()
    }
  }
}

/** A plugin in the build had no secret, since this process keeps it. */
function isLeftToParent({ outcome }: Extract<PublishReport, { kind: 'outcome' }>): boolean {
  return 'skipped' in outcome && outcome.skipped.reason === 'left to parent'
}

function allowance(env: NodeJS.ProcessEnv, allow: PublishRequest['allow']): Record<string, string> {
  if (!allow || allow.length === 0) return {}
  return { SITEDRIVE_ALLOW: [env['SITEDRIVE_ALLOW'], ...allow].filter(Boolean).join(',') }
}

function describeEnd(end: BuildEnd): string {
  if (end.kind === 'exit') return `ended with exit code ${end.code}.`
  if (end.kind === 'signal') return `was ended by ${end.signal}.`
  return `could not be started: ${end.why}.`
}
