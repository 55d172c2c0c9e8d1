import { endOf } from '../holepunch/blob-pointer.js'
import type { Drive } from '../holepunch/hyperdrive.js'
import { isReserved } from '../holepunch/reserved-paths.js'
import type { SiteWriter } from '../holepunch/site-store.js'
import type { KnownFile, ScanCache } from '../folder/scan-cache.js'

/**
 * Lists a drive's files by path, without stamps. A file whose metadata is not ours has an empty hash: its content is not
 * known.
 */
export async function listFiles(drive: Drive): Promise<Map<string, KnownFile>> {
  const files = new Map<string, KnownFile>()
  for await (const { path, blob, metadata } of drive.entries()) {
    if (!blob || isReserved(path)) continue
    const hash = (metadata as { hash?: unknown } | null)?.hash
    files.set(path, { hash: typeof hash === 'string' ? hash : '', blob, stamp: null })
  }
  return files
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
  // A stamp of another state is still correct when the hash is the same.
  for (const [path, file] of files) {
    const cached = cache?.files.get(path)
    if (cached?.hash === file.hash) file.stamp = cached.stamp
  }
  return files
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
