import { existsSync } from 'node:fs'
import { newFindings, newPaths, type BuildToCheck, type SinceScan } from './check-build.js'
import type { ChecksMode } from './checks-mode.js'
import type { Change, Comparison } from '../folder/compare.js'
import type { Finding, SiteView, Summary } from '../content/content-types.js'
import { messageOf, SitedriveError, throwIfAborted } from '../error.js'
import { describeFinding } from '../outcome/report.js'
import { plural } from '../text.js'
import type { RunningChecks } from './running-checks.js'
import type { Walk } from '../folder/walk.js'

export interface InspectionOptions {
  mode: ChecksMode
  /** The walked folder. */
  found: Walk
  build: Omit<BuildToCheck, 'found' | 'stale' | 'changed'>
  /** Folder of the site in the data directory; as long as it does not exist, nothing is cached. */
  siteDir: string | null
  signal: AbortSignal | undefined
}

/** The result of a build's checks. */
export interface Inspected {
  findings: Finding[]
  /** Why the wanted checks gave no result; null when they did, or none were wanted. */
  checksProblem: string | null
}

const NOT_CHECKED: Inspected = { findings: [], checksProblem: null }

/** Largest number of findings that the error of a refused publish lists. */
const MAX_LISTED = 5

/** So many new pages are read for the words. A release of thousands only counts them, and should not wait until all are read. */
const MAX_NEW_PAGES = 100

/** Checks and summarises the content of one publish. Modules are loaded when they are first needed. */
export class Inspection {
  private readonly options: InspectionOptions
  private found: Walk
  private checks: Promise<RunningChecks> | null = null
  private isClosed = false

  constructor(options: InspectionOptions) {
    this.options = options
    this.found = options.found
    options.signal?.addEventListener('abort', this.discard, { once: true })
  }

  /**
   * Begins the checks unless they are off or already running. They run in the background.
   *
   * @param changed the changes, as far as they are known; the state whose scan gives them; null: unknown
   */
  begin(changed: readonly Change[] | SinceScan | null): void {
    const { mode, signal } = this.options
    if (mode === 'off' || this.isClosed || signal?.aborted) return
    this.checks ??= this.start(changed && ('sinceScan' in changed ? changed : newPaths(changed)))
  }

  /**
   * Describes the changes for readers.
   *
   * @param before the release that the changes are against
   * @param budgetMs the time after which no more changes are looked into. Milliseconds
   * @returns null when that fails; the publish goes on without
   * @throws {SitedriveError} ABORTED
   */
  async summary(
    { changes, files }: Comparison,
    before: SiteView | null,
    budgetMs: number
  ): Promise<Summary | null> {
    const { found } = this
    const { build, signal } = this.options
    const { sources } = build
    try {
      const [{ summarise }, { folderView }] = await Promise.all([
        import('../content/summarise.js'),
        import('../content/site-view.js')
      ])
      return await summarise({
        before,
        now: folderView(found.dir, files),
        changes,
        sources,
        budgetMs,
        maxNewPages: MAX_NEW_PAGES,
        signal
      })
    } catch {
      throwIfAborted(signal)
      return null
    }
  }

  /** Waits for the checks. Some findings are only about new and changed files, the others about the whole site. */
  async result(changes: readonly Change[]): Promise<Inspected> {
    this.begin(changes)
    if (!this.checks) return NOT_CHECKED
    try {
      const findings = await (await this.checks).findings
      return { findings: newFindings(findings, newPaths(changes)), checksProblem: null }
    } catch (error) {
      // guard: checks: one that breaks fails no publish
      return { findings: [], checksProblem: messageOf(error) }
    }
  }

  /**
   * Refuses a publish in the mode `fail`.
   *
   * @throws {SitedriveError} CHECKS_FAILED when there is a finding of level `error`, and when the checks could not be made
   */
  async refuseBroken(changes: readonly Change[]): Promise<void> {
    const { mode, signal } = this.options
    const { dir } = this.found
    if (mode !== 'fail') return
    const { findings, checksProblem } = await this.result(changes)
    throwIfAborted(signal)
    if (checksProblem !== null) {
      throw new SitedriveError(
        'CHECKS_FAILED',
        `\`${dir}\` could not be checked: ${checksProblem.replace(/\.$/, '')}. Nothing was published.`,
        { remedy: { action: 'checks off', sentence: 'To publish it unchecked: {}.' } }
      )
    }
    const errors = findings.filter(({ level }) => level === 'error')
    if (errors.length > 0) throw checksFailed(dir, errors)
  }

  /** Drops all results: the folder was written again. */
  renew(found: Walk): void {
    this.discard()
    this.found = found
  }

  private readonly discard = (): void => {
    this.checks?.then(
      (checks) => checks.stop(),
      () => {} // the caller that waits for the result gets the error
    )
    this.checks = null
  }

  /** Ends running checks. Safe to call twice. */
  close(): void {
    this.isClosed = true
    this.options.signal?.removeEventListener('abort', this.discard)
    this.discard()
  }

  private async start(changed: BuildToCheck['changed']): Promise<RunningChecks> {
    const { build, siteDir } = this.options
    const { dir, files, leftOut } = this.found
    const { startChecks } = await import('./running-checks.js')
    return startChecks({
      ...build,
      factsCache: siteDir !== null && existsSync(siteDir) ? build.factsCache : null,
      found: { dir, files, leftOut },
      changed,
      // These are reported separately, also by builds that change nothing.
      stale: []
    })
  }
}

function checksFailed(dir: string, errors: readonly Finding[]): SitedriveError {
  const listed = errors.slice(0, MAX_LISTED).map(describeFinding)
  const more = errors.length > listed.length ? [`… and ${errors.length - listed.length} more.`] : []
  return new SitedriveError(
    'CHECKS_FAILED',
    `Readers of \`${dir}\` would meet ${plural(errors.length, 'problem')}. Nothing was published.\n` +
      [...listed, ...more].join('\n')
  )
}
