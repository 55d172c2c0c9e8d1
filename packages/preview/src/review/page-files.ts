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

const read = new Map<string, PageFile>()

/** @param path the path of the request @returns null when the page has no such file */
export function pageFile(path: string): PageFile | null {
  const name = path === '/' ? 'index.html' : path.slice(1)
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
  if (type === undefined) return null
  const file = read.get(name) ?? { type, body: readFileSync(new URL(name, folder())) }
  read.set(name, file)
  return file
}

function folder(): URL {
  const built = new URL('./page/', import.meta.url)
  // In tests this file runs from the sources, and the bundle is in dist.
  return existsSync(new URL('page.js', built)) ? built : new URL('../../dist/review/page/', import.meta.url)
}
