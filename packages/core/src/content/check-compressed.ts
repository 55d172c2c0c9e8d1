import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { throwIfAborted } from '../error.js'
import { plural } from '../text.js'
import type { SiteFile, SiteView } from './content-types.js'
import { quoted, type FindingList } from './finding-list.js'

/** Mirrors use no compressed file of a larger one. Bytes. */
const MAX_DECODED_BYTES = 8 * 1024 * 1024

/** How much is decoded in one check of a site. Bytes. */
const BUDGET_BYTES = 64 * 1024 * 1024

/**
 * Finds `x.br` and `x.gz` beside a file `x` that do not decode to it: mirrors do not use them.
 *
 * @param changed paths of new and changed files, whose compressed files alone are decoded; null: all
 */
export async function checkCompressed(
  now: SiteView,
  changed: ReadonlySet<string> | null,
  findings: FindingList,
  signal?: AbortSignal
): Promise<void> {
  let left = BUDGET_BYTES
  for (const { path } of now.files.values()) {
    const whole = /\.(?:br|gz)$/.test(path) ? now.files.get(path.slice(0, -3)) : undefined
    if (!whole || whole.bytes > MAX_DECODED_BYTES) continue
    if (changed && !changed.has(path) && !changed.has(whole.path)) continue
    left -= whole.bytes
    if (left < 0) return
    throwIfAborted(signal)
    if (await isSame(now, path, whole)) continue
    findings.add('stale compressed', path, null, () => ({
      check: 'stale-compressed',
      level: 'warning',
      value: null,
      what: (count) =>
        `${quoted(path)}${count === 1 ? '' : ` and ${plural(count - 1, 'more file')}`} ${count === 1 ? 'does' : 'do'} not decode to the file beside it; mirrors do not use ${count === 1 ? 'it' : 'them'}.`,
      remedy:
        'Compress it anew as the last step of the build, or leave it out: mirrors compress by themselves.'
    }))
  }
}

/** @returns true also when one of them cannot be read: that is found elsewhere */
async function isSame(now: SiteView, path: string, whole: SiteFile): Promise<boolean> {
  const [packed, plain] = await Promise.all([now.read(path), now.read(whole.path)])
  if (!packed || !plain) return true
  const limit = { maxOutputLength: Math.max(plain.byteLength, 1) }
  try {
    const decoded = path.endsWith('.br') ? brotliDecompressSync(packed, limit) : gunzipSync(packed, limit)
    return decoded.equals(plain)
  } catch {
    return false
  }
}
