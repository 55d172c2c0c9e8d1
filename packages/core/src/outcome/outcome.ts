import type { Change } from '../folder/compare.js'
import type { Finding, Summary } from '../content/content-types.js'
import type { SkipReason } from '../identity/permission.js'
import type { SeedReceipt } from '../session/uplink.js'
import type { LeftOut } from '../folder/walk.js'

/** What a publish came to. */
export type Outcome = Published | Unchanged | Skipped

export interface Published extends OutcomeFacts {
  status: 'published'
  changes: Change[]
  /** What changed, grouped for a reader; null when that could not be told. */
  summary: Summary | null
  notes: Notes
}

/** The folder equals the newest release: nothing was written. */
export interface Unchanged extends OutcomeFacts {
  status: 'unchanged'
  notes: Notes
}

/** Built, and left unpublished for a good reason. */
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
  /** Bytes of files that were appended to the blobs core; the release record's own are not counted. */
  bytesWritten: number
  durationMs: number
  seeds: SeedReceipt[]
}

/** What a person should hear of beside the numbers. */
export interface Notes {
  /** Where the secret lies of a key that was minted for this publish; else null. */
  newKeyIn: string | null
  /** `sitedrive.json` pins no seed. */
  isUnseeded: boolean
  /** Seeds are pinned, and fewer than wanted hold this release. Why, one sentence for each seed. */
  unconfirmed: string[] | null
  /** What seeds say is wrong with the site as they hold it, one sentence each. */
  seedRemarks: string[]
  /** The release of this machine that another one's replaced while neither knew of the other; else null. */
  overtaken: { release: number; publishedAt: string } | null
  /** The release that a rollback had shown again, when this release undoes that rollback; else null. */
  undoesRollbackTo: number | null
  leftOut: LeftOut[]
  /** The folder, as people in the project folder name it; null when none was published. */
  dir: string | null
  /** What readers would stumble over. Looked for when something changed, unless checks are off. */
  findings: Finding[]
  /** Why the checks that were wanted could not be made; else null. */
  checksProblem: string | null
  /** Published files that the last build did not write. */
  stale: string[]
}

/** An outcome in JSON. */
export type OutcomeJson =
  | (OutcomeFacts & {
      /** What changed, for a reader; null when nothing did, or that could not be told. */
      words: string | null
      findings: Finding[]
    })
  | { skipped: Pick<Skipped, 'reason' | 'message'> }

/** The stable shape of an outcome in JSON: for a skipped publish why, for all others their facts and nothing beside. */
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
