import { SitedriveError } from '@sitedrive/core'
import { KEY_LENGTH, parseKey } from '@sitedrive/core/drive'
import { dnsLinks } from '@sitedrive/mirror/parts'

/** What a link leads to. */
export interface SiteAddress {
  /** The site's key, z-base-32, normalised. */
  key: string
  /** A path in the site, decoded; starts with `/`. */
  path: string
  /** The version of the drive that the link names; null: the newest. */
  version: number | null
  /** The number of the release that the link names; null: the newest. */
  release: number | null
  /** The domain name that led to the key; null: the link has the key itself. */
  name: string | null
}

/** Finds the key that the owner of a domain name has put into its DNS: as `DnsLinks` of the mirror. */
export interface Names {
  keyOf(host: string): string | null | Promise<string | null>
}

/**
 * Reads a link to a site: `hyper://<key>/path`, a bare key in z-base-32 or hex, `hyper://<key>+<version>/`, `pear://<key>/` and
 * `pear://<fork>.<version>.<key>/`, `hyper://<domain>/` by DNSLink, and the web address of a mirror that has the key in its host name.
 *
 * @param names @default the name servers of this system
 * @throws {SitedriveError} DAT_LINK for `dat://`; BAD_LINK for a preview link, a name without a record, and all else; BAD_KEY for a
 *   key that is damaged
 */
export async function readSiteAddress(text: string, names: Names = dnsLinks()): Promise<SiteAddress> {
  const link = text.trim()
  if (/^dat:/i.test(link)) parseKey(link) // it says why Dat is not read
  const { host, path, secret } = split(link)
  if (secret !== null)
    throw badLink(
      link.replace(/#.*/s, '#…'),
      'it is the link of a preview, whose secret stands behind `#`',
      '`npx sitedrive preview "<link>"` follows it.'
    )
  const web = /^https?:/i.test(link)
  const found = web ? keyInHost(host) : readHost(host)
  if (found) return { ...found, path, name: null }
  if (web) {
    throw badLink(
      link,
      'the host name of this web address has no key in it',
      'Ask for the `hyper://` link of the site; the release record at `/.well-known/sitedrive.json` of a mirror does not name it.'
    )
  }
  if (!isDomain(host)) parseKey(host) // it says what is wrong with the key
  const name = host.toLowerCase()
  const key = await names.keyOf(name)
  if (key === null) {
    throw badLink(
      link,
      `the DNS has no record of a site for \`${name}\`, or did not answer`,
      `Its owner can add a TXT record \`dnslink=/hyper/<key>\` at \`_dnslink.${name}\`. Try again, or use a link with the key.`
    )
  }
  return { key, path, version: null, release: null, name }
}

function split(link: string): { host: string; path: string; secret: string | null } {
  const [, rest = ''] = /^(?:[a-z]+:\/{0,2})?(.*)$/is.exec(link) ?? []
  const [, host = '', target = ''] = /^([^/?#]*)(.*)$/s.exec(rest) ?? []
  const [, encoded = '', fragment = ''] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/s.exec(target) ?? []
  // A fragment of a page is no secret: those have 52 characters of the key's alphabet.
  const secret = fragment.length >= KEY_LENGTH && /^[a-z0-9]+$/i.test(fragment) ? fragment : null
  return { host: host.replace(/:\d+$/, ''), path: decodePath(encoded, link), secret }
}

function decodePath(encoded: string, link: string): string {
  try {
    const path = decodeURIComponent(encoded)
    return path.startsWith('/') ? path : `/${path}`
  } catch {
    throw badLink(
      link,
      'a `%` in it is not followed by two hex digits',
      'Copy the link again, or write `%25` for the character `%`.'
    )
  }
}

type Found = Pick<SiteAddress, 'key' | 'version' | 'release'>

function readHost(host: string): Found | null {
  const plus = /^(.+)\+(\d+)$/.exec(host)
  if (plus) return at(plus[1] ?? '', plus[2])
  const pear = /^\d+\.(\d+)\.([a-z0-9]{52,64})$/i.exec(host)
  if (pear) return at(pear[2] ?? '', pear[1])
  return looksLikeKey(host) ? at(host) : keyInHost(host)
}

function at(key: string, version?: string): Found {
  return { key: parseKey(key), version: version === undefined ? null : Number(version), release: null }
}

/** `<key>.<domain>` and `r<release>-<key>.<domain>`, as mirrors show sites. */
function keyInHost(host: string): Found | null {
  const [label = ''] = host.split('.')
  const [, release, key = ''] = /^(?:r(\d{1,9})-)?([a-z0-9]{52})$/i.exec(label) ?? []
  try {
    return { key: parseKey(key), version: null, release: release === undefined ? null : Number(release) }
  } catch {
    return null
  }
}

function looksLikeKey(host: string): boolean {
  return /^[a-z0-9]{52}$|^[0-9a-f]{64}$/i.test(host)
}

function isDomain(host: string): boolean {
  return host.includes('.') && /^[a-z0-9.-]+$/i.test(host)
}

function badLink(link: string, why: string, next: string): SitedriveError {
  return new SitedriveError('BAD_LINK', `\`${shown(link)}\` leads to no site: ${why}. ${next}`)
}

/** Long enough for a link with a key and a path. */
const MAX_SHOWN = 120

function shown(link: string): string {
  return link.length > MAX_SHOWN ? `${link.slice(0, MAX_SHOWN)}…` : link
}
