import { KEY_LENGTH, parseKey } from '@sitedrive/core/drive'

/** What a request's Host header asks for. */
export type AskedHost =
  | { kind: 'site'; key: string }
  /** This server itself, by a name that no site can have. */
  | { kind: 'server' }
  | { kind: 'unknown' }

const OWN_HOSTS = ['localhost', '127.0.0.1', '[::1]']

/**
 * Reads a Host header: one origin is one site, `<key>.<domain>`.
 *
 * Any other name is unknown, so a page on the web cannot reach a site by pointing a name of its own at this machine
 * (DNS rebinding). Sixteen spellings of a key's last character are the same site.
 *
 * @param domain lower case, such as `localhost`
 */
export function readHost(header: string | undefined, domain: string): AskedHost {
  const name = (header ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
  if (OWN_HOSTS.includes(name)) return { kind: 'server' }
  if (!name.endsWith(`.${domain}`)) return { kind: 'unknown' }
  const key = readLabel(name.slice(0, -domain.length - 1))
  return key === null ? { kind: 'unknown' } : { kind: 'site', key }
}

function readLabel(label: string): string | null {
  // `parseKey` takes links and hexadecimal keys as well, which are no host names.
  if (label.length !== KEY_LENGTH || !/^[a-z0-9]+$/.test(label)) return null
  try {
    return parseKey(label)
  } catch {
    return null
  }
}
