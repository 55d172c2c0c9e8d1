import type { Change } from '@sitedrive/core'
import type { SiteView } from '@sitedrive/core/content'

/** Compares two sites by the hashes of their files. Reads no file. @returns the changes, sorted by path */
export function compareViews(before: SiteView | null, now: SiteView): Change[] {
  const changes: Change[] = []
  for (const { path, hash, bytes } of now.files.values()) {
    const old = before?.files.get(path)
    if (old?.hash !== hash || hash === '') changes.push({ op: old ? 'change' : 'add', path, bytes })
  }
  for (const { path, bytes } of before?.files.values() ?? []) {
    if (!now.files.has(path)) changes.push({ op: 'remove', path, bytes })
  }
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}
