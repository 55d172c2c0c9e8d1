import type { Change } from '../compare.js'
import type { Drive, DriveEntry } from '../holepunch/drive.js'
import { isReserved } from '../reserved.js'

/**
 * What differs in a preview drive between two states, by the hashes that its author gave its files.
 *
 * @param since the version of the older state where both are of one history, so that only the difference is read
 */
export async function changesBetween(
  before: Drive,
  now: Drive,
  since: number | null = null
): Promise<Change[]> {
  const changes: Change[] = []
  const note = (entry: DriveEntry | null, older: DriveEntry | null) => {
    const change = changeOf(fileOf(entry), fileOf(older))
    if (change) changes.push(change)
  }
  if (since !== null) {
    for await (const difference of now.differences(since)) note(difference.now, difference.before)
    return changes
  }
  const older = new Map<string, DriveEntry>()
  for await (const entry of before.entries()) older.set(entry.path, entry)
  for await (const entry of now.entries()) {
    note(entry, older.get(entry.path) ?? null)
    older.delete(entry.path)
  }
  for (const entry of older.values()) note(null, entry)
  return changes
}

function changeOf(now: DriveEntry | null, before: DriveEntry | null): Change | null {
  const { path } = now ?? before ?? {}
  if (path === undefined) return null
  const bytes = (now ?? before)?.blob?.byteLength ?? 0
  if (!before) return { op: 'add', path, bytes }
  if (!now) return { op: 'remove', path, bytes }
  const hash = hashOf(now)
  return hash !== null && hash === hashOf(before) ? null : { op: 'change', path, bytes }
}

function fileOf(entry: DriveEntry | null): DriveEntry | null {
  return entry?.blob && !isReserved(entry.path) ? entry : null
}

function hashOf({ metadata }: DriveEntry): string | null {
  const hash = (metadata as { hash?: unknown } | null)?.hash
  return typeof hash === 'string' ? hash : null
}
