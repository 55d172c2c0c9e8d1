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
  /** The folder as it was walked. */
  found: Walk
  build: Omit<BuildToCheck, 'found' | 'stale' | 'changed'>
  /** Folder of the site in the data directory; nothing is remembered as long as it is not there. */
  siteDir: string | null
  signal: AbortSignal | undefined
}

/** What was found in the content of a build. */
export interface Inspected {
  findings: Finding[]
  /** Why there are no findings though checks were wanted; null when they were made. */
  checksProblem: string | null
}

const NOT_CHECKED: Inspected = { findings: [], checksProblem: null }

/** So long a publish, which nobody else can make meanwhile, is held up by what is said of its pages. Milliseconds. */
const SUMMARY_BUDGET_MS = 1_000

/** At most so many findings are told in the error that refuses a publish. */
const MAX_TOLD = 5

/** What one publish finds out about the content that it ships. Nothing is loaded before it is asked for. */
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
   * Begins the checks, if any are wanted and they have not begun; they run beside whatever comes next.
   *
   * @param changed what is known by now of what changed: the changes, that the last scan tells, or nothing
   */
  begin(changed: readonly Change[] | SinceScan | null): void {
    const { mode, signal } = this.options
    if (mode === 'off' || this.isClosed || signal?.aborted) return
    this.checks ??= this.start(changed && ('sinceScan' in changed ? changed : newPaths(changed)))
  }

  /**
   * What changes mean to a reader.
   *
   * @param before the release that the changes are against
   * @returns null when that cannot be told, which is no reason not to publish
   * @throws {SitedriveError} ABORTED
   */
  async summary({ changes, files }: Comparison, before: SiteView | null): Promise<Summary | null> {
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
        budgetMs: SUMMARY_BUDGET_MS,
        signal
      })
    } catch {
      throwIfAborted(signal)
      return null
    }
  }

  /** What the checks found in what is new or changed, and in the site as a whole. */
  async result(changes: readonly Change[]): Promise<Inspected> {
    this.begin(changes)
    if (!this.checks) return NOT_CHECKED
    try {
      const findings = await (await this.checks).findings
      return { findings: newFindings(findings, newPaths(changes)), checksProblem: null }
    } catch (error) {
      return { findings: [], checksProblem: messageOf(error) }
    }
  }

  /**
   * Of a publish that must not ship anything broken.
   *
   * @throws {SitedriveError} CHECKS_FAILED when readers would meet something broken, and when it cannot be told
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
        `\`${dir}\` could not be checked: ${checksProblem.replace(/\.$/, '')}. Nothing was published. ` +
          'To publish it unchecked: `--checks off` (or SITEDRIVE_CHECKS=off).'
      )
    }
    const errors = findings.filter(({ level }) => level === 'error')
    if (errors.length > 0) throw checksFailed(dir, errors)
  }

  /** Forgets what was found so far: the folder has been written anew. */
  renew(found: Walk): void {
    this.discard()
    this.found = found
  }

  private readonly discard = (): void => {
    this.checks?.then(
      (checks) => checks.stop(),
      () => {} // whoever waits for the result hears of it
    )
    this.checks = null
  }

  /** Ends what still runs. Safe to call twice. */
  close(): void {
    this.isClosed = true
    this.options.signal?.removeEventListener('abort', this.discard)
    this.discard()
  }

  private async start(changed: BuildToCheck['changed']): Promise<RunningChecks> {
    const { build, siteDir } = this.options
    const { dir, files } = this.found
    const { startChecks } = await import('./running-checks.js')
    return startChecks({
      ...build,
      factsCache: siteDir !== null && existsSync(siteDir) ? build.factsCache : null,
      found: { dir, files },
      changed,
      // Told apart from the findings, and also by builds that change nothing.
      stale: []
    })
  }
}

function checksFailed(dir: string, errors: readonly Finding[]): SitedriveError {
  const told = errors.slice(0, MAX_TOLD).map(describeFinding)
  const more = errors.length > told.length ? [`… and ${errors.length - told.length} more.`] : []
  return new SitedriveError(
    'CHECKS_FAILED',
    `Readers of \`${dir}\` would meet ${plural(errors.length, 'problem')}. Nothing was published.\n` +
      [...told, ...more].join('\n')
  )
}
