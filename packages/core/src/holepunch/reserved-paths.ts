/** The entry whose metadata is the release record. */
export const RECORD_PATH = '/.well-known/sitedrive.json'

const PREFIXES = ['/.well-known/sitedrive', '/.well-known/source/']

/** Paths that belong to sitedrive: left out of scan, diff and export. */
export function isReserved(path: string): boolean {
  return PREFIXES.some((prefix) => path.startsWith(prefix))
}
