// What the review page and its server say to each other: types only, for both.
import type { Finding, Summary } from '@sitedrive/core/content'

/** The header that carries the token of the page's address. */
export const TOKEN_HEADER = 'sitedrive-token'

export type { FileChange, Finding, PageChange, Summary } from '@sitedrive/core/content'

/** How the preview's builds are doing. */
export interface LiveStatus {
  state: 'ready' | 'building' | 'failed'
  failure: { message: string; file: string | null; line: number | null; column: number | null } | null
  author: { online: boolean; updatedAt: string | null }
}

/** A release as the history shows it. */
export interface ReleaseRow {
  release: number
  /** ISO 8601. */
  publishedAt: string
  /** `Eleventy 3.1.8`; null when it does not say. */
  generator: string | null
  added: number
  changed: number
  removed: number
  /** What it means to a reader; an empty text when it does not say. */
  words: string
  /** Titles of new and changed pages. */
  titles: string[]
  rollbackOf: number | null
}

/** Whether what is built here would be published. */
export type Permission =
  | { kind: 'publish' }
  /** The first publish makes the site's key. */
  | { kind: 'mint' }
  /** The folder carries a key of this machine that it was never told to publish to. */
  | { kind: 'not bound'; message: string }
  | { kind: 'never'; message: string }

/** How a production build is made here. */
export interface BuildPlan {
  /** What is run, as a line for the shell; null: nothing, the folder is published as it is. */
  command: string | null
  /** What the command itself runs, where it is a script of `package.json`: one line for each step; null where it is none. */
  script: string | null
  /** Relative to the project; null where the build itself publishes. */
  dir: string | null
}

/** `GET /api/review`. */
export interface ReviewAnswer {
  /** The name of the site, or else of its folder. */
  name: string
  key: string | null
  /** `hyper://<key>/` */
  link: string | null
  mirror: string | null
  /** How many seeds are to keep it online. */
  seeds: number
  /** Where the live preview is on this machine. */
  previewUrl: string
  /** What the preview shows; null before the first build. */
  now: { id: string; files: number; frame: string } | null
  /** The newest release that this machine holds; null when it holds none. */
  last: { release: number; publishedAt: string; frame: string } | null
  counts: { added: number; changed: number; removed: number }
  summary: Summary
  /** Titles and noise are still looked for: `changed` tells when they are found. */
  isPartial: boolean
  findings: Finding[]
  /** The checks are still running: `findings` tells when they are done. */
  isChecking: boolean
  /** What the production build does with what they find; `off`: nobody looks, here neither. */
  checksMode: 'warn' | 'fail' | 'off'
  /** Why there are no findings although somebody wants them; null when all was looked at. */
  checksProblem: string | null
  permission: Permission
  build: BuildPlan
}

/** Words of one kind in a row. */
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

/** Lines that lie together. What stands between two of them is the same on both sides. */
export interface Hunk {
  /** Lines that are left out before it. */
  skipped: number
  lines: DiffLine[]
}

export type DiffKind = 'words' | 'html'

/** `GET /api/diff?path=…&kind=…`. */
export interface DiffAnswer {
  kind: DiffKind
  /** What is compared: the source it was made of, the page's own text, or the file itself. */
  of: 'source' | 'text' | 'file'
  /** The source's name, when it is one. */
  source: string | null
  hunks: Hunk[]
  /** Why there is less to see than there is; null when this is all. */
  limit: string | null
}

/** How a seed is doing in the publish that runs. */
export interface SeedProgress {
  /** z-base-32. */
  key: string
  /** Blocks. */
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
  /** Counts up in one process. */
  id: number
  kind: 'publish' | 'rollback'
  state: 'running' | 'published' | 'unchanged' | 'skipped' | 'failed' | 'cancelled'
  /** What was run; null where nothing was. */
  command: string | null
  /** Of a rollback: the release that it shows again. */
  release: number | null
  /** ISO 8601. */
  startedAt: string
  /** Milliseconds so far, or in all. */
  elapsedMs: number
  phase: 'build' | 'ask' | 'scan' | 'write' | 'index' | 'confirm'
  /** What it does now, in words. */
  doing: string
  /** 0 to 1; null when nobody knows. */
  share: number | null
  seeds: SeedProgress[]
  outcome: PublishedOutcome | null
  /** false: fewer seeds than wanted hold it, and readers do not see it yet. */
  isConfirmed: boolean
  /** What a person should hear of it. */
  notes: { level: 'say' | 'warn'; text: string }[]
  problem: { code: string | null; message: string } | null
}

/** What a build prints, as far as it is kept. */
export interface LogText {
  run: number
  text: string
  /** Characters before it that are no longer kept. */
  dropped: number
}

/** One line of `GET /api/events`. */
export type ReviewEvent =
  | { kind: 'status'; status: LiveStatus }
  /** Something else is to be seen at `/api/review`. */
  | { kind: 'changed' }
  | { kind: 'run'; run: Run | null }
  /** All of the log, to whoever has just come. */
  | { kind: 'log'; log: LogText }
  /** What was printed since. */
  | { kind: 'more log'; run: number; text: string }

/** `POST /api/publish`. */
export interface PublishRequest {
  /** The command that the page has shown: another one is not run. */
  command: string | null
  /** And what it stands for. */
  script?: string | null
  /** Makes the folder one that publishes to the key that it carries. */
  bind?: boolean
  /** What a refused publish is allowed to do all the same. */
  allow?: ('empty' | 'shrink' | 'project' | 'no-pages')[]
}

/** `POST /api/rollback`. */
export interface RollbackRequest {
  release: number
  /** The newest release that the page has shown: on top of another one nothing is rolled back. */
  newest: number
}

/** `GET /api/log`. */
export interface LogAnswer {
  releases: ReleaseRow[]
  /** There are older ones. */
  hasMore: boolean
}

/** Any answer that is not what was asked for. */
export interface ErrorAnswer {
  error: { code: string; message: string }
}
