import type { SiteView } from '@sitedrive/core/content'
import type { DiffAnswer, DiffKind } from './api.js'

/** STUB */
export async function diffOf(
  path: string,
  kind: DiffKind,
  now: SiteView | null,
  then: SiteView | null
): Promise<DiffAnswer | null> {
  if (!now?.files.has(path) && !then?.files.has(path)) return null
  return { kind, of: 'file', source: null, hunks: [], limit: null }
}
