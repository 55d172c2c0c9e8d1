import { Resolver } from 'node:dns/promises'
import { parseKey } from '@sitedrive/core/drive'
import { BoundedCache } from './bounded-cache.js'
import { within } from '../deadline.js'

/** Looks up the keys that owners of host names have put into their DNS. */
export interface DnsLinks {
  /** @returns the normalised key, or null when the name has none or no answer comes in time. No promise when it is cached. */
  keyOf(host: string): string | null | Promise<string | null>
}

export interface DnsLinkOptions {
  /** Resolves TXT records, as `resolveTxt` of `node:dns/promises`. @default the system's name servers */
  resolveTxt?: (name: string) => Promise<string[][]>
  /** How long a visitor waits for the name servers in total. Milliseconds. @default 3000 */
  deadlineMs?: number
  /** How long a record is cached. Shorter: a moved site shows sooner. Milliseconds. @default 60000 */
  ttlMs?: number
  /** How long it is cached that a name has no record. Milliseconds. @default 30000 */
  missingTtlMs?: number
  /** How many names are cached, with and without a record. @default 10000 */
  maxNames?: number
  /** How many names are looked up at one time; visitors of other names get the answer that there is no site. @default 100 */
  maxPending?: number
}

interface Known {
  key: string | null
  until: number
}

/** The weight of one name in the `BoundedCache`, whose limit is a weight. */
const NAME_WEIGHT = 500

/** The number of records of a name that are read: a name may have many more. */
const MAX_RECORDS = 50

/**
 * Finds DNSLink records: TXT at `_dnslink.<host>`, else at `<host>`, of the form `dnslink=/hyper/<key>`,
 * `dnslink=hyper://<key>` or `hyper://<key>`. Source: https://dnslink.dev, with `hyper` as the namespace.
 *
 * When the name servers fail, the record before stays valid.
 */
export function dnsLinks(options: DnsLinkOptions = {}): DnsLinks {
  const {
    resolveTxt = systemResolver(),
    deadlineMs = 3_000,
    ttlMs = 60_000,
    missingTtlMs = 30_000,
    maxNames = 10_000,
    maxPending = 100
  } = options
  const known = new BoundedCache<Known>(maxNames * NAME_WEIGHT)
  const pending = new Map<string, Promise<string | null>>()

  const remember = (host: string, key: string | null) => {
    const until = performance.now() + (key === null ? missingTtlMs : ttlMs)
    // The rest of the weight is the cache's own overhead and the name.
    known.set(host, { key, until }, Math.max(0, NAME_WEIGHT - 200 - host.length))
    return key
  }

  const ask = async (host: string): Promise<string | null> => {
    try {
      const found = await within(deadlineMs, lookUp(host, resolveTxt))
      return remember(host, found)
    } catch {
      return remember(host, known.get(host)?.key ?? null)
    }
  }

  return {
    keyOf(host) {
      const before = known.get(host)
      if (before && before.until > performance.now()) return before.key
      if (!isDomainName(host)) return null
      const running = pending.get(host)
      if (running) return running
      if (pending.size >= maxPending) return before?.key ?? null
      const asked = ask(host).finally(() => pending.delete(host))
      pending.set(host, asked)
      return asked
    }
  }
}

async function lookUp(
  host: string,
  resolveTxt: (name: string) => Promise<string[][]>
): Promise<string | null> {
  return (await linkAt(`_dnslink.${host}`, resolveTxt)) ?? (await linkAt(host, resolveTxt))
}

async function linkAt(
  name: string,
  resolveTxt: (name: string) => Promise<string[][]>
): Promise<string | null> {
  try {
    const records = await resolveTxt(name)
    for (const record of records.slice(0, MAX_RECORDS)) {
      const key = readLink(record.join(''))
      if (key !== null) return key
    }
    return null
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

/** True when the name servers answered that there is no such record. */
function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOTFOUND' || code === 'ENODATA'
}

function readLink(text: string): string | null {
  const [, spelling] =
    /^(?:dnslink=\/hyper\/|(?:dnslink=)?hyper:\/\/)([a-z0-9]{52,64})\/?$/i.exec(text.trim()) ?? []
  if (spelling === undefined) return null
  try {
    return parseKey(spelling)
  } catch {
    return null
  }
}

/** True for names that can have a TXT record. Addresses and single labels cannot. */
function isDomainName(host: string): boolean {
  const labels = host.split('.')
  return (
    host.length <= 240 && // room for `_dnslink.`
    labels.length > 1 &&
    labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '')
  )
}

function systemResolver(): (name: string) => Promise<string[][]> {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 })
  return (name) => resolver.resolveTxt(name)
}
