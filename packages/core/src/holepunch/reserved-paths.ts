/** The entry whose metadata is the release record. */
export const RECORD_PATH = '/.well-known/sitedrive.json'

const PREFIXES = ['/.well-known/sitedrive', '/.well-known/source/']

/** Whether a path is reserved for sitedrive. Scan, diff and export skip such paths. */
export function isReserved(path: string): boolean {
  return PREFIXES.some((prefix) => path.startsWith(prefix))
}
