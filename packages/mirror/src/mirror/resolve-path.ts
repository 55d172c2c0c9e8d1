import type { BlobPointer, DriveEntry } from '@sitedrive/core/drive'
import { HEADERS_PATH, REDIRECTS_PATH } from '@sitedrive/core/rules'

/** An entry that has bytes. */
export interface FileEntry extends DriveEntry {
  blob: BlobPointer
}

/** Finds the file at a path of one state of a site, or null. */
export type LookUp = (path: string) => Promise<FileEntry | null>

/** What a path leads to in one state of a site. */
export type Resolved =
  | { kind: 'file'; entry: FileEntry }
  /** The same thing under its proper path, which ends with `/` exactly for a folder. */
  | { kind: 'moved'; path: string }
  | { kind: 'nothing' }

/** The release record, which other clients may want to read; whatever else begins so is for sitedrive alone. */
const RECORD_PATH = '/.well-known/sitedrive.json'
const RESERVED = '/.well-known/sitedrive'

/** How many folders up a `404.html` is looked for. A URL can have thousands of slashes, a site has not. */
const MAX_DEPTH = 32

/** Hides what is in a drive but not for visitors. @param entryOf the drive's entry of a path, or null */
export function visibleFiles(entryOf: (path: string) => Promise<DriveEntry | null>): LookUp {
  return async (path) => {
    if (path.startsWith(RESERVED) && path !== RECORD_PATH) return null
    if (path === REDIRECTS_PATH || path === HEADERS_PATH) return null
    const entry = await entryOf(path)
    return entry && hasBytes(entry) ? entry : null
  }
}

/** A symbolic link has no blob, and is not followed. */
export function hasBytes(entry: DriveEntry): entry is FileEntry {
  return Boolean(entry.blob)
}

/**
 * Finds what exists at a path: the file itself; for `/x` also `/x.html`, and `/x/` where `/x/index.html` exists; for
 * `/x/` its `index.html`.
 */
export async function resolvePath(path: string, lookUp: LookUp): Promise<Resolved> {
  if (path.endsWith('/')) {
    const index = await lookUp(`${path}index.html`)
    return index ? { kind: 'file', entry: index } : { kind: 'nothing' }
  }
  const exact = (await lookUp(path)) ?? (await lookUp(`${path}.html`))
  if (exact) return { kind: 'file', entry: exact }
  return (await lookUp(`${path}/index.html`)) ? { kind: 'moved', path: `${path}/` } : { kind: 'nothing' }
}

/** The page that says that there is nothing at a path: the nearest `404.html` up the tree, or null. */
export async function missingPage(path: string, lookUp: LookUp): Promise<FileEntry | null> {
  for (const folder of foldersUp(path)) {
    const page = await lookUp(`${folder}404.html`)
    if (page) return page
  }
  return null
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
