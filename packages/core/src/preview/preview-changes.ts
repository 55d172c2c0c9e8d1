import type { Change } from '../folder/compare.js'
import type { Difference, Drive, DriveEntry } from '../holepunch/hyperdrive.js'
import { isReserved } from '../holepunch/reserved-paths.js'

/** The changed files among the differences of a preview drive, compared by the hashes in their metadata. */
export function changesOf(differences: readonly Difference[]): Change[] {
  return differences.flatMap(({ now, before }) => changeOf(fileOf(now), fileOf(before)) ?? [])
}

/** The changes between two states, also of different histories. Reads all entries of both. */
export async function changesBetween(before: Drive, now: Drive): Promise<Change[]> {
  const differences: Difference[] = []
  const older = new Map<string, DriveEntry>()
  for await (const entry of before.entries()) older.set(entry.path, entry)
  for await (const entry of now.entries()) {
    differences.push({ now: entry, before: older.get(entry.path) ?? null })
    older.delete(entry.path)
  }
  for (const entry of older.values()) differences.push({ now: null, before: entry })
  return changesOf(differences)
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
