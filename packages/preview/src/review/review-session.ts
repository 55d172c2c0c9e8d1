import { statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import path from 'node:path'
import {
  checksModeFrom,
  countChanges,
  dataDir,
  linkOf,
  PROJECT_FILE,
  readLog,
  readProject,
  openReleasedSources,
  SitedriveError,
  sitePaths,
  type ChecksMode,
  type Release,
  type OpenReleasedSources,
  type SitePaths
} from '@sitedrive/core'
import type { Sources } from '@sitedrive/core/content'
import { parseKey } from '@sitedrive/core/drive'
import type { Preview } from '@sitedrive/core/preview'
import type { PreviewFeed } from '../feed/feed.js'
import type {
  DiffAnswer,
  DiffKind,
  LogAnswer,
  PublishRequest,
  ReleaseRow,
  ReviewAnswer,
  ReviewEvent,
  RollbackRequest,
  Run
} from './api.js'
import { buildPlan, type ProductionBuild } from './build-command.js'
import { Comparison } from './comparison.js'
import { diffOf } from './diff.js'
import { EventLines } from './event-lines.js'
import type { Frames } from './frames.js'
import type { LastRelease } from './release-in-use.js'
import { LOG_KEPT } from './plain-log.js'
import { PublishAll } from './publish-all.js'
import { permissionToPublish } from './publish-permission.js'

export interface ReviewParts {
  projectDir: string
  env: NodeJS.ProcessEnv
  preview: Pick<Preview, 'files' | 'shown'>
  feed: PreviewFeed
  previewUrl: string
  build: ProductionBuild
  /** @default what `SITEDRIVE_CHECKS` says, else 'warn' */
  checks?: ChecksMode
  sources: () => Sources
  release: LastRelease
  frames: Frames
  /** Hears how many pages are open. */
  onViewers: (count: number) => void
  /** Hears when a publish or a rollback begins, and when none goes on any more. */
  onRunning: (isRunning: boolean) => void
}

const RELEASES_SHOWN = 50
/** What comes at a rush, such as the progress of seeds, is told so often. Milliseconds. */
const TELL_MS = 50

/** How often it is looked whether another process published, or the build is another one. Milliseconds. */
const LOOK_MS = 1_000

/** The review of one project: what its page asks for. */
export class Review {
  private readonly parts: ReviewParts
  private readonly checksMode: ChecksMode
  private readonly comparison: Comparison
  private readonly publishing: PublishAll
  private readonly events: EventLines
  private readonly stops: (() => void)[]
  /** What was kept of the release that was asked for last. */
  private kept: { key: string; sources: OpenReleasedSources } | null = null
  private newRun: Run | null = null
  private newLog: { run: number; text: string } | null = null
  private telling: NodeJS.Timeout | null = null
  private readonly looking: NodeJS.Timeout
  /** What the files that nobody tells of were like when they were last looked at. */
  private seen: string | null = null

  constructor(parts: ReviewParts) {
    this.parts = parts
    this.events = new EventLines(() => parts.onViewers(this.events.size))
    this.checksMode = parts.checks ?? modeFrom(parts.env)
    this.comparison = new Comparison({
      ...parts,
      isChecked: this.checksMode !== 'off',
      cacheFile: () => this.sitePaths()?.facts ?? null,
      onMore: () => this.events.tell({ kind: 'changed' })
    })
    this.publishing = new PublishAll({
      ...parts,
      onRun: (run) => this.tellRun(run),
      onLog: (run, text) => this.tellLog(run, text)
    })
    this.looking = setInterval(() => this.look(), LOOK_MS).unref()
    this.stops = [
      parts.feed.onUpdate(() => this.events.tell({ kind: 'changed' })),
      parts.feed.onStatus(() => this.events.tell({ kind: 'status', status: parts.feed.status }))
    ]
  }

  get framePort(): number {
    return this.parts.frames.port
  }

  /** Begins to compare, while a browser still loads the page that will ask for it. */
  prepare(): void {
    this.comparison.current().catch(() => {}) // whoever asks hears of it
  }

  async answer(): Promise<ReviewAnswer> {
    const { projectDir, frames, previewUrl, build } = this.parts
    const project = readProject(projectDir, parseKey)
    const compared = await this.comparison.current()
    return {
      name: project?.name ?? path.basename(projectDir),
      key: project?.key ?? null,
      link: project ? linkOf(project.key) : null,
      mirror: project?.mirror ?? null,
      seeds: project?.seeds.length ?? 0,
      previewUrl,
      now: compared && { id: compared.id, files: compared.files, frame: frames.now },
      last: compared?.last ? { ...compared.last, frame: frames.last } : null,
      counts: countChanges(compared?.changes ?? []),
      summary: compared?.summary ?? { pages: [], files: [], words: '', titles: [] },
      isPartial: compared?.isPartial ?? false,
      findings: compared?.findings ?? [],
      isChecking: compared?.isChecking ?? false,
      checksMode: this.checksMode,
      checksProblem: compared?.checksProblem ?? null,
      permission: await permissionToPublish(this.parts),
      build: buildPlan(projectDir, build)
    }
  }

  openEvents(res: ServerResponse): void {
    const { run, log } = this.publishing
    const first: ReviewEvent[] = [
      { kind: 'status', status: this.parts.feed.status },
      { kind: 'run', run }
    ]
    // What is still to be told of the log is part of it already.
    this.flush()
    if (log) first.push({ kind: 'log', log })
    this.events.open(res, first)
  }

  async history(limit = RELEASES_SHOWN): Promise<LogAnswer> {
    const { projectDir, env } = this.parts
    try {
      const { releases } = await readLog(projectDir, env, { limit: limit + 1 })
      return { releases: releases.slice(0, limit).map(rowOf), hasMore: releases.length > limit }
    } catch (error) {
      const isEmpty =
        error instanceof SitedriveError && (error.code === 'NO_PROJECT' || error.code === 'STORE_EMPTY')
      if (isEmpty) return { releases: [], hasMore: false }
      throw error
    }
  }

  /** @returns null when neither side has such a file */
  diff(file: string, kind: DiffKind): Promise<DiffAnswer | null> {
    const { projectDir, sources } = this.parts
    return this.comparison.withViews((now, last, release) => {
      const released = release && this.releasedSources(release.key, release.release.release)
      return diffOf(file, kind, { projectDir, now, last, sources: sources(), released })
    })
  }

  publish(request: PublishRequest): Promise<Run> {
    return this.publishing.publish(request)
  }

  async rollback(request: RollbackRequest): Promise<Run> {
    const newest = await this.parts.release.use((release) => release?.release.release ?? 0)
    return this.publishing.rollback(request, newest)
  }

  cancel(): void {
    this.publishing.cancel()
  }

  async close(): Promise<void> {
    clearInterval(this.looking)
    for (const stop of this.stops) stop()
    await this.publishing.close()
    this.flush()
    this.comparison.close()
    this.events.close()
  }

  private look(): void {
    if (this.events.size === 0) {
      this.seen = null
      return
    }
    const { projectDir } = this.parts
    const names = ['package.json', PROJECT_FILE].map((name) => path.join(projectDir, name))
    const seen = [...names, this.headFile()].map(stampOf).join(' ')
    if (this.seen !== null && seen !== this.seen) this.events.tell({ kind: 'changed' })
    this.seen = seen
  }

  private headFile(): string | null {
    try {
      return this.sitePaths()?.head ?? null
    } catch {
      return null // what is wrong with the project file is told to whoever asks for the review
    }
  }

  private sitePaths(): SitePaths | null {
    const { projectDir, env } = this.parts
    const key = readProject(projectDir, parseKey)?.key
    return key === undefined ? null : sitePaths(dataDir(env), key)
  }

  /** null: none were kept of this release; those of another one would tell of other texts. */
  private releasedSources(key: string, release: number): { sources: OpenReleasedSources } | null {
    if (this.kept?.key !== key || this.kept.sources.release !== release) {
      const sources = openReleasedSources(sitePaths(dataDir(this.parts.env), key))
      this.kept = sources && { key, sources }
    }
    return this.kept?.sources.release === release ? this.kept : null
  }

  private tellRun(run: Run): void {
    this.parts.onRunning(run.state === 'running')
    this.newRun = run
    if (run.state === 'running') return this.tellSoon()
    this.flush()
    // A release is what the next review compares with.
    this.events.tell({ kind: 'changed' })
  }

  private tellLog(run: number, text: string): void {
    this.newLog = { run, text: ((this.newLog?.run === run ? this.newLog.text : '') + text).slice(-LOG_KEPT) }
    this.tellSoon()
  }

  private tellSoon(): void {
    this.telling ??= setTimeout(() => this.flush(), TELL_MS)
  }

  private flush(): void {
    if (this.telling) clearTimeout(this.telling)
    this.telling = null
    const { newLog, newRun } = this
    this.newLog = this.newRun = null
    if (newLog) this.events.tell({ kind: 'more log', ...newLog })
    if (newRun) this.events.tell({ kind: 'run', run: newRun })
  }
}

function stampOf(file: string | null): string {
  const stats = file === null ? undefined : statSync(file, { throwIfNoEntry: false })
  return stats ? `${stats.mtimeMs} ${stats.size} ${stats.ino}` : '-'
}

/** A value that a publish refuses is none that the page fails for. */
function modeFrom(env: NodeJS.ProcessEnv): ChecksMode {
  try {
    return checksModeFrom(env['SITEDRIVE_CHECKS']) ?? 'warn'
  } catch {
    return 'warn'
  }
}

function rowOf(release: Release): ReleaseRow {
  const { generator, added, changed, removed, titles, rollbackOf, publishedAt, words = '' } = release
  return {
    release: release.release,
    publishedAt,
    generator: generator && `${generator.name} ${generator.version}`,
    added,
    changed,
    removed,
    words,
    titles,
    rollbackOf
  }
}
