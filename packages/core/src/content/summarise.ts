import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Change } from '../folder/compare.js'
import { throwIfAborted } from '../error.js'
import type { FileChange, PageChange, SiteView, Sources, Summary } from './content-types.js'
import { MAX_PAGE_BYTES, pageHead } from './html-facts.js'
import { instantOf } from './mask-dates.js'
import { mayBeNoise, noiseFrom, smallDifference, type SmallDifference } from './classify-noise.js'
import { changeName, sameChanges } from './same-change.js'
import { isPage, pageUrl } from '../folder/page-url.js'
import { plainTitle, summaryWords } from './summary-words.js'

export interface SummariseInput {
  /** The last release; null: there is none. */
  before: SiteView | null
  now: SiteView
  changes: readonly Change[]
  sources: Sources
  /**
   * After this time no more files are read, see `Summary.notLookedInto`; 0: none is read. Each takes about a millisecond.
   * Milliseconds. @default Infinity
   */
  budgetMs?: number
  /**
   * Of more new pages than that the rest are not read: they have no title, and count as pages though they may only redirect.
   *
   * @default Infinity
   */
  maxNewPages?: number
  signal?: AbortSignal | undefined
  /** When the site was built, milliseconds since 1970. @default now */
  builtAtMs?: number
}

const MAX_TITLES = 20
/** Fewest pages that must share a change of date: fewer may share it on purpose. */
const MIN_SAME_DAY = 5
/** Largest distance to the time of the build: a date may be in another zone, and a publish may come later. Milliseconds. */
const NEAR_MS = 36 * 3_600_000

/**
 * Groups changes by page for a reader, with titles, sources, noise and words.
 *
 * `noiseOf` judges one page; this also compares pages. When at least MIN_SAME_DAY pages changed only in dates, all from one
 * day to the same other day, and that is the day of this build, then the dates are noise.
 *
 * Pages that only redirect get no title, and the words mention them only when no other page changed.
 *
 * @throws {SitedriveError} ABORTED
 */
export async function summarise(input: SummariseInput): Promise<Summary> {
  const { changes, sources, builtAtMs = Date.now() } = input
  const details = await readChanges(input)
  const pages: PageChange[] = []
  const files: FileChange[] = []
  const dated: Dated[] = []
  const redirects = new Set<PageChange>()
  const names = new Map<PageChange, string>()
  const unknown = new Set<PageChange | FileChange>()
  for (const change of changes) {
    const { path } = change
    const { head, difference, name } = details.get(change) ?? NOT_READ
    const noise = difference && noiseFrom(difference)
    const isUnknown = change.op === 'change' && mayBeNoise(path) && !details.has(change)
    if (!isPage(path)) {
      const file: FileChange = { ...change, kind: kindOf(path), noise }
      files.push(file)
      if (isUnknown) unknown.add(file)
      continue
    }
    const isRedirect = head?.isRedirect ?? false
    const title = isRedirect ? null : (head?.title ?? null)
    const page: PageChange = { ...change, url: pageUrl(path), title, source: sourceOf(sources, path), noise }
    pages.push(page)
    if (isUnknown) unknown.add(page)
    if (isRedirect) redirects.add(page)
    else if (name !== null) names.set(page, name)
    if (difference && difference.dates.length > 0) dated.push({ page, difference })
  }
  foldBuildTimes(dated, builtAtMs)
  foldBuildDay(dated, builtAtMs)
  for (const page of names.keys()) if (page.noise !== null) names.delete(page)
  const read = pages.filter((page) => !redirects.has(page))
  const titles = read.flatMap(({ op, title, noise }) =>
    op !== 'remove' && noise === null && title !== null ? [plainTitle(title)] : []
  )
  const alike = sameChanges(names)
  return {
    pages,
    files,
    words: summaryWords({ pages: read, files, redirects: [...redirects], alike, unknown }),
    alike: alike.map((group) => group.map(({ path }) => path)),
    titles: titles.slice(0, MAX_TITLES),
    notLookedInto: unknown.size
  }
}

/** What reading a changed file gave. */
interface ReadChange {
  /** null: it is not a page, or could not be read. */
  head: ReturnType<typeof pageHead> | null
  /** null: more differs than dates and hashes, or it was not compared. */
  difference: SmallDifference | null
  /** The same for the same change, see `changeName`; null: it is no changed page, or was not compared. */
  name: string | null
}

const NOT_READ: ReadChange = { head: null, difference: null, name: null }

/** Reads changed files until the time is over, the most interesting first. */
async function readChanges(input: SummariseInput): Promise<Map<Change, ReadChange>> {
  const { before, now, changes, budgetMs = Infinity, maxNewPages = Infinity, signal } = input
  const endsAt = performance.now() + budgetMs
  const read = new Map<Change, ReadChange>()
  for (const change of byInterest(changes, maxNewPages)) {
    throwIfAborted(signal)
    if (performance.now() >= endsAt) break
    read.set(change, await readChange(change, before, now))
    await nextTurn()
  }
  throwIfAborted(signal)
  return read
}

/**
 * The files worth reading. Those come first that the words depend on: some new pages, which are told by their titles, then
 * feeds and site maps, of which there are few, then whatever else may have changed in noise alone.
 */
function byInterest(changes: readonly Change[], maxNewPages: number): Change[] {
  const fresh = changes.filter(({ op, path }) => op === 'add' && isPage(path))
  const told = new Set(fresh.slice(0, MAX_TITLES))
  const unread = new Set(fresh.slice(maxNewPages))
  const rank = (change: Change): number | null => {
    const { op, path } = change
    if (op === 'change') return !mayBeNoise(path) ? null : kindOf(path) === 'feed' ? 1 : isPage(path) ? 2 : 3
    if (!isPage(path)) return null
    return unread.has(change) ? null : told.has(change) ? 0 : op === 'add' ? 4 : 5
  }
  return changes
    .flatMap((change) => {
      const at = rank(change)
      return at === null ? [] : [{ change, at }]
    })
    .sort((a, b) => a.at - b.at)
    .map(({ change }) => change)
}

interface Dated {
  page: PageChange
  difference: SmallDifference
}

/** Dates that a sentence calls the time of a build, and that are near this one. */
function foldBuildTimes(dated: readonly Dated[], builtAtMs: number): void {
  for (const { page, difference } of dated) {
    const isAll = difference.dates.every((date) => date.isCalledBuild || date.isOfDateBefore)
    // guard: content: a sentence about what was built is about this build near its time only
    if (isAll && daysOf(difference, builtAtMs) !== null) page.noise = 'build time'
  }
}

function foldBuildDay(dated: readonly Dated[], builtAtMs: number): void {
  const groups = new Map<string, PageChange[]>()
  for (const { page, difference } of dated) {
    const days = page.noise === null ? daysOf(difference, builtAtMs) : null
    if (days === null) continue
    const group = groups.get(days) ?? []
    groups.set(days, group)
    group.push(page)
  }
  for (const group of groups.values()) {
    if (group.length >= MIN_SAME_DAY) for (const page of group) page.noise = 'build time'
  }
}

/** The old and new days of a page's dates; null unless all new ones are near the time of this build. */
function daysOf({ dates }: SmallDifference, builtAtMs: number): string | null {
  const days = new Set<string>()
  for (const { from, to, isOfDateBefore } of dates) {
    if (isOfDateBefore) continue
    // A bare time of day may be the opening time of a shop; it gives null here.
    const [old, fresh] = [instantOf(from), instantOf(to)]
    // guard: content: a date of many pages is of the build only on its day
    if (old === null || fresh === null || old > fresh || Math.abs(fresh - builtAtMs) > NEAR_MS) return null
    days.add(`${new Date(old).toDateString()} > ${new Date(fresh).toDateString()}`)
  }
  return days.size === 0 ? null : [...days].sort().join()
}

async function readChange(
  { op, path, bytes }: Change,
  before: SiteView | null,
  now: SiteView
): Promise<ReadChange> {
  const [old, fresh] = await Promise.all([
    op === 'add' ? null : before?.read(path, MAX_PAGE_BYTES + 1),
    op === 'remove' ? null : now.read(path, MAX_PAGE_BYTES + 1)
  ])
  const shown = op === 'remove' ? old : fresh
  const head = isPage(path) && shown ? pageHead(shown) : null
  if (!old || !fresh || bytes > MAX_PAGE_BYTES) return { ...NOT_READ, head }
  const difference = smallDifference(path, old, fresh)
  const isNoise = difference !== null && noiseFrom(difference) !== null
  return { head, difference, name: isPage(path) && !isNoise ? changeName(old, fresh) : null }
}

function sourceOf(sources: Sources, path: string): string | null {
  return (Object.hasOwn(sources, path) ? sources[path] : null) ?? null
}

const KINDS: readonly (readonly [RegExp, FileChange['kind']])[] = [
  [/\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|jxl|heic)$/i, 'image'],
  [/\.css$/i, 'style'],
  [/\.(?:m?js|cjs|wasm)$/i, 'script'],
  [/\.(?:woff2?|ttf|otf|eot)$/i, 'font'],
  [/(?:^|\/)(?:[\w-]*feed|rss|atom|index|[\w-]*sitemap[\w-]*)\.(?:xml|json)$|\.(?:rss|atom)$/i, 'feed'],
  [/\.(?:mp4|webm|mov|m4[av]|mp3|ogg|oga|ogv|opus|flac|wav|aac|mkv)$/i, 'media']
]

/** The kind of a file that is not a page, by its path. */
export function kindOf(path: string): FileChange['kind'] {
  return KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? 'other'
}
