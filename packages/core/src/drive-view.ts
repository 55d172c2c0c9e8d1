import type { SiteFile, SiteView } from './content/contract.js'
import type { BlobPointer, Drive } from './holepunch/drive.js'

/** What a drive's index, or a scan, says of a file. */
export interface IndexedFile {
  /** sha256 of the bytes, base64url. */
  hash: string
  blob: BlobPointer
}

/** A site as a drive has it at one version. Reads what is on this machine, and asks nobody for the rest. */
export function driveView(drive: Drive, indexed: ReadonlyMap<string, IndexedFile>): SiteView {
  const files = new Map<string, SiteFile>()
  for (const [path, { hash, blob }] of indexed) files.set(path, { path, hash, bytes: blob.byteLength })
  return {
    files,
    async read(path, limitBytes = Infinity) {
      const blob = indexed.get(path)?.blob
      if (!blob) return null
      const length = Math.min(blob.byteLength, limitBytes)
      if (length === 0) return new Uint8Array()
      const chunks: Uint8Array[] = []
      try {
        for await (const chunk of drive.stream(blob, { start: 0, length })) chunks.push(chunk as Uint8Array)
      } catch {
        return null // a seed may have it, this machine does not
      }
      return Buffer.concat(chunks)
    }
  }
}
