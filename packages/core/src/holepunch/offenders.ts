import { isIPv6 } from 'node:net'
import { isLoopback, plainAddress } from './own-address.js'

/** After this number of offences a public key is refused. */
const MAX_KEY_OFFENCES = 3
/** After this number of offences, by any keys, an address is refused. It is higher because people share addresses. */
const MAX_HOST_OFFENCES = 9
const MINUTE_MS = 60_000
const FIRST_REFUSAL_MS = 10 * MINUTE_MS
const MAX_REFUSAL_MS = 24 * 60 * MINUTE_MS
/** Offences are forgotten after this time without a new one. */
const FORGET_AFTER_MS = 60 * MINUTE_MS
/** The number of keys and addresses that are remembered. The oldest are dropped first. */
const MAX_REMEMBERED = 4_096

interface OffenceRecord {
  offences: number
  lastAt: number
  refusedUntil: number
}

/** Counts the offences of peers, by public key and by address. In memory, and bounded. */
export class Offenders {
  private readonly records = new Map<string, OffenceRecord>()
  private readonly now: () => number

  /** @param now a monotonic clock. Milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.now = now
  }

  /** Records an offence. @param host the IP address of the peer, if known */
  record(publicKey: Uint8Array, host?: string | null): void {
    this.add(keyName(publicKey), MAX_KEY_OFFENCES)
    const place = hostName(host)
    if (place) this.add(place, MAX_HOST_OFFENCES)
  }

  /** Whether a peer is refused at present. */
  isRefused(publicKey: Uint8Array, host?: string | null): boolean {
    if (this.records.size === 0) return false
    const place = hostName(host)
    return this.isNameRefused(keyName(publicKey)) || (place !== null && this.isNameRefused(place))
  }

  get size(): number {
    return this.records.size
  }

  private add(name: string, allowed: number): void {
    const now = this.now()
    const before = this.records.get(name)
    const isOld = !before || Math.max(before.lastAt, before.refusedUntil) + FORGET_AFTER_MS < now
    const offences = isOld ? 1 : before.offences + 1
    // Ten minutes at first, then twice as long each time.
    const refusedMs =
      offences < allowed
        ? 0
        : Math.min(FIRST_REFUSAL_MS * 2 ** Math.min(offences - allowed, 16), MAX_REFUSAL_MS)
    this.records.delete(name) // so that it is the last in the map
    this.records.set(name, { offences, lastAt: now, refusedUntil: now + refusedMs })
    if (this.records.size > MAX_REMEMBERED) {
      const [oldest] = this.records.keys()
      if (oldest !== undefined) this.records.delete(oldest)
    }
  }

  private isNameRefused(name: string): boolean {
    const record = this.records.get(name)
    // guard: wire: who offends three times is refused
    return record !== undefined && record.refusedUntil > this.now()
  }
}

/** The offenders of this process. */
export const offenders = new Offenders()

function keyName(publicKey: Uint8Array): string {
  return Buffer.from(publicKey).toString('latin1')
}

/** null for addresses of this machine, because all its programs share them. */
function hostName(host: string | null | undefined): string | null {
  if (!host) return null
  const address = plainAddress(host)
  if (isLoopback(address)) return null
  // A customer of a provider has a whole IPv6 network with a 64-bit prefix.
  return isIPv6(address) ? networkOf(address) : address
}

/** The first 64 bits of an IPv6 address. */
function networkOf(address: string): string {
  const [head = [], tail] = address.split('::').map((half) => half.split(':').filter(Boolean))
  const zeros = Array<string>(tail ? 8 - head.length - tail.length : 0).fill('0')
  const groups = [...head, ...zeros, ...(tail ?? [])].slice(0, 4)
  return groups.map((group) => Number.parseInt(group, 16)).join(':')
}
