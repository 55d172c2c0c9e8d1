import { claimedHash } from '@sitedrive/core/drive'
import { HEADERS_PATH, MAX_RULE_FILE_BYTES, REDIRECTS_PATH, writtenText } from '@sitedrive/core/rules'
import { isPlausible } from '../plausible-pointer.js'
import type { CompleteState } from '../copy/held-state.js'
import type { BoundedCache } from './bounded-cache.js'
import { blobName, provenName } from './entity-tag.js'
import { NO_HEADER_RULES, parseHeaderRules, type HeaderRules } from './header-rules.js'
import { readBlob, UnreadableBlob } from './read-blob.js'
import { NO_REDIRECTS, parseRedirects, RedirectsError, type RedirectRules } from './redirect-rules.js'
import { hasBytes, type FileEntry } from './resolve-path.js'

/** A site's own rules for how it is served. */
export interface SiteRules {
  /** null: the site has no `_redirects`. An error: its `_redirects` cannot be read. */
  redirects: RedirectRules | RedirectsError | null
  headers: HeaderRules
}

/** The entries of a state's rule files; null where there is no such file. */
export interface RuleFiles {
  redirects: FileEntry | null
  headers: FileEntry | null
}

export type Parsed = RedirectRules | RedirectsError | HeaderRules

/** A parsed file takes about this many times the memory of its text. */
const GROWTH = 10

export async function findRuleFiles({ drive }: CompleteState): Promise<RuleFiles> {
  const [redirects, headers] = await Promise.all([drive.entry(REDIRECTS_PATH), drive.entry(HEADERS_PATH)])
  return {
    redirects: redirects && hasBytes(redirects) ? redirects : null,
    headers: headers && hasBytes(headers) ? headers : null
  }
}

/**
 * Reads and parses the rule files of a state. A file with unchanged bytes is not parsed again.
 *
 * @param parsed where parsed files are kept, by the names of their blobs
 * @throws {UnreadableBlob} when there is a `_headers` that cannot be read: a page without its security policy is worse than
 * no page
 */
export async function readSiteRules(
  site: { key: string; state: CompleteState; stallMs: number },
  files: RuleFiles,
  parsed: BoundedCache<Parsed>
): Promise<SiteRules> {
  const { key, state, stallMs } = site
  const parse = async <T extends Parsed>(
    entry: FileEntry,
    { path, tooLarge, read }: { path: string; tooLarge: T; read: (text: string) => T }
  ): Promise<T> => {
    const { blob } = entry
    const claim = claimedHash(entry)
    if (!isPlausible(blob, state.blobsLength)) throw new UnreadableBlob('A rule file points nowhere.')
    if (blob.byteLength > MAX_RULE_FILE_BYTES) return tooLarge
    // Both files may point at the same blob.
    const name = `${path} ${provenName(blobName(key, state, blob), claim)}`
    const known = parsed.get(name) as T | undefined
    if (known) return known
    const { text } = writtenText(await readBlob(state, { path, blob, claim }, stallMs))
    const value = read(text)
    parsed.set(name, value, text.length * GROWTH)
    return value
  }

  const redirects =
    files.redirects &&
    parse<RedirectRules | RedirectsError>(files.redirects, {
      path: REDIRECTS_PATH,
      tooLarge: NO_REDIRECTS,
      read: parseRedirects
    }).catch(unreadableRedirects)
  const headers =
    files.headers &&
    parse<HeaderRules>(files.headers, {
      path: HEADERS_PATH,
      tooLarge: NO_HEADER_RULES,
      read: parseHeaderRules
    })
  const [redirectRules, headerRules] = await Promise.all([redirects, headers])
  return { redirects: redirectRules, headers: headerRules ?? NO_HEADER_RULES }
}

/** Makes an error value of it: pages that exist are still shown without `_redirects`. */
function unreadableRedirects(error: unknown): RedirectsError {
  if (error instanceof UnreadableBlob) return new RedirectsError('The file _redirects cannot be read.')
  throw error
}
