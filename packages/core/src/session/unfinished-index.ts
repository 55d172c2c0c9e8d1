import type { SiteWriter } from '../holepunch/site-store.js'

/**
 * The version of the newest release whose index is here, where a publish ended while it sent a later one.
 *
 * @returns null when there is none
 */
export async function findWholeRelease(writer: SiteWriter): Promise<number | null> {
  // The last block of a release is its record, and often came with the head. It names the release before.
  for (let version = writer.version; version > 1; version = (await previousOf(writer, version)) ?? 0) {
    if (await writer.hasIndexBelow(version)) return version
  }
  for (let version = (await writer.firstEntryMissing()) ?? 0; version > 1; version--) {
    if ((await previousOf(writer, version)) !== null) return version
  }
  return null
}

/** The version of the release before the one that ends here; null: none is known to end here. */
async function previousOf(writer: SiteWriter, version: number): Promise<number | null> {
  const record = (await writer.recordInBlock(version - 1)) as { previous?: unknown } | null
  const previous = record?.previous
  return Number.isSafeInteger(previous) && (previous as number) < version ? (previous as number) : null
}
