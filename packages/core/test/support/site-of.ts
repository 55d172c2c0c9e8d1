import { hash } from 'node:crypto'
import type { SiteFile, SiteView } from '../../src/content/content-types.js'

/** A site in memory, by path. */
export function siteOf(contents: Readonly<Record<string, string | Uint8Array>>): SiteView {
  const bytesOf = new Map(Object.entries(contents).map(([path, content]) => [path, Buffer.from(content)]))
  const files = new Map<string, SiteFile>()
  for (const [path, bytes] of bytesOf) {
    files.set(path, { path, hash: hash('sha256', bytes, 'base64url'), bytes: bytes.byteLength })
  }
  return {
    files,
    read: (path, limitBytes) => Promise.resolve(bytesOf.get(path)?.subarray(0, limitBytes) ?? null)
  }
}
