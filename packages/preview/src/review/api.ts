// The types of the requests and answers between the review page and its server.
import type { Finding, Summary } from '@sitedrive/core/content'
import type { SourceLines } from '../failure/source-excerpt.js'

export type { FileChange, Finding, PageChange, Summary } from '@sitedrive/core/content'

/** The state of the preview's builds. */
export interface LiveStatus {
  state: 'ready' | 'building' | 'failed'
  failure: {
    message: string
    file: string | null
    line: number | null
    column: number | null
    /** The lines around the place; null: not known, or not to be shown. */
    source?: SourceLines | null
  } | null
  author: { online: boolean; updatedAt: string | null }
}

/** A release as the history shows it. */
export interface ReleaseRow {
  release: number
  /** ISO 8601. */
  publishedAt: string
  /** Such as `Eleventy 3.1.8`; null when the release names none. */
  generator: string | null
  added: number
  changed: number
  removed: number
  /** The changes in words for readers; empty when the release has none. */
  words: string
  /** Titles of new and changed pages. */
  titles: string[]
  rollbackOf: number | null
}

/** Whether a build of this folder may be published. */
export type Permission =
  | { kind: 'publish' }
  /** The first publish makes the site's key. */
  | { kind: 'mint' }
  /** The folder has a key whose secret is on this machine, and was never allowed to publish to it. */
  | { kind: 'not bound'; message: string }
  | { kind: 'never'; message: string }

/** What "Publish all" runs and publishes. */
export interface BuildPlan {
  /** The shell command; null: no command, the folder is published as it is. */
  command: string | null
  /** The steps of the command, one on each line, when it is a script of `package.json`; null otherwise. */
  script: string | null
  /** The folder that is published, relative to the project; null when the build itself publishes. */
  dir: string | null
}

/** `GET /api/review`. */
export interface ReviewAnswer {
  /** The name of the site, or of its folder when it has none. */
  name: string
  key: string | null
  /** `hyper://<key>/` */
  link: string | null
  mirror: string | null
  /** How many seeds the project has. */
  seeds: number
  /** The address of the live preview on this machine. */
  previewUrl: string
  /** The build that the preview shows; null before the first one. */
  now: { id: string; files: number; frame: string } | null
  /** The newest release that this machine holds; null when it holds none. */
  last: { release: number; publishedAt: string; frame: string } | null
  counts: { added: number; changed: number; removed: number }
  summary: Summary
  /** Titles and noise are not found yet: a `changed` event follows. */
  isPartial: boolean
  findings: Finding[]
  /** The checks are still running: a `changed` event follows. */
  isChecking: boolean
  /** What the production build does with findings; `off`: it checks nothing, and neither does this page. */
  checksMode: 'warn' | 'fail' | 'off'
  /** The error of the checks; null when they did not fail. */
  checksProblem: string | null
  permission: Permission
  build: BuildPlan
}

/** A run of words of one kind. */
export interface Span {
  op: 'same' | 'add' | 'remove'
  text: string
}

/** One line, or one paragraph, of a diff. */
export interface DiffLine {
  op: 'same' | 'add' | 'remove' | 'change'
  /** In the older text, from 1; null where it is new. */
  before: number | null
  now: number | null
  spans: Span[]
}

/** Neighbouring lines. The lines between two hunks are the same on both sides. */
export interface Hunk {
  /** How many lines are left out before it. */
  skipped: number
  lines: DiffLine[]
}

export type DiffKind = 'words' | 'html'

/** `GET /api/diff?path=…&kind=…`. */
export interface DiffAnswer {
  kind: DiffKind
  /** What is compared: the source of the page, the text of the page, or the file itself. */
  of: 'source' | 'text' | 'file'
  /** The name of the source; null when no source is compared. */
  source: string | null
  hunks: Hunk[]
  /** Why the diff is not complete; null when it is. */
  limit: string | null
}

/** The progress of one seed in a publish. */
export interface SeedProgress {
  /** z-base-32. */
  key: string
  /** Blocks that the seed holds. */
  done: number
  total: number
  bytes: number
}

/** What a publish did, as numbers and links. */
export interface PublishedOutcome {
  key: string
  link: string
  mirror: string | null
  release: number
  added: number
  changed: number
  removed: number
  bytesWritten: number
  durationMs: number
  seeds: { key: string; confirmed: boolean; ms: number }[]
}

/** One press of "Publish all", or one rollback. */
export interface Run {
  /** Starts at 1 in each process. */
  id: number
  kind: 'publish' | 'rollback'
  state: 'running' | 'published' | 'unchanged' | 'skipped' | 'failed' | 'cancelled'
  /** The shell command that was run; null when there was none. */
  command: string | null
  /** The release that a rollback shows again; null for a publish. */
  release: number | null
  /** ISO 8601. */
  startedAt: string
  /** Milliseconds until now, or until the end. */
  elapsedMs: number
  phase: 'build' | 'ask' | 'scan' | 'write' | 'index' | 'confirm'
  /** What it does now, in words. */
  doing: string
  /** The progress, 0 to 1; null when it is not known. */
  share: number | null
  seeds: SeedProgress[]
  outcome: PublishedOutcome | null
  /** false: fewer seeds than wanted hold it, and readers do not see it yet. */
  isConfirmed: boolean
  /** Remarks for the person. `isError`: readers meet what it is about. */
  notes: { level: 'say' | 'notice' | 'warn'; text: string; isError?: boolean }[]
  problem: { code: string | null; message: string } | null
}

/** The output of a build, as far as it is kept. */
export interface LogText {
  run: number
  text: string
  /** Characters before it that are no longer kept. */
  dropped: number
}

/** One line of `GET /api/events`. */
export type ReviewEvent =
  | { kind: 'status'; status: LiveStatus }
  /** `/api/review` has a new answer. */
  | { kind: 'changed' }
  | { kind: 'run'; run: Run | null }
  /** The whole log, for a page that has just connected. */
  | { kind: 'log'; log: LogText }
  /** New text of the log. */
  | { kind: 'more log'; run: number; text: string }

/** `POST /api/publish`. */
export interface PublishRequest {
  /** The command that the page has shown. No other one is run. */
  command: string | null
  /** The steps of the command that the page has shown. */
  script?: string | null
  /** Allows this folder to publish to its key from now on. */
  bind?: boolean
  /** What the person allows after a publish was refused for it. */
  allow?: ('empty' | 'shrink' | 'project' | 'no-pages')[]
}

/** `POST /api/rollback`. */
export interface RollbackRequest {
  release: number
  /** The newest release that the page has shown. When there is a newer one, the rollback is refused. */
  newest: number
}

/** `GET /api/log`. */
export interface LogAnswer {
  releases: ReleaseRow[]
  /** There are older ones. */
  hasMore: boolean
}
