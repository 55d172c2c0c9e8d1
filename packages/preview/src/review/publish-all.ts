import { initProject } from '@sitedrive/core'
import type { LogText, PublishRequest, RollbackRequest, Run } from './api.js'
import { buildPlan } from './build-command.js'
import { permissionToPublish } from './publish-permission.js'
import { RunningPublish, type RunOptions } from './running-publish.js'

/** A request to publish that is refused. */
export class RefusedRun extends Error {
  readonly code: 'BUSY' | 'COMMAND_CHANGED' | 'NOT_BOUND' | 'NEVER' | 'NEWER_RELEASE'

  constructor(code: RefusedRun['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Makes releases for the review page, one run at a time: a publish that is asked for during another one joins it. */
export class PublishAll {
  private readonly options: RunOptions
  private running: RunningPublish | null = null
  private last: RunningPublish | null = null
  private count = 0
  private isClosed = false
  /** Requests are handled one after the other, so that the second of two simultaneous ones joins the first one's run. */
  private queue: Promise<unknown> = Promise.resolve()

  constructor(options: RunOptions) {
    this.options = options
  }

  /** The current run, else the last one; null before the first. */
  get run(): Run | null {
    return this.last?.snapshot() ?? null
  }

  get log(): LogText | null {
    return this.last?.logText() ?? null
  }

  /** @throws {RefusedRun} when the request does not match what the person was shown; {SitedriveError} when the project's settings are invalid */
  publish(request: PublishRequest): Promise<Run> {
    return this.enqueue(async () => {
      if (this.running) return this.joinRunning('publish')
      const { projectDir, env, build } = this.options
      const plan = buildPlan(projectDir, build)
      // guard: review: what is run is the command that was shown
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
        // guard: review: a folder that is not bound is asked about first
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

  /** The result is in the run. @throws {RefusedRun} */
  rollback(request: RollbackRequest, newest: number): Promise<Run> {
    return this.enqueue(async () => {
      if (this.running) return this.joinRunning('rollback')
      if (request.newest !== newest) {
        throw new RefusedRun(
          'NEWER_RELEASE',
          `Release ${newest} is the newest by now. Look at the history again before you roll back.`
        )
      }
      return this.begin('rollback', request.release, (run) => run.rollBack(request.release))
    })
  }

  /** Does nothing when nothing runs. */
  cancel(): void {
    this.running?.cancel()
  }

  /** Cancels the current run and waits for its end. */
  async close(): Promise<void> {
    this.isClosed = true
    this.cancel()
    await this.queue
    await this.running?.done
  }

  private joinRunning(kind: Run['kind']): Run {
    const run = this.running!.snapshot()
    if (run.kind === kind && kind === 'publish') return run
    throw new RefusedRun('BUSY', `A ${run.kind} is running. Wait for it.`)
  }

  private begin(
    kind: Run['kind'],
    release: number | null,
    task: (run: RunningPublish) => Promise<void>
  ): Run {
    if (this.isClosed) throw new RefusedRun('BUSY', 'The dev process is about to end.')
    const run = new RunningPublish(this.options, ++this.count, kind, release)
    this.running = this.last = run
    run.start(task, () => (this.running = null))
    return run.snapshot()
  }

  private enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.queue.then(task)
    this.queue = result.catch(() => {})
    return result
  }
}
