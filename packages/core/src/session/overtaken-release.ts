import type { SiteWriter } from '../holepunch/site-store.js'
import type { Head } from '../machine/signed-head.js'
import { findRelease, type Release } from '../release/release-record.js'

/** A release of this machine that is no longer part of the site's history. */
export interface OvertakenRelease {
  release: number
  /** ISO 8601. */
  publishedAt: string
}

/**
 * Finds the newest release that was completed on this machine, if the history no longer has it.
 *
 * The head file decides, not the store: the store may have taken over another machine's history already, from peers or
 * in a publish that did not end.
 *
 * @param before the newest release of the store as it was opened; null: none, or not looked for
 * @param latest the newest release now
 * @returns null when the history still has it, and nothing else is to be told
 */
export async function findOvertaken(
  writer: SiteWriter,
  signed: Head | null,
  before: Release | null,
  latest: Release | null
): Promise<OvertakenRelease | null> {
  const { release = 0, publishedAt, version = 0, indexHash = null } = signed ?? {}
  if (release === 0 || !publishedAt || indexHash === null)
    return before && replacedRelease(writer, before, latest)
  const isHere =
    latest !== null && writer.version >= version && (await writer.indexHashAt(version)) === indexHash
  // guard: overtaken: what a publish that was killed could not tell is told by the next one
  if (isHere) return signed?.untold ?? null
  return { release, publishedAt }
}

/** @returns `before` when the history no longer has it */
async function replacedRelease(
  writer: SiteWriter,
  before: Release,
  latest: Release | null
): Promise<Release | null> {
  if (!latest || latest.release < before.release) return before
  const now = await findRelease(writer, before.release)
  return now.publishedAt === before.publishedAt && now.version === before.version ? null : before
}
