import type { Change } from '../folder/compare.js'
import type { Finding, Summary } from '../content/content-types.js'
import type { SkipReason } from '../identity/permission.js'
import type { SeedReceipt } from '../session/uplink.js'
import type { LeftOut } from '../folder/walk.js'

/** The result of a publish. */
export type Outcome = Published | Unchanged | Skipped

export interface Published extends OutcomeFacts {
  status: 'published'
  changes: Change[]
  /** The changes, grouped for readers; null when no summary could be made. */
  summary: Summary | null
  notes: Notes
}

/** The folder equals the newest release: nothing was written. */
export interface Unchanged extends OutcomeFacts {
  status: 'unchanged'
  notes: Notes
}

/** The build was not published, but this is not an error. */
export interface Skipped {
  status: 'skipped'
  reason: SkipReason
  message: string
}

export interface OutcomeFacts {
  key: string
  /** `hyper://<key>/` */
  link: string
  mirror: string | null
  release: number
  version: number
  fork: number
  added: number
  changed: number
  removed: number
  /** Bytes of files that were appended to the blobs core, without the release record. */
  bytesWritten: number
  durationMs: number
  seeds: SeedReceipt[]
}

/** What a person should know about a publish besides the numbers. */
export interface Notes {
  /** The folder with the secret, when the key was created for this publish; else null. */
  newKeyIn: string | null
  /** `sitedrive.json` pins no seed. */
  isUnseeded: boolean
  /** Why fewer seeds than wanted hold this release, one sentence for each seed; null: enough do, or none is pinned. */
  unconfirmed: string[] | null
  /** Problems of the site that seeds report, one sentence each. */
  seedRemarks: string[]
  /** The last release of this machine, when a release of another machine has replaced it; else null. */
  overtaken: { release: number; publishedAt: string } | null
  /** The release that a rollback had restored, when this release undoes that rollback; else null. */
  undoesRollbackTo: number | null
  leftOut: LeftOut[]
  /** The published folder, relative to the project folder; null: no folder was published. */
  dir: string | null
  /** Problems for readers. Empty when nothing changed or the checks are off. */
  findings: Finding[]
  /** Why the requested checks could not run; else null. */
  checksProblem: string | null
  /** Published files that the last build did not write. */
  stale: string[]
}

/** An outcome in JSON. */
export type OutcomeJson =
  | (OutcomeFacts & {
      /** The changes in words; null when nothing changed, or no summary could be made. */
      words: string | null
      /** Changed pages and text files that nobody had the time to compare; they may have changed in noise alone. */
      notLookedInto: number
      findings: Finding[]
    })
  | { skipped: Pick<Skipped, 'reason' | 'message'> }

/** Converts an outcome to its stable JSON form: the reason for a skipped publish, the facts for all others. */
export function outcomeJson(outcome: Outcome): OutcomeJson {
  if (outcome.status === 'skipped') return { skipped: { reason: outcome.reason, message: outcome.message } }
  const { key, link, mirror, release, version, fork } = outcome
  const { added, changed, removed, bytesWritten, durationMs, seeds } = outcome
  return {
    key,
    link,
    mirror,
    release,
    version,
    fork,
    added,
    changed,
    removed,
    bytesWritten,
    durationMs,
    seeds,
    words: outcome.status === 'published' ? outcome.summary?.words || null : null,
    notLookedInto: outcome.status === 'published' ? (outcome.summary?.notLookedInto ?? 0) : 0,
    findings: outcome.notes.findings
  }
}

export function linkOf(key: string): string {
  return `hyper://${key}/`
}

export function countChanges(changes: readonly Change[]): {
  added: number
  changed: number
  removed: number
} {
  const count = (op: Change['op']) => changes.filter((change) => change.op === op).length
  return { added: count('add'), changed: count('change'), removed: count('remove') }
}
