import { endOf } from '../holepunch/blob-pointer.js'
import type { Drive, DriveEntry } from '../holepunch/hyperdrive.js'
import { isReserved, SOURCE_DIR } from '../holepunch/reserved-paths.js'
import type { SiteWriter } from '../holepunch/site-store.js'
import type { KnownFile, ScanCache } from '../folder/scan-cache.js'

/**
 * Lists a drive's files by path, without stamps. A file whose metadata is not ours has an empty hash: its content is not
 * known.
 */
export async function listFiles(drive: Drive): Promise<Map<string, KnownFile>> {
  const files = new Map<string, KnownFile>()
  for await (const entry of drive.entries()) {
    const file = isReserved(entry.path) ? null : knownFile(entry)
    if (file) files.set(entry.path, file)
  }
  return files
}

/** The files of the source in a drive, by their paths in the project, which begin with `/`. */
export async function listSource(drive: Drive): Promise<Map<string, KnownFile>> {
  const files = new Map<string, KnownFile>()
  for await (const entry of drive.entriesBelow(SOURCE_DIR)) {
    const file = knownFile(entry)
    if (file) files.set(entry.path.slice(SOURCE_DIR.length), file)
  }
  return files
}

function knownFile({ blob, metadata }: DriveEntry): KnownFile | null {
  if (!blob) return null
  const hash = (metadata as { hash?: unknown } | null)?.hash
  return { hash: typeof hash === 'string' ? hash : '', blob, stamp: null }
}

/**
 * The drive's files, each with the stamp that its bytes had on this disk when the cache knows it.
 *
 * @param isReplaced the cache is about another history, whose version and fork may be the same numbers
 */
export async function knownFiles(
  writer: SiteWriter,
  cache: ScanCache | null,
  isReplaced: boolean
): Promise<Map<string, KnownFile>> {
  const { version, fork } = await writer.state()
  // guard: hear: the scan of a history that was replaced is not believed
  if (!isReplaced && cache?.version === version && cache.fork === fork) return cache.files
  const files = await listFiles(writer)
  takeStamps(files, cache)
  return files
}

/** Gives files the stamps of a scan. A stamp of another state is still correct when the hash is the same. */
export function takeStamps(files: ReadonlyMap<string, KnownFile>, cache: ScanCache | null): void {
  for (const [path, file] of files) {
    const cached = cache?.files.get(path)
    if (cached?.hash === file.hash) file.stamp = cached.stamp
  }
}

/**
 * Empties the hash of each file whose content is lost, so that the next publish stores it again.
 *
 * @param blocks blobs from this block on are lost
 */
export function forgetLostContent(known: Map<string, KnownFile>, blocks: number): void {
  for (const [path, file] of known) {
    if (endOf(file.blob) > blocks) known.set(path, { ...file, hash: '', stamp: null })
  }
}
