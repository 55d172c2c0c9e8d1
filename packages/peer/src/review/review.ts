import type { ServerResponse } from 'node:http'
import path from 'node:path'
import {
  dataDir,
  linkOf,
  readLog,
  readPermission,
  readProject,
  readReleasedSources,
  SitedriveError,
  sitePaths,
  type Release,
  type ReleasedSources,
  type SitePaths
} from '@sitedrive/core'
import type { Sources } from '@sitedrive/core/content'
import { parseKey } from '@sitedrive/core/drive'
import type { Preview } from '@sitedrive/core/preview'
import type { PreviewFeed } from '../live/feed.js'
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
import type { LastRelease } from './last-release.js'
import { permissionOf, PublishAll } from './publish-all.js'

export interface ReviewParts {
  projectDir: string
  env: NodeJS.ProcessEnv
  preview: Pick<Preview, 'files' | 'shown'>
  feed: PreviewFeed
  previewUrl: string
  build: ProductionBuild
  sources: () => Sources
  isChecked: boolean
  release: LastRelease
  frames: Frames
  /** Hears how many pages are open. */
  onViewers: (count: number) => void
}

const RELEASES_SHOWN = 50
/** What comes at a rush, such as the progress of seeds, is told so often. Milliseconds. */
const TELL_MS = 50

/** The review of one project: what its page asks for. */
export class Review {
  private readonly parts: ReviewParts
  private readonly comparison: Comparison
  private readonly publishing: PublishAll
  private readonly events: EventLines
  private readonly stops: (() => void)[]
  private newRun: Run | null = null
  private newLog: { run: number; text: string } | null = null
  private telling: NodeJS.Timeout | null = null

  constructor(parts: ReviewParts) {
    this.parts = parts
    this.events = new EventLines(() => parts.onViewers(this.events.size))
    this.comparison = new Comparison({
      ...parts,
      cacheFile: () => this.sitePaths()?.facts ?? null,
      onMore: () => this.events.tell({ kind: 'changed' })
    })
    this.publishing = new PublishAll({
      ...parts,
      onRun: (run) => this.tellRun(run),
      onLog: (run, text) => this.tellLog(run, text)
    })
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
    const { projectDir, env, frames, previewUrl, build } = this.parts
    const project = readProject(projectDir, parseKey)
    const compared = await this.comparison.current()
    const count = (op: string) => compared?.changes.filter((change) => change.op === op).length ?? 0
    return {
      name: project?.name ?? path.basename(projectDir),
      key: project?.key ?? null,
      link: project ? linkOf(project.key) : null,
      mirror: project?.mirror ?? null,
      seeds: project?.seeds.length ?? 0,
      previewUrl,
      now: compared && { id: compared.id, files: compared.files, frame: frames.now },
      last: compared?.last ? { ...compared.last, frame: frames.last } : null,
      counts: { added: count('add'), changed: count('change'), removed: count('remove') },
      summary: compared?.summary ?? { pages: [], files: [], words: '', titles: [] },
      isPartial: compared?.isPartial ?? false,
      findings: compared?.findings ?? [],
      isChecked: this.parts.isChecked,
      isChecking: compared?.isChecking ?? false,
      permission: permissionOf(await readPermission(projectDir, env)),
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
      const kept = release && this.releasedSources(release.key)
      // Those of another release would tell of other texts.
      const released = kept?.release === release?.release.release ? kept : null
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
    for (const stop of this.stops) stop()
    await this.publishing.close()
    this.flush()
    this.comparison.close()
    this.events.close()
  }

  private sitePaths(): SitePaths | null {
    const { projectDir, env } = this.parts
    const key = readProject(projectDir, parseKey)?.key
    return key === undefined ? null : sitePaths(dataDir(env), key)
  }

  private releasedSources(key: string): ReleasedSources | null {
    return readReleasedSources(sitePaths(dataDir(this.parts.env), key))
  }

  private tellRun(run: Run): void {
    this.newRun = run
    if (run.state === 'running') return this.tellSoon()
    this.flush()
    // A release is what the next review compares with.
    this.events.tell({ kind: 'changed' })
  }

  private tellLog(run: number, text: string): void {
    this.newLog = { run, text: (this.newLog?.run === run ? this.newLog.text : '') + text }
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
