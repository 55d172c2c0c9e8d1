import { hash as hashOf } from 'node:crypto'
import type { SiteFile, SiteView } from '../content/content-types.js'
import type { Drive } from '../holepunch/hyperdrive.js'
import type { KnownFile } from '../folder/scan-cache.js'

/** What a drive's index, or a scan, says of a file. */
export type IndexedFile = Pick<KnownFile, 'hash' | 'blob'>

/**
 * The files of a release as this machine's store holds them. Nobody is asked for what it does not hold.
 *
 * @param files of that release, by path
 */
export function releaseView(drive: Drive, files: ReadonlyMap<string, IndexedFile>): SiteView {
  const listed = new Map<string, SiteFile>()
  for (const [path, { hash, blob }] of files) listed.set(path, { path, hash, bytes: blob.byteLength })
  return {
    files: listed,
    async read(path, limitBytes = Infinity) {
      const file = files.get(path)
      if (!file) return null
      const bytes = await readHeld(drive, file, Math.min(file.blob.byteLength, limitBytes))
      // A pointer may lead to blocks of another fork; then it is not what readers saw.
      // guard: review: other bytes than those that were published are not shown
      if (bytes?.byteLength === file.blob.byteLength && hashOf('sha256', bytes, 'base64url') !== file.hash)
        return null
      return bytes
    }
  }
}

async function readHeld(drive: Drive, { blob }: IndexedFile, length: number): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  if (length === 0) return Buffer.alloc(0)
  try {
    for await (const chunk of drive.stream(blob, { length })) chunks.push(chunk as Buffer)
  } catch {
    return null // a block is not here
  }
  return Buffer.concat(chunks)
}
