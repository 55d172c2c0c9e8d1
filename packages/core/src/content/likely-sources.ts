import { isPage } from '../folder/page-url.js'

/** Folders in which generators look for pages. */
const ROOTS = ['', 'src/', 'content/', 'docs/', 'pages/', 'src/pages/', 'src/content/', 'source/']
const EXTENSIONS = ['.md', '.mdx', '.markdown', '.njk', '.liquid']

/**
 * Files that a page may have been made of by its name, for publishes that no generator takes part in. Nothing says that they
 * are it: whoever uses one must find in it what the page has.
 *
 * @param path of the page in the drive
 * @returns names relative to the project, POSIX
 */
export function likelySources(path: string): string[] {
  if (!isPage(path)) return []
  const name = path
    .slice(1)
    .replace(/\.x?html?$/i, '')
    .replace(/(?:^|\/)index$/, '')
  const names = name === '' ? ['index', 'README'] : [name, `${name}/index`, `${name}/README`]
  const pages = ROOTS.flatMap((root) =>
    names.flatMap((each) => EXTENSIONS.map((extension) => root + each + extension))
  )
  const [, year, month, day, slug] = /(?:^|\/)(\d{4})\/(\d\d)\/(\d\d)\/([^/]+)$/.exec(name) ?? []
  const posts = slug === undefined ? [] : [`_posts/${year}-${month}-${day}-${slug}.md`]
  return [...posts, ...pages]
}
