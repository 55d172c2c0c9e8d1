import type { KnownFile } from '../folder/scan-cache.js'
import type { Drive } from '../holepunch/hyperdrive.js'
import { SOURCE_DIR } from '../holepunch/reserved-paths.js'

/** The files of the source in a drive, by their paths in the project, which begin with `/`. */
export async function listSource(drive: Drive): Promise<Map<string, KnownFile>> {
  const files = new Map<string, KnownFile>()
  for await (const { path, blob, metadata } of drive.entriesBelow(SOURCE_DIR)) {
    if (!blob) continue
    const hash = (metadata as { hash?: unknown } | null)?.hash
    files.set(path.slice(SOURCE_DIR.length), {
      hash: typeof hash === 'string' ? hash : '',
      blob,
      stamp: null
    })
  }
  return files
}
