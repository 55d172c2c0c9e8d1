import type { DriveEntry } from '@sitedrive/core/drive'

/** What a path leads to in one state of a site. */
export type Resolved =
  | { kind: 'file'; status: 200 | 404; entry: DriveEntry }
  /** The same thing under its proper path, which ends with `/` exactly for a folder. */
  | { kind: 'moved'; path: string }
  | { kind: 'nothing' }

/** The release record, which other clients may want to read; whatever else begins so is for sitedrive alone. */
const RECORD_PATH = '/.well-known/sitedrive.json'
const RESERVED = '/.well-known/sitedrive'

/** How many folders up a `404.html` is looked for. A URL can have thousands of slashes, a site has not. */
const MAX_DEPTH = 32

/**
 * Finds what to answer with: the file itself; for `/x` also `/x.html`, and `/x/` where `/x/index.html` exists; for
 * `/x/` its `index.html`; else the nearest `404.html` up the tree.
 *
 * @param lookUp the entry of a path, or null
 */
export async function resolvePath(
  path: string,
  lookUp: (path: string) => Promise<DriveEntry | null>
): Promise<Resolved> {
  if (path.includes('//')) return { kind: 'moved', path: path.replace(/\/{2,}/g, '/') }
  const file = async (candidate: string) => {
    if (candidate.startsWith(RESERVED) && candidate !== RECORD_PATH) return null
    const entry = await lookUp(candidate)
    return entry?.blob ? entry : null // a symbolic link has no blob, and is not followed
  }

  if (path.endsWith('/')) {
    const index = await file(`${path}index.html`)
    if (index) return { kind: 'file', status: 200, entry: index }
  } else {
    const exact = (await file(path)) ?? (await file(`${path}.html`))
    if (exact) return { kind: 'file', status: 200, entry: exact }
    if (await file(`${path}/index.html`)) return { kind: 'moved', path: `${path}/` }
  }

  for (const folder of foldersUp(path)) {
    const page = await file(`${folder}404.html`)
    if (page) return { kind: 'file', status: 404, entry: page }
  }
  return { kind: 'nothing' }
}

/** The folders that a path lies in, the nearest first, each ending with `/`. */
function foldersUp(path: string): string[] {
  const folders: string[] = []
  for (
    let end = path.lastIndexOf('/');
    end > 0 && folders.length < MAX_DEPTH;
    end = path.lastIndexOf('/', end - 1)
  ) {
    folders.push(path.slice(0, end + 1))
  }
  return [...folders, '/']
}
