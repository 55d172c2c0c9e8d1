// Which files are pages of the site, and where they are in it.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

/** The folder of the repository. Sources are named by their paths below it, such as `docs/checks.md`. */
export const root = path.resolve(import.meta.dirname, '../..')

const { repository } = JSON.parse(readFileSync(path.join(root, 'packages/core/package.json'), 'utf8'))
const REPOSITORY = repository.url.replace(/^git\+|\.git$/g, '')

/** @returns {{ source: string, input: string }[]} the READMEs of the packages, and what Eleventy calls them */
export function packagePages() {
  return readdirSync(path.join(root, 'packages'))
    .map((name) => ({ input: `packages/${name}.md`, source: `packages/${name}/README.md` }))
    .filter(({ source }) => existsSync(path.join(root, source)))
}

/**
 * The source of a page.
 *
 * @param {string} inputPath as Eleventy names it, such as `./checks.md`
 */
export function sourceOf(inputPath) {
  const input = path.posix.normalize(inputPath)
  return input.startsWith('packages/') ? input.replace(/\.md$/, '/README.md') : `docs/${input}`
}

/**
 * Where a page is in the site. Pages keep their place beside each other and beside their pictures, so what GitHub shows with relative
 * addresses is right here as well.
 *
 * @param {string} source such as `docs/checks.md`
 * @returns {string | null} such as `/checks.html`; null for what is no page
 */
export function addressOf(source) {
  const [, name] = /^packages\/([^/]+)\/README\.md$/.exec(source) ?? []
  if (name !== undefined) return `/packages/${name}.html`
  const [, page] = /^docs\/(.+)\.md$/.exec(source) ?? []
  if (page === undefined) return null
  return `/${page.replace(/(^|\/)README$/, '$1index')}.html`
}

/**
 * What a relative link of a source is in the site: to another page, to a file beside it, else to the repository.
 *
 * @param {string} href as it stands in the source
 * @param {string} from the source
 * @throws when it leads to nothing in the repository
 */
export function linkInSite(href, from) {
  if (/^([a-z][a-z0-9+.-]*:|#|\/\/)/i.test(href)) return href
  const [file, anchor = ''] = href.split(/(?=#)/)
  const linked = path.posix.join(path.posix.dirname(from), decodeURI(file))
  const stats = statSync(path.join(root, linked), { throwIfNoEntry: false })
  if (!stats || linked.startsWith('..')) throw new Error(`${from}: the link \`${href}\` leads to no file.`)
  const readme = path.posix.join(linked, 'README.md')
  const target = stats.isDirectory() && existsSync(path.join(root, readme)) ? readme : linked
  const address = addressOf(target) ?? (target.startsWith('docs/') ? target.slice('docs'.length) : null)
  if (address === null)
    return `${REPOSITORY}/${stats.isDirectory() ? 'tree' : 'blob'}/main/${target}${anchor}`
  return `${path.posix.relative(path.posix.dirname(addressOf(from)), address)}${anchor}`
}

/**
 * The navigation: the lists of `docs/README.md`.
 *
 * @returns {{ title: string, pages: { title: string, address: string }[] }[]}
 */
export function navigation() {
  const from = 'docs/README.md'
  const [, ...sections] = readFileSync(path.join(root, from), 'utf8').split(/^## /m)
  return sections.map((section) => ({
    title: section.slice(0, section.indexOf('\n')),
    pages: [...section.matchAll(/^- \[(.+?)\]\(([^)]+)\)/gm)].map(([, title, href]) => ({
      title: title.replaceAll('`', ''),
      address: `/${linkInSite(href, from)}`
    }))
  }))
}
