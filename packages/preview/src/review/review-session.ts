import { statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import path from 'node:path'
import {
  linkOf,
  readLog,
  readProject,
  SitedriveError,
  type ChecksMode,
  type Release,
  dataDir,
  sitePaths,
  type SitePaths
} from '@sitedrive/core'
import {
  checksModeFrom,
  countChanges,
  PROJECT_FILE,
  openReleasedSources,
  type OpenReleasedSources
} from '@sitedrive/core/internal'
import type { Sources } from '@sitedrive/core/content'
import { parseKey } from '@sitedrive/core/drive'
import type { Preview } from '@sitedrive/core/preview'
import { EventLines } from '@sitedrive/mirror/parts'
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
import type { Frames } from './frames.js'
import type { LastRelease } from './release-in-use.js'
import { LOG_KEPT } from './plain-log.js'
import { PublishAll } from './publish-all.js'
import { permissionToPublish } from './publish-permission.js'

export interface ReviewParts {
  projectDir: string
  env: NodeJS.ProcessEnv
  preview: Pick<Preview, 'files' | 'shown' | 'dir'>
  feed: PreviewFeed
  previewUrl: string
  build: ProductionBuild
  /** @default what `SITEDRIVE_CHECKS` says, else 'warn' */
  checks?: ChecksMode
  sources: () => Sources
  release: LastRelease
  frames: Frames
  /** Called with the number of open pages when it changes. */
  onViewers: (count: number) => void
  /** Called with true when a publish or a rollback begins, and with false when it has ended. */
  onRunning: (isRunning: boolean) => void
}

const RELEASES_SHOWN = 50
/** How long frequent events, such as the progress of seeds, are collected before they are sent. Milliseconds. */
const SEND_MS = 50

/** How often the project files and the head file are checked for changes. Milliseconds. */
const CHECK_MS = 1_000

/** The review of one project: answers the requests of its page, and sends it events. */
export class Review {
  private readonly parts: ReviewParts
  private readonly checksMode: ChecksMode
  private readonly comparison: Comparison
  private readonly publishing: PublishAll
  private readonly events: EventLines<ReviewEvent>
  private readonly stops: (() => void)[]
  /** The sources of the release that was asked for last. */
  private keptSources: { key: string; sources: OpenReleasedSources } | null = null
  private newRun: Run | null = null
  private newLog: { run: number; text: string } | null = null
  private sendTimer: NodeJS.Timeout | null = null
  private readonly checkTimer: NodeJS.Timeout
  /** The state of the checked files at the last check; null while no page is open. */
  private lastStamp: string | null = null

  constructor(parts: ReviewParts) {
    this.parts = parts
    this.events = new EventLines(() => parts.onViewers(this.events.size))
    this.checksMode = parts.checks ?? modeFrom(parts.env)
    this.comparison = new Comparison({
      ...parts,
      isChecked: this.checksMode !== 'off',
      isBuiltAnew: () => buildPlan(parts.projectDir, parts.build).command !== null,
      cacheFile: () => this.sitePaths()?.facts ?? null,
      onMore: () => this.events.send({ kind: 'changed' })
    })
    this.publishing = new PublishAll({
      ...parts,
      onRun: (run) => this.sendRun(run),
      onLog: (run, text) => this.sendLog(run, text)
    })
    this.checkTimer = setInterval(() => this.checkFiles(), CHECK_MS).unref()
    this.stops = [
      parts.feed.onUpdate(() => this.events.send({ kind: 'changed' })),
      parts.feed.onStatus(() => this.events.send({ kind: 'status', status: parts.feed.status }))
    ]
  }

  get framePort(): number {
    return this.parts.frames.port
  }

  /** Starts the comparison early, while the browser still loads the page. */
  prepare(): void {
    this.comparison.current().catch(() => {}) // `answer` reports the error
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
      summary: compared?.summary ?? {
        pages: [],
        files: [],
        words: '',
        alike: [],
        titles: [],
        notLookedInto: 0
      },
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
    // The unsent text is part of the log already, so it is sent to the other pages first.
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
    clearInterval(this.checkTimer)
    for (const stop of this.stops) stop()
    await this.publishing.close()
    this.flush()
    this.comparison.close()
    this.events.close()
  }

  private checkFiles(): void {
    if (this.events.size === 0) {
      this.lastStamp = null
      return
    }
    const { projectDir } = this.parts
    const names = ['package.json', PROJECT_FILE].map((name) => path.join(projectDir, name))
    const stamp = [...names, this.headFile()].map(stampOf).join(' ')
    if (this.lastStamp !== null && stamp !== this.lastStamp) this.events.send({ kind: 'changed' })
    this.lastStamp = stamp
  }

  private headFile(): string | null {
    try {
      return this.sitePaths()?.head ?? null
    } catch {
      return null // `answer` reports what is wrong with the project file
    }
  }

  private sitePaths(): SitePaths | null {
    const { projectDir, env } = this.parts
    const key = readProject(projectDir, parseKey)?.key
    return key === undefined ? null : sitePaths(dataDir(env), key)
  }

  /** null: no sources of this release are kept. Those of another release do not fit. */
  private releasedSources(key: string, release: number): { sources: OpenReleasedSources } | null {
    if (this.keptSources?.key !== key || this.keptSources.sources.release !== release) {
      const sources = openReleasedSources(sitePaths(dataDir(this.parts.env), key))
      this.keptSources = sources && { key, sources }
    }
    return this.keptSources?.sources.release === release ? this.keptSources : null
  }

  private sendRun(run: Run): void {
    this.parts.onRunning(run.state === 'running')
    this.newRun = run
    if (run.state === 'running') return this.sendSoon()
    this.flush()
    // The next review compares with the new release.
    this.events.send({ kind: 'changed' })
  }

  private sendLog(run: number, text: string): void {
    this.newLog = { run, text: ((this.newLog?.run === run ? this.newLog.text : '') + text).slice(-LOG_KEPT) }
    this.sendSoon()
  }

  private sendSoon(): void {
    this.sendTimer ??= setTimeout(() => this.flush(), SEND_MS)
  }

  private flush(): void {
    if (this.sendTimer) clearTimeout(this.sendTimer)
    this.sendTimer = null
    const { newLog, newRun } = this
    this.newLog = this.newRun = null
    if (newLog) this.events.send({ kind: 'more log', ...newLog })
    if (newRun) this.events.send({ kind: 'run', run: newRun })
  }
}

function stampOf(file: string | null): string {
  const stats = file === null ? undefined : statSync(file, { throwIfNoEntry: false })
  return stats ? `${stats.mtimeMs} ${stats.size} ${stats.ino}` : '-'
}

/** A publish refuses an invalid value; the page does not fail for it. */
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
