import { setImmediate as nextTurn } from 'node:timers/promises'
import { throwIfAborted } from '../error.js'
import type { HtmlFacts, SiteFile, SiteView } from './content-types.js'
import { readFactsCache, writeFactsCache } from './facts-cache.js'
import { factsInThreads, type UnreadFile } from './facts-threads.js'
import { factsKind, fileFacts, type FactsKind } from './file-facts.js'
import { MAX_PAGE_BYTES } from './html-facts.js'

/** Below this, threads do not pay: starting them takes about 100 ms. Bytes. */
const INLINE_BYTES = 1_500_000

/**
 * Finds the facts of all files that have any, by path, sorted by path. Files whose bytes cannot be read are missing.
 *
 * @param cacheFile caches facts by content; entries that this site does not use are dropped. null: no cache
 */
export async function gatherFacts(
  now: SiteView,
  cacheFile: string | null,
  signal: AbortSignal | undefined
): Promise<Map<string, HtmlFacts>> {
  const known = cacheFile === null ? new Map<string, HtmlFacts>() : readFactsCache(cacheFile)
  const wanted = wantedFiles(now)
  const unread = new Map<string, UnreadFile>()
  for (const { key, kind, file } of wanted) {
    if (!known.has(key)) unread.set(key, { key, kind, path: file.path, bytes: file.bytes })
  }
  const fresh = await read([...unread.values()], now, signal)
  const live = new Map<string, HtmlFacts>()
  const facts = new Map<string, HtmlFacts>()
  for (const { key, file } of wanted) {
    const found = known.get(key) ?? fresh.get(key)
    if (!found) continue
    live.set(key, found)
    facts.set(file.path, found)
  }
  if (cacheFile !== null && (fresh.size > 0 || live.size !== known.size)) writeFactsCache(cacheFile, live)
  return facts
}

interface WantedFile {
  key: string
  kind: FactsKind
  file: SiteFile
}

function wantedFiles({ files }: SiteView): WantedFile[] {
  const wanted: WantedFile[] = []
  for (const file of files.values()) {
    const kind = factsKind(file.path)
    // The same bytes have other facts as a style sheet than as a page.
    if (kind) wanted.push({ key: `${kind} ${file.hash}`, kind, file })
  }
  return wanted.sort((a, b) => (a.file.path < b.file.path ? -1 : 1))
}

async function read(
  unread: readonly UnreadFile[],
  now: SiteView,
  signal: AbortSignal | undefined
): Promise<Map<string, HtmlFacts>> {
  const bytes = unread.reduce((sum, file) => sum + Math.min(file.bytes, MAX_PAGE_BYTES), 0)
  const found =
    bytes > INLINE_BYTES ? await factsInThreads(unread, now, signal) : new Map<string, HtmlFacts>()
  for (const { key, kind, path } of unread) {
    if (found.has(key)) continue
    throwIfAborted(signal)
    const content = await now.read(path, MAX_PAGE_BYTES + 1)
    if (content) found.set(key, fileFacts(kind, content))
    await nextTurn()
  }
  return found
}
