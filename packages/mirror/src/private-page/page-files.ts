import { readFileSync, existsSync } from 'node:fs'

/** One file of the page itself. */
export interface PageFile {
  type: string
  body: Buffer
}

const TYPES: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml'
}

/**
 * The files of a private page, as `scripts/bundle-page.mjs` makes them.
 *
 * @param folders where they may be; the first that has them is taken. They end with `/`
 * @returns finds a file by the path of a request; null when the page has none of that path
 */
export function pageFiles(folders: readonly URL[]): (path: string) => PageFile | null {
  const read = new Map<string, PageFile>()
  return (path) => {
    const name = path === '/' ? 'index.html' : path.slice(1)
    const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
    const folder = folders.find((each) => existsSync(new URL('page.js', each))) ?? folders[0]
    if (type === undefined || !folder) return null
    const file = read.get(name) ?? { type, body: readFileSync(new URL(name, folder)) }
    read.set(name, file)
    return file
  }
}
