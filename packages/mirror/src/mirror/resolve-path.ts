import type { BlobPointer, DriveEntry } from '@sitedrive/core/drive'
import { HEADERS_PATH, REDIRECTS_PATH } from '@sitedrive/core/rules'

/** An entry that has bytes. */
export interface FileEntry extends DriveEntry {
  blob: BlobPointer
}

/** Finds the file at a path of one state of a site, or null. */
export type LookUp = (path: string) => Promise<FileEntry | null>

/** The result for a path in one state of a site. */
export type Resolved =
  | { kind: 'file'; entry: FileEntry }
  /** The file is at another path: that of a folder ends with `/`, that of a page does not. */
  | { kind: 'moved'; path: string }
  | { kind: 'nothing' }

/** The release record is visible, since other clients may read it. Other paths with the reserved prefix are hidden. */
const RECORD_PATH = '/.well-known/sitedrive.json'
const RESERVED = '/.well-known/sitedrive'

/** The maximum number of folders in which a `404.html` is searched: a URL may have thousands of slashes. */
const MAX_DEPTH = 32

const FORMS = ['NFC', 'NFD'] as const

/** Hides the files of a drive that are not for visitors, and finds names in either Unicode form. @param entryOf returns the drive's entry of a path, or null */
export function visibleFiles(entryOf: (path: string) => Promise<DriveEntry | null>): LookUp {
  return async (path) => {
    if (path.startsWith(RESERVED) && path !== RECORD_PATH) return null
    if (path === REDIRECTS_PATH || path === HEADERS_PATH) return null
    const entry = await entryOf(path)
    if (entry && hasBytes(entry)) return entry
    // macOS writes some names with composed characters (NFC), others with decomposed ones (NFD); readers see no difference.
    for (const form of /[^\0-\x7f]/.test(path) ? FORMS : []) {
      const other = path.normalize(form)
      const twin = other === path ? null : await entryOf(other)
      if (twin && hasBytes(twin)) return twin
    }
    return null
  }
}

/** A symbolic link has no blob, and is not followed. */
export function hasBytes(entry: DriveEntry): entry is FileEntry {
  return Boolean(entry.blob)
}

/** The names of the page of a folder, the first one first. */
const INDEX_PAGES = ['index.html', 'index.htm']

/** The page of a folder, or null. @param folder ends with `/` */
export async function indexPage(folder: string, lookUp: LookUp): Promise<FileEntry | null> {
  for (const name of INDEX_PAGES) {
    const page = await lookUp(folder + name)
    if (page) return page
  }
  return null
}

/**
 * Finds the file for a path. For `/x` it is `/x` or `/x.html`; when `/x/index.html` exists, the result is a move to `/x/`.
 * For `/x/` it is `/x/index.html`; when only `/x.html` exists, the result is a move to `/x`. `index.htm` is as `index.html`.
 */
export async function resolvePath(path: string, lookUp: LookUp): Promise<Resolved> {
  if (path.endsWith('/')) {
    const index = await indexPage(path, lookUp)
    if (index) return { kind: 'file', entry: index }
    const bare = path.slice(0, -1)
    return (await lookUp(`${bare}.html`)) ? { kind: 'moved', path: bare } : { kind: 'nothing' }
  }
  const exact = (await lookUp(path)) ?? (await lookUp(`${path}.html`))
  if (exact) return { kind: 'file', entry: exact }
  return (await indexPage(`${path}/`, lookUp)) ? { kind: 'moved', path: `${path}/` } : { kind: 'nothing' }
}

/**
 * Tells without a look-up that nothing is at a path, and where the page is that stands in for it.
 *
 * @param path has ASCII characters only
 * @param mayExist false when there is surely no file at a path
 * @returns the path of the nearest `404.html` that may exist; `'none'`; null when something may be at the path
 */
export function missingPagePath(path: string, mayExist: (path: string) => boolean): string | null {
  const files = path.endsWith('/')
    ? [...INDEX_PAGES.map((name) => path + name), `${path.slice(0, -1)}.html`]
    : [path, `${path}.html`, ...INDEX_PAGES.map((name) => `${path}/${name}`)]
  if (files.some(mayExist)) return null
  const folder = foldersUp(path).find((each) => mayExist(`${each}404.html`))
  return folder === undefined ? 'none' : `${folder}404.html`
}

/** The nearest `404.html` in the folders above a path, or null. */
export async function missingPage(path: string, lookUp: LookUp): Promise<FileEntry | null> {
  for (const folder of foldersUp(path)) {
    const page = await lookUp(`${folder}404.html`)
    if (page) return page
  }
  return null
}

/** The folders that contain a path, the nearest first; each ends with `/`. */
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
