import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Change } from '../folder/compare.js'
import { throwIfAborted } from '../error.js'
import type { FileChange, PageChange, SiteView, Sources, Summary } from './content-types.js'
import { MAX_PAGE_BYTES, pageHead } from './html-facts.js'
import { instantOf } from './mask-dates.js'
import { noiseFrom, smallDifference, type SmallDifference } from './classify-noise.js'
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
   * Largest number of changed files that are read for titles and noise, new pages first; the others keep only their path.
   * Each takes about a millisecond. @default 500
   */
  maxLookedInto?: number
  /**
   * After this time no more files are read; the others keep only their path. At least one is read. Milliseconds.
   * @default Infinity
   */
  budgetMs?: number
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
  for (const change of changes) {
    const { path } = change
    const { head, difference, name } = details.get(change) ?? NOT_READ
    const noise = difference && noiseFrom(difference)
    if (!isPage(path)) {
      files.push({ ...change, kind: kindOf(path), noise })
      continue
    }
    const isRedirect = head?.isRedirect ?? false
    const title = isRedirect ? null : (head?.title ?? null)
    const page: PageChange = { ...change, url: pageUrl(path), title, source: sourceOf(sources, path), noise }
    pages.push(page)
    if (isRedirect) redirects.add(page)
    else if (name !== null) names.set(page, name)
    if (difference && difference.dates.length > 0) dated.push({ page, difference })
  }
  foldBuildDay(dated, builtAtMs)
  for (const page of names.keys()) if (page.noise !== null) names.delete(page)
  const read = pages.filter((page) => !redirects.has(page))
  const titles = read.flatMap(({ op, title, noise }) =>
    op !== 'remove' && noise === null && title !== null ? [plainTitle(title)] : []
  )
  return {
    pages,
    files,
    words: summaryWords(read, files, [...redirects], sameChanges(names)),
    titles: titles.slice(0, MAX_TITLES)
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

/** Reads changed files until a limit is reached, the most interesting first. */
async function readChanges(input: SummariseInput): Promise<Map<Change, ReadChange>> {
  const { before, now, changes, maxLookedInto = 500, budgetMs = Infinity, signal } = input
  const endsAt = performance.now() + budgetMs
  const read = new Map<Change, ReadChange>()
  for (const change of byInterest(changes).slice(0, maxLookedInto)) {
    read.set(change, {
      ...(await differenceOf(change, before, now)),
      head: isPage(change.path) ? await headOf(change, before, now) : null
    })
    await nextTurn()
    throwIfAborted(signal)
    if (performance.now() >= endsAt) break
  }
  return read
}

/** Pages that the summary may name by title come first. */
function byInterest(changes: readonly Change[]): Change[] {
  const rank = ({ op, path }: Change): number => (isPage(path) ? { add: 0, change: 1, remove: 2 }[op] : 3)
  return changes.toSorted((a, b) => rank(a) - rank(b))
}

interface Dated {
  page: PageChange
  difference: SmallDifference
}

function foldBuildDay(dated: readonly Dated[], builtAtMs: number): void {
  const groups = new Map<string, PageChange[]>()
  for (const { page, difference } of dated) {
    const days = daysOf(difference, builtAtMs)
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

async function headOf(
  { op, path }: Change,
  before: SiteView | null,
  now: SiteView
): Promise<ReadChange['head']> {
  const bytes = await (op === 'remove' ? before : now)?.read(path, MAX_PAGE_BYTES + 1)
  return bytes ? pageHead(bytes) : null
}

async function differenceOf(
  { op, path, bytes }: Change,
  before: SiteView | null,
  now: SiteView
): Promise<Pick<ReadChange, 'difference' | 'name'>> {
  if (op !== 'change' || !before || bytes > MAX_PAGE_BYTES) return NOT_READ
  const [old, fresh] = await Promise.all([
    before.read(path, MAX_PAGE_BYTES + 1),
    now.read(path, MAX_PAGE_BYTES + 1)
  ])
  if (!old || !fresh) return NOT_READ
  const difference = smallDifference(path, old, fresh)
  const isNoise = difference !== null && noiseFrom(difference) !== null
  return { difference, name: isPage(path) && !isNoise ? changeName(old, fresh) : null }
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
