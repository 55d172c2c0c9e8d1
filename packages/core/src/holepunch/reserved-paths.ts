/** The entry whose metadata is the release record. */
export const RECORD_PATH = '/.well-known/sitedrive.json'

/** The folder of the source that a site was built from. */
export const SOURCE_DIR = '/.well-known/source'

const PREFIXES = ['/.well-known/sitedrive', `${SOURCE_DIR}/`]

/** Whether a path is reserved for sitedrive. Scan, diff and export skip such paths. */
export function isReserved(path: string): boolean {
  return PREFIXES.some((prefix) => path.startsWith(prefix))
}
