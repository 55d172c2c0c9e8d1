import path from 'node:path'
import { listed } from '../text.js'
import { isPage } from '../folder/page-url.js'
import type { SiteView } from './content-types.js'
import { quoted, type FindingList } from './finding-list.js'
import type { KnownPaths } from './known-paths.js'

/** The most folders in a remedy. */
const MAX_LISTED = 3

/**
 * Reports a site that has pages and none at its address. Most likely the folder around the site was published.
 *
 * @param dir the folder as a command names it; null: it is not known
 */
export function checkHomePage(
  { files }: SiteView,
  paths: KnownPaths,
  dir: string | null,
  findings: FindingList
): void {
  // guard: content: `_redirects` may lead from `/` to a page
  if (paths.at('/').kind !== 'nothing') return
  const pages = [...files.keys()].filter(isPage).toSorted()
  const [firstPage] = pages
  if (firstPage === undefined) return
  const twin = paths.caseTwin('/')
  const nearest = nearestHomePages(pages)
  findings.add('home page', twin ?? nearest[0] ?? firstPage, null, () => ({
    check: 'no-home-page',
    level: 'warning',
    value: null,
    what: () => "Whoever opens the site's address finds no page: the published folder has no `index.html`.",
    remedy: twin === null ? remedyFor(nearest, dir) : `Rename ${quoted(twin)}: capitals count.`
  }))
}

/** The home pages of folders that are nearest to the top. */
function nearestHomePages(pages: readonly string[]): string[] {
  const homePages = pages.filter((page) => page.endsWith('/index.html'))
  const depth = Math.min(...homePages.map(depthOf))
  return homePages.filter((page) => depthOf(page) === depth)
}

function depthOf(page: string): number {
  return page.split('/').length
}

function remedyFor(nearest: readonly string[], dir: string | null): string {
  const [only] = nearest
  if (only === undefined)
    return 'Name the first page `index.html`, or lead to it by a line such as `/ /first.html 302` in `_redirects`.'
  const found = nearest.slice(0, MAX_LISTED).map((page) => quoted(page.slice(1)))
  if (nearest.length > MAX_LISTED) found.push(`${nearest.length - MAX_LISTED} more`)
  const folder = path.posix.join(dir ?? '', path.posix.dirname(only).slice(1))
  const command = quoted(`npx sitedrive publish ${/^[\w./-]+$/.test(folder) ? folder : `"${folder}"`}`)
  return nearest.length === 1
    ? `${listed(found)} is there: did you mean ${command}?`
    : `There are ${listed(found)}: each may be a site of its own (${command}); else add an \`index.html\` that links to them.`
}
