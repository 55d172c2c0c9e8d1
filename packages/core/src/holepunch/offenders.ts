import { isIPv6 } from 'node:net'

/** Who broke the rules so often is not let in. */
const MAX_KEY_OFFENCES = 3
/** An address may be shared by many people, and keys are free: so many offences by whatever keys close it. */
const MAX_HOST_OFFENCES = 9
const MINUTE_MS = 60_000
const FIRST_REFUSAL_MS = 10 * MINUTE_MS
const MAX_REFUSAL_MS = 24 * 60 * MINUTE_MS
/** Who behaved for so long is as new. */
const FORGET_AFTER_MS = 60 * MINUTE_MS
/** Keys and addresses that are remembered; those that offended last. */
const MAX_REMEMBERED = 4_096

interface OffenceRecord {
  offences: number
  lastAt: number
  refusedUntil: number
}

/** Remembers which peers sent what no honest peer sends. Kept in memory, and bounded. */
export class Offenders {
  private readonly records = new Map<string, OffenceRecord>()
  private readonly now: () => number

  /** @param now milliseconds since any fixed moment */
  constructor(now: () => number = () => performance.now()) {
    this.now = now
  }

  /** @param host its address, where that is known */
  record(publicKey: Uint8Array, host?: string | null): void {
    this.add(keyName(publicKey), MAX_KEY_OFFENCES)
    const place = hostName(host)
    if (place) this.add(place, MAX_HOST_OFFENCES)
  }

  /** Whether a peer is not let in at the moment. */
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
    // Ten minutes, then twice as long each time.
    const refusedMs =
      offences < allowed ? 0 : Math.min(FIRST_REFUSAL_MS * 2 ** Math.min(offences - allowed, 16), MAX_REFUSAL_MS)
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

/** Those of this process. */
export const offenders = new Offenders()

function keyName(publicKey: Uint8Array): string {
  return Buffer.from(publicKey).toString('latin1')
}

/** Null for addresses of this machine: all of its programs share them. */
function hostName(host: string | null | undefined): string | null {
  if (!host) return null
  const address = host.replace(/^::ffff:/i, '')
  if (address === '::1' || address.startsWith('127.')) return null
  // One customer has a whole network of 64 bits.
  return isIPv6(address) ? networkOf(address) : address
}

/** The first 64 bits of an IPv6 address. `::` stands for as many groups of zeros as are missing. */
function networkOf(address: string): string {
  const [head = [], tail] = address.split('::').map((half) => half.split(':').filter(Boolean))
  const zeros = Array<string>(tail ? 8 - head.length - tail.length : 0).fill('0')
  const groups = [...head, ...zeros, ...(tail ?? [])].slice(0, 4)
  return groups.map((group) => Number.parseInt(group, 16)).join(':')
}
