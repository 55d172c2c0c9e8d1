import { realpathSync } from 'node:fs'
import path from 'node:path'
import {
  BUILD_BEGAN_VARIABLE,
  childEnvironment,
  createPublisher,
  dataDir,
  describeProgress,
  describeWait,
  initProject,
  outcomeWord,
  readHead,
  readPermission,
  readProject,
  REPORT_VARIABLE,
  SitedriveError,
  sitePaths,
  type ChecksMode,
  type Outcome,
  type PermissionFacts,
  type Progress,
  type Publisher,
  type PublishReport,
  type ReportLine
} from '@sitedrive/core'
import { messageOf } from '@sitedrive/core/plugin'
import { parseKey } from '@sitedrive/core/drive'
import { previewPlace } from '@sitedrive/core/preview'
import type { LogText, Permission, PublishedFacts, PublishRequest, RollbackRequest, Run } from './api.js'
import { buildPlan, type ProductionBuild } from './build-command.js'
import { buildEnvironment } from './build-environment.js'
import { startBuild, type BuildEnd, type ChildBuild } from './child-build.js'
import { PlainLog } from './plain-log.js'
import { ReportTail } from './report-tail.js'

export interface PublishAllOptions {
  projectDir: string
  env: NodeJS.ProcessEnv
  build: ProductionBuild
  /** What is done with what the checks of a publish in this process find. @default what `SITEDRIVE_CHECKS` says, else 'warn' */
  checks?: ChecksMode
  /** Hears of everything that changes in the run; often. */
  onRun: (run: Run) => void
  onLog: (run: number, text: string) => void
}

/** Why a request to publish is not followed. */
export class RefusedRun extends Error {
  readonly code: 'BUSY' | 'COMMAND_CHANGED' | 'NOT_BOUND' | 'NEVER' | 'NEWER_RELEASE'

  constructor(code: RefusedRun['code'], message: string) {
    super(message)
    this.code = code
  }
}

const KEPT_NOTES = 20

/** Makes releases for the review page, one at a time: whoever asks while one runs gets that one. */
export class PublishAll {
  private readonly options: PublishAllOptions
  private running: RunningPublish | null = null
  private last: RunningPublish | null = null
  private count = 0
  private isClosed = false
  /** Requests are looked at one after the other, so that two that come together find one run. */
  private turn: Promise<unknown> = Promise.resolve()

  constructor(options: PublishAllOptions) {
    this.options = options
  }

  /** The run that goes on, else the one that was last; null when there was none. */
  get run(): Run | null {
    return this.last?.snapshot() ?? null
  }

  get log(): LogText | null {
    return this.last?.logText() ?? null
  }

  /** @throws {RefusedRun} when what was asked for is not what the person has seen; {SitedriveError} as the project's settings */
  publish(request: PublishRequest): Promise<Run> {
    return this.inTurn(async () => {
      if (this.running) return this.joined('publish')
      const { projectDir, env, build } = this.options
      const plan = buildPlan(projectDir, build)
      const isSeen = request.command === plan.command && (request.script ?? null) === plan.script
      if (!isSeen) {
        const now =
          plan.command === null
            ? 'nothing'
            : plan.script === null
              ? plan.command
              : `${plan.command}: ${plan.script}`
        throw new RefusedRun(
          'COMMAND_CHANGED',
          `What is run is now \`${now}\`. Look at it, and publish again.`
        )
      }
      const permission = await permissionToPublish(this.options)
      if (permission.kind === 'never') throw new RefusedRun('NEVER', permission.message)
      if (permission.kind === 'not bound') {
        if (!request.bind) throw new RefusedRun('NOT_BOUND', permission.message)
        await initProject({ projectDir, env })
      }
      return this.begin('publish', null, (run) =>
        plan.command === null
          ? run.publishFolder(request.allow)
          : run.buildAndPublish(plan.command, request.allow)
      )
    })
  }

  /** @throws {RefusedRun}; what comes of it is told in the run */
  rollback(request: RollbackRequest, newest: number): Promise<Run> {
    return this.inTurn(async () => {
      if (this.running) return this.joined('rollback')
      if (request.newest !== newest) {
        throw new RefusedRun(
          'NEWER_RELEASE',
          `Release ${newest} is the newest by now. Look at the history again before you roll back.`
        )
      }
      return this.begin('rollback', request.release, (run) => run.rollBack(request.release))
    })
  }

  /** Of no effect when nothing runs. */
  cancel(): void {
    this.running?.cancel()
  }

  /** What runs is cancelled. */
  async close(): Promise<void> {
    this.isClosed = true
    this.cancel()
    await this.turn
    await this.running?.done
  }

  private joined(kind: Run['kind']): Run {
    const run = this.running!.snapshot()
    if (run.kind === kind && kind === 'publish') return run
    throw new RefusedRun('BUSY', `A ${run.kind} is running. Wait for it.`)
  }

  private begin(
    kind: Run['kind'],
    release: number | null,
    deed: (run: RunningPublish) => Promise<void>
  ): Run {
    if (this.isClosed) throw new RefusedRun('BUSY', 'The dev process is about to end.')
    const run = new RunningPublish(this.options, ++this.count, kind, release)
    this.running = this.last = run
    run.start(deed, () => (this.running = null))
    return run.snapshot()
  }

  private inTurn<T>(deed: () => Promise<T>): Promise<T> {
    const result = this.turn.then(deed)
    this.turn = result.catch(() => {})
    return result
  }
}

/** One run, from its beginning until its end is told. */
class RunningPublish {
  done: Promise<void> = Promise.resolve()
  private readonly options: PublishAllOptions
  private readonly state: Run
  private readonly startedAt = performance.now()
  private readonly log = new PlainLog()
  private readonly cancelling = new AbortController()
  private child: ChildBuild | null = null
  /** What the publish came to, wherever it ran. */
  private reported: Extract<PublishReport, { kind: 'outcome' | 'error' }> | null = null
  /** What further publishes of the same build came to, once there was a release. */
  private readonly later: ReportLine[] = []
  /** The newest release here before it began; 0: none. */
  private readonly releaseBefore: number
  /** A publish of another project was told of. */
  private otherProject: string | null = null

  constructor(options: PublishAllOptions, id: number, kind: Run['kind'], release: number | null) {
    this.options = options
    this.releaseBefore = this.releaseNow()
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

  start(deed: (run: RunningPublish) => Promise<void>, onEnd: () => void): void {
    this.done = deed(this)
      .catch((error: unknown) => this.fail(error))
      .then(() => {
        this.state.elapsedMs = this.elapsed()
        onEnd()
        this.tell()
      })
  }

  snapshot(): Run {
    const elapsedMs = this.state.state === 'running' ? this.elapsed() : this.state.elapsedMs
    return { ...this.state, elapsedMs, seeds: [...this.state.seeds], notes: [...this.state.notes] }
  }

  logText(): LogText {
    return { run: this.state.id, text: this.log.text, dropped: this.log.dropped }
  }

  cancel(): void {
    this.cancelling.abort()
    this.child?.cancel()
    this.state.doing = 'Stopping'
    this.tell()
  }

  async buildAndPublish(command: string, allow: PublishRequest['allow']): Promise<void> {
    const { projectDir, env, build } = this.options
    this.set({ command, doing: 'Building' })
    this.said(this.log.say(`$ ${command}`))
    const file = path.join(previewPlace(dataDir(env), projectDir).dir, 'publish-report')
    const tail = new ReportTail(file, (report) => this.hear(report))
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
        onOutput: (stream, bytes) => this.said(this.log.add(stream, bytes))
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
    this.set({ phase: 'scan', doing: 'Comparing' })
    await this.inThisProcess(allow, (publisher) => publisher.publish(dir))
  }

  async rollBack(release: number): Promise<void> {
    this.set({ phase: 'index' })
    await this.inThisProcess(undefined, (publisher) => publisher.rollback(release))
  }

  private async conclude(end: BuildEnd, allow: PublishRequest['allow']): Promise<void> {
    const { reported } = this
    const isGood = end.kind === 'exit' && end.code === 0
    if (reported?.kind === 'outcome' && !isLeftToUs(reported)) {
      const { status } = reported
      if (!isGood && status !== 'published') return this.endBadly(end)
      this.settle(reported)
      for (const line of this.later.slice(0, KEPT_NOTES)) this.note(line)
      if (!isGood) this.note({ level: 'warn', text: `The build published and then ${describeEnd(end)}` })
      return
    }
    if (this.cancelling.signal.aborted || !isGood) return this.endBadly(end)
    if (reported?.kind === 'error')
      return this.set({ state: 'failed', problem: { code: reported.code, message: reported.message } })
    const { dir } = this.options.build
    if (dir !== undefined) {
      await this.publishFolder(allow)
      const name = path.relative(this.options.projectDir, dir) || '.'
      return this.note({
        level: 'say',
        text: `The build did not publish by itself: \`${name}\` was published as it was when the build had ended.`
      })
    }
    const other = this.otherProject === null ? '' : ` What it published was \`${this.otherProject}\`.`
    this.set({
      state: 'failed',
      problem: {
        code: 'NOTHING_PUBLISHED',
        message:
          `The build ended well and published nothing.${other} \`${this.state.command}\` runs no sitedrive plugin. ` +
          'Name the command that does as `buildCommand` in sitedrive.json.'
      }
    })
  }

  private endBadly(end: BuildEnd): void {
    if (this.cancelling.signal.aborted) return this.endCancelled()
    const { reported } = this
    if (reported?.kind === 'error')
      return this.set({ state: 'failed', problem: { code: reported.code, message: reported.message } })
    const came = this.madeAllTheSame() ?? 'Nothing was published.'
    this.set({ state: 'failed', problem: { code: null, message: `The build ${describeEnd(end)} ${came}` } })
  }

  private endCancelled(): void {
    const message = this.madeAllTheSame()
    this.set({
      state: 'cancelled',
      doing: 'Stopped',
      problem: message === null ? null : { code: 'RELEASED', message }
    })
  }

  /** Of a run that ended before it could tell what it came to; null when it made no release. */
  private madeAllTheSame(): string | null {
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
      return 0 // whoever publishes is told what is wrong with it
    }
  }

  private async inThisProcess(
    allow: PublishRequest['allow'],
    deed: (publisher: Publisher) => Promise<Outcome>
  ): Promise<void> {
    const { projectDir, env, checks } = this.options
    const publisher = createPublisher({
      projectDir,
      env: { ...env, ...allowance(env, allow) },
      ...(checks && { checks }),
      signal: this.cancelling.signal,
      onProgress: (progress) => this.progress(progress),
      onWait: (holder, waitedMs) => this.set({ doing: describeWait(holder, waitedMs) })
    })
    try {
      this.settle(outcomeWord(await deed(publisher)))
    } finally {
      await publisher.close()
    }
  }

  private hear(report: PublishReport): void {
    if (!isSameFolder(report.projectDir, this.options.projectDir)) {
      this.otherProject = report.projectDir
      return
    }
    if (report.kind === 'progress') this.progress(report.progress)
    else if (report.kind === 'waiting') this.set({ doing: report.text })
    else this.keep(report)
  }

  /** A build may publish more than once. What is out is out, whatever comes after it. */
  private keep(report: Extract<PublishReport, { kind: 'outcome' | 'error' }>): void {
    const { reported } = this
    const isOut = reported?.kind === 'outcome' && reported.status === 'published'
    if (!isOut) {
      this.reported = report
      return
    }
    if (report.kind === 'error')
      this.later.push({ level: 'warn', text: `Another publish of this build failed: ${report.message}` })
    else if ('skipped' in report.outcome)
      this.later.push({ level: 'say', text: report.outcome.skipped.message })
    else if (report.status === 'unchanged')
      this.later.push({ level: 'say', text: 'Another publish of this build changed nothing.' })
    else {
      if (!('skipped' in reported.outcome))
        this.later.push({
          level: 'say',
          text: `The build made release ${reported.outcome.release} before it.`
        })
      this.reported = report
    }
  }

  private progress(progress: Progress): void {
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

  private settle({
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
      outcome: shownFacts(outcome),
      isConfirmed,
      notes: remarks.slice(0, KEPT_NOTES),
      share: 1,
      seeds,
      doing: 'Done'
    })
  }

  private fail(error: unknown): void {
    const code = error instanceof SitedriveError ? error.code : null
    if (code === 'ABORTED' || this.cancelling.signal.aborted) return this.endCancelled()
    this.set({ state: 'failed', problem: { code, message: messageOf(error) } })
  }

  private note(line: ReportLine): void {
    this.state.notes.push(line)
    this.tell()
  }

  private said(text: string): void {
    if (text !== '') this.options.onLog(this.state.id, text)
  }

  private set(changes: Partial<Run>): void {
    Object.assign(this.state, changes)
    this.tell()
  }

  private tell(): void {
    this.options.onRun(this.snapshot())
  }

  private elapsed(): number {
    return Math.round(performance.now() - this.startedAt)
  }
}

/** Findings can be thousands, and are shown as notes. */
function shownFacts(outcome: PublishedFacts): PublishedFacts {
  const { key, link, mirror, release, added, changed, removed, bytesWritten, durationMs, seeds } = outcome
  return { key, link, mirror, release, added, changed, removed, bytesWritten, durationMs, seeds }
}

/** A plugin in the build had no secret, since this process keeps it. */
function isLeftToUs({ outcome }: Extract<PublishReport, { kind: 'outcome' }>): boolean {
  return 'skipped' in outcome && outcome.skipped.reason === 'left to parent'
}

/** Whether a publish would go through, by whoever makes it: a build is not given the secret that this process has. */
export async function permissionToPublish({
  projectDir,
  env,
  build
}: Pick<PublishAllOptions, 'projectDir' | 'env' | 'build'>): Promise<Permission> {
  const isOurs = build.dir !== undefined || buildPlan(projectDir, build).command === null
  return permissionOf(await readPermission(projectDir, isOurs ? env : childEnvironment(env)))
}

/** What the page needs to know of it. */
function permissionOf(facts: PermissionFacts): Permission {
  if (facts.kind !== 'skip') return { kind: facts.kind }
  return { kind: facts.reason === 'not bound' ? 'not bound' : 'never', message: facts.message }
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

function isSameFolder(one: string, other: string): boolean {
  return real(one) === real(other)
}

function real(dir: string): string {
  try {
    return realpathSync(dir)
  } catch {
    return path.resolve(dir)
  }
}
