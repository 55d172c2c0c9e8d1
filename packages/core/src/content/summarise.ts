import type { Change } from '../compare.js'
import type { FileChange, Noise, PageChange, SiteView, Sources, Summary } from './contract.js'
import { htmlFacts, MAX_PAGE_BYTES } from './html-facts.js'
import { noiseOf } from './noise.js'
import { isPage, pageUrl } from './page-url.js'
import { summaryWords } from './summary-words.js'

export interface SummariseInput {
  /** The last release; null when there is none. */
  before: SiteView | null
  now: SiteView
  changes: readonly Change[]
  sources: Sources
  /** So many pages are looked into for their titles and for noise; of the others only the path is told. @default 500 */
  maxPages?: number
}

/** Titles in a summary. */
const MAX_TITLES = 20

/** Groups changes by page for a reader, with titles, sources, noise and words. Reads only what it needs. */
export async function summarise(input: SummariseInput): Promise<Summary> {
  const { before, now, changes, sources, maxPages = 500 } = input
  const pages: PageChange[] = []
  const files: FileChange[] = []
  let looked = 0
  for (const change of changes) {
    const isLookedAt = looked++ < maxPages
    if (!isPage(change.path)) {
      files.push({
        ...change,
        kind: kindOf(change.path),
        noise: isLookedAt ? await noiseIn(change, before, now) : null
      })
      continue
    }
    pages.push({
      ...change,
      url: pageUrl(change.path),
      title: isLookedAt ? await titleOf(change, before, now) : null,
      source: sources[change.path] ?? null,
      noise: isLookedAt ? await noiseIn(change, before, now) : null
    })
  }
  const titles = pages.flatMap(({ op, title, noise }) => (op !== 'remove' && !noise && title ? [title] : []))
  return { pages, files, words: summaryWords(pages, files), titles: titles.slice(0, MAX_TITLES) }
}

async function titleOf({ op, path }: Change, before: SiteView | null, now: SiteView): Promise<string | null> {
  const bytes = await (op === 'remove' ? before : now)?.read(path, MAX_PAGE_BYTES)
  return bytes ? htmlFacts(bytes).title : null
}

async function noiseIn({ op, path }: Change, before: SiteView | null, now: SiteView): Promise<Noise | null> {
  if (op !== 'change') return null
  const [old, fresh] = await Promise.all([before?.read(path), now.read(path)])
  return old && fresh ? noiseOf(path, old, fresh) : null
}

const KINDS: readonly (readonly [RegExp, FileChange['kind']])[] = [
  [/\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|jxl|heic)$/i, 'image'],
  [/\.css$/i, 'style'],
  [/\.(?:m?js|cjs|wasm)$/i, 'script'],
  [/\.(?:woff2?|ttf|otf|eot)$/i, 'font'],
  [/(?:^|\/)(?:feed|rss|atom|index|sitemap[\w-]*)\.(?:xml|json)$|\.(?:rss|atom)$/i, 'feed'],
  [/\.(?:mp4|webm|mov|m4[av]|mp3|ogg|oga|ogv|opus|flac|wav|aac|mkv)$/i, 'media']
]

export function kindOf(path: string): FileChange['kind'] {
  return KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? 'other'
}
