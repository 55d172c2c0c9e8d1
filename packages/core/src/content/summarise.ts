import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Change } from '../folder/compare.js'
import { throwIfAborted } from '../error.js'
import type { FileChange, PageChange, SiteView, Sources, Summary } from './content-types.js'
import { MAX_PAGE_BYTES, pageHead } from './html-facts.js'
import { instantOf } from './mask-dates.js'
import { noiseFrom, smallDifference, type SmallDifference } from './noise.js'
import { isPage, pageUrl } from './page-url.js'
import { plainTitle, summaryWords } from './summary-words.js'

export interface SummariseInput {
  /** The last release; null when there is none. */
  before: SiteView | null
  now: SiteView
  changes: readonly Change[]
  sources: Sources
  /**
   * So many changes are looked into for titles and for noise, new pages first; of the others only the path is told. Each
   * takes about a millisecond. @default 500
   */
  maxLookedInto?: number
  /**
   * When so much time has passed, only the path is told of what is left. At least a page is looked into. Milliseconds.
   * @default as long as it takes
   */
  budgetMs?: number
  signal?: AbortSignal | undefined
  /** When the site was built, milliseconds since 1970. @default now */
  builtAtMs?: number
}

const MAX_TITLES = 20
/** Fewer pages than this may share a date by somebody's will. */
const MIN_SAME_DAY = 5
/** A build's clock may be in another zone, and a build waits before it is published. Milliseconds. */
const NEAR_MS = 36 * 3_600_000

/**
 * Groups changes by page for a reader, with titles, sources, noise and words.
 *
 * Beyond what `noiseOf` knows of one page, it sees many: when at least five pages changed in nothing but dates, all of
 * them from one day to another, and that is the day of this build, then that date is the build's.
 *
 * Pages that only lead to others are no news: they have no title, and are told of when nothing else is.
 *
 * @throws {SitedriveError} ABORTED
 */
export async function summarise(input: SummariseInput): Promise<Summary> {
  const { changes, sources, builtAtMs = Date.now() } = input
  const looks = await lookInto(input)
  const pages: PageChange[] = []
  const files: FileChange[] = []
  const dated: Dated[] = []
  const redirects = new Set<PageChange>()
  for (const change of changes) {
    const { path } = change
    const { head, difference } = looks.get(change) ?? UNSEEN
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
    if (difference && difference.dates.length > 0) dated.push({ page, difference })
  }
  foldBuildDay(dated, builtAtMs)
  const read = pages.filter((page) => !redirects.has(page))
  const titles = read.flatMap(({ op, title, noise }) =>
    op !== 'remove' && noise === null && title !== null ? [plainTitle(title)] : []
  )
  return {
    pages,
    files,
    words: summaryWords(read, files, [...redirects]),
    titles: titles.slice(0, MAX_TITLES)
  }
}

/** What was seen of a change. */
interface Look {
  /** null: it is no page, or not at hand. */
  head: ReturnType<typeof pageHead> | null
  /** null: more differs than dates and hashes. */
  difference: SmallDifference | null
}

const UNSEEN: Look = { head: null, difference: null }

/** Reads what changed, as far as the limits go. What is most of interest comes first. */
async function lookInto(input: SummariseInput): Promise<Map<Change, Look>> {
  const { before, now, changes, maxLookedInto = 500, budgetMs = Infinity, signal } = input
  const endsAt = performance.now() + budgetMs
  const looks = new Map<Change, Look>()
  for (const change of byInterest(changes).slice(0, maxLookedInto)) {
    looks.set(change, {
      difference: await differenceOf(change, before, now),
      head: isPage(change.path) ? await headOf(change, before, now) : null
    })
    await nextTurn()
    throwIfAborted(signal)
    if (performance.now() >= endsAt) break
  }
  return looks
}

/** What words name by title comes first. */
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

/** The days that dates went from and to, when all of them went to the time of this build. */
function daysOf({ dates }: SmallDifference, builtAtMs: number): string | null {
  const days = new Set<string>()
  for (const { from, to, isOfDateBefore } of dates) {
    if (isOfDateBefore) continue
    // Alone it may be when a shop opens, which is no date (null) either.
    const [old, fresh] = [instantOf(from), instantOf(to)]
    if (old === null || fresh === null || old > fresh || Math.abs(fresh - builtAtMs) > NEAR_MS) return null
    days.add(`${new Date(old).toDateString()} > ${new Date(fresh).toDateString()}`)
  }
  return days.size === 0 ? null : [...days].sort().join()
}

async function headOf({ op, path }: Change, before: SiteView | null, now: SiteView): Promise<Look['head']> {
  const bytes = await (op === 'remove' ? before : now)?.read(path, MAX_PAGE_BYTES + 1)
  return bytes ? pageHead(bytes) : null
}

async function differenceOf(
  { op, path, bytes }: Change,
  before: SiteView | null,
  now: SiteView
): Promise<SmallDifference | null> {
  if (op !== 'change' || !before || bytes > MAX_PAGE_BYTES) return null
  const [old, fresh] = await Promise.all([
    before.read(path, MAX_PAGE_BYTES + 1),
    now.read(path, MAX_PAGE_BYTES + 1)
  ])
  return old && fresh ? smallDifference(path, old, fresh) : null
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

/** What kind of file a path names, for one that is not a page. */
export function kindOf(path: string): FileChange['kind'] {
  return KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? 'other'
}
