import { setTimeout as pause } from 'node:timers/promises'
import { readProject, type Change } from '@sitedrive/core'
import { countChanges } from '@sitedrive/core/internal'
import { messageOf } from '@sitedrive/core/start'
import type { Finding, SiteView, Sources, Summary } from '@sitedrive/core/content'
import { releaseView, parseKey, type HeldRelease } from '@sitedrive/core/drive'
import type { Preview } from '@sitedrive/core/preview'
import type { LastRelease } from './release-in-use.js'

export interface ComparisonOptions {
  projectDir: string
  env: NodeJS.ProcessEnv
  preview: Pick<Preview, 'files' | 'shown' | 'dir'>
  release: LastRelease
  sources: () => Sources
  /** The file that caches what the checks found out about pages; null: no cache. */
  cacheFile: () => string | null
  /** false: only secrets are looked for, since they stop every publish. */
  isChecked: boolean
  /** Whether a build comes before a publish; false: what the preview shows is published as it is. */
  isBuiltAnew: () => boolean
  /** Called when `current` has more to show than it returned before. */
  onMore: () => void
}

/** The difference between the preview and the last release: what a publish would change. */
export interface Compared {
  /** Identifies the two compared states. */
  id: string
  files: number
  last: { release: number; publishedAt: string } | null
  changes: Change[]
  summary: Summary
  isPartial: boolean
  findings: Finding[]
  isChecking: boolean
  /** The error of the checks; null when they did not fail, or are switched off. */
  checksProblem: string | null
}

/** The maximum time that a person who opens the page waits for titles and noise. Milliseconds. */
const MAX_WAIT_MS = 100
/** While the preview's drive is rewritten, its files cannot be listed. This is the time until the next attempt. Milliseconds. */
const RETRY_MS = 50

/** Compares the preview with the newest release, once for each pair of states. */
export class Comparison {
  private readonly options: ComparisonOptions
  private known: Compared | null = null
  private running: { id: string; result: Promise<Compared> } | null = null
  private outdated = new AbortController()

  constructor(options: ComparisonOptions) {
    this.options = options
  }

  /** @returns null before the first build */
  current(): Promise<Compared | null> {
    const { shown } = this.options.preview
    if (!shown) return Promise.resolve(null)
    return this.options.release.use((release) => {
      const id = `${shown.state.fork}.${shown.state.version} ${release?.state.fork}.${release?.state.version}`
      if (this.known?.id === id) return this.known
      if (this.running?.id !== id) {
        const running = { id, result: this.compare(id, release) }
        this.running = running
        // After an error, the next call compares again.
        running.result.catch(() => this.running === running && (this.running = null))
      }
      return this.running!.result
    })
  }

  /** Opens both sides for as long as `use` takes. */
  async withViews<T>(
    use: (now: SiteView | null, last: SiteView | null, release: HeldRelease | null) => Promise<T>
  ): Promise<T> {
    return this.options.release.use(async (release) => {
      const files = await this.files()
      try {
        return await use(files && releaseView(files.drive, files.files), release?.view ?? null, release)
      } finally {
        await files?.drive.close()
      }
    })
  }

  close(): void {
    this.outdated.abort()
  }

  private async files(): Promise<ReturnType<Preview['files']>> {
    const { preview } = this.options
    for (let attempt = 0; attempt < 100; attempt++) {
      const files = preview.files()
      if (files || !preview.shown) return files
      await pause(RETRY_MS)
    }
    return null
  }

  private async compare(id: string, release: HeldRelease | null): Promise<Compared> {
    this.outdated.abort()
    const outdated = (this.outdated = new AbortController())
    const { changes, summary } = await this.withViews((now) => this.bareList(now, release?.view ?? null))
    const { added, removed } = countChanges(changes)
    const compared: Compared = {
      id,
      files: (release?.view.files.size ?? 0) + added - removed,
      last: release && { release: release.release.release, publishedAt: release.release.publishedAt },
      changes,
      summary,
      isPartial: true,
      findings: [],
      isChecking: true,
      checksProblem: null
    }
    const deep = this.summarise(compared, outdated.signal)
    await Promise.race([deep, pause(MAX_WAIT_MS)])
    // A newer comparison may have finished first.
    if (!outdated.signal.aborted) this.known = compared
    void deep.then(() => this.check(compared, outdated.signal))
    return compared
  }

  /** The changed files, and which of them are pages: all that is known without reading a file. */
  private async bareList(
    now: SiteView | null,
    last: SiteView | null
  ): Promise<Pick<Compared, 'changes' | 'summary'>> {
    if (!now)
      return {
        changes: [],
        summary: { pages: [], files: [], words: '', alike: [], titles: [], notLookedInto: 0 }
      }
    const [{ compareViews }, { summarise }] = await Promise.all([
      import('./compare-views.js'),
      import('@sitedrive/core/content')
    ])
    const changes = compareViews(last, now)
    const sources = this.options.sources()
    const list = await summarise({ before: last, now, changes, sources, budgetMs: 0 })
    return { changes, summary: { ...list, words: '' } }
  }

  /** Titles, noise and words: for them the pages must be read. */
  private async summarise(compared: Compared, outdated: AbortSignal): Promise<void> {
    const { summarise } = await import('@sitedrive/core/content')
    try {
      const summary = await this.withViews(async (now, before) =>
        now
          ? summarise({
              before,
              now,
              changes: compared.changes,
              sources: this.options.sources(),
              signal: outdated
            })
          : null
      )
      if (summary) compared.summary = summary
    } catch {
      // Then the bare list stays.
    }
    compared.isPartial = false
    if (this.known === compared && !outdated.aborted) this.options.onMore()
  }

  private async check(compared: Compared, outdated: AbortSignal): Promise<void> {
    if (outdated.aborted) return
    const { projectDir, env, preview, sources, cacheFile, isChecked, isBuiltAnew } = this.options
    const changed = new Set(compared.changes.map(({ path }) => path))
    try {
      const { checkSite, leftOutOf, secretFindings } = await import('@sitedrive/core/content')
      const project = readProject(projectDir, parseKey)
      compared.findings = await this.withViews(async (now, last) => {
        if (!now) return []
        const published = new Set([...(last?.files.values() ?? [])].map(({ hash }) => hash))
        const allow = project?.secrets?.allow ?? []
        const secrets = await secretFindings({
          now,
          changed,
          published,
          projectDir,
          env,
          allow,
          signal: outdated
        })
        const others = isChecked
          ? await checkSite({
              now,
              sources: sources(),
              key: project?.key ?? null,
              mirror: project?.mirror ?? null,
              projectDir,
              isDevBuild: isBuiltAnew(),
              whyLeftOut: preview.dir === null ? null : leftOutOf(preview.dir, projectDir),
              stale: [],
              changed,
              cacheFile: cacheFile(),
              signal: outdated
            })
          : []
        return [...secrets, ...others]
      })
    } catch (error) {
      // The person can still publish: the build runs the checks again.
      compared.checksProblem = messageOf(error)
    }
    compared.isChecking = false
    if (!outdated.aborted) this.options.onMore()
  }
}
