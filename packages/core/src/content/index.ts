// STUB: replaced by branch content
import type { Change } from '../compare.js'
import type { Finding, SiteView, Sources, Summary } from './contract.js'
export type * from './contract.js'
export interface CheckInput {
  now: SiteView
  sources: Sources
  key: string | null
  mirror: string | null
  projectDir: string | null
  stale: readonly string[]
  changed: ReadonlySet<string> | null
  cacheFile: string | null
  signal?: AbortSignal
}
export async function checkSite(_input: CheckInput): Promise<Finding[]> {
  return []
}
export async function summarise(input: {
  before: SiteView | null
  now: SiteView
  changes: readonly Change[]
  sources: Sources
}): Promise<Summary> {
  const isPage = ({ path }: Change) => path.endsWith('.html')
  const pages = input.changes.filter(isPage).map((change) => ({
    ...change,
    url: change.path.replace(/index\.html$/, ''),
    title: null,
    source: input.sources[change.path] ?? null,
    noise: null
  }))
  const kind = (path: string) =>
    /\.(png|jpe?g|gif|svg|webp|avif)$/.test(path)
      ? ('image' as const)
      : /\.css$/.test(path)
        ? ('style' as const)
        : ('other' as const)
  const files = input.changes
    .filter((change) => !isPage(change))
    .map((change) => ({ ...change, kind: kind(change.path), noise: null }))
  return { pages, files, words: '', titles: [] }
}
