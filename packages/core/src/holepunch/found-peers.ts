import { WorkAllowance } from './work-allowance.js'

const MAX_PEERS = 256
const MAX_PEERS_OF_A_SITE = 16
const MAX_PEERS_AT_AN_ADDRESS = 4
const ATTEMPTS_AT_ONCE = 16
const ATTEMPTS_PER_SECOND = 4
/** A peer is not dialled anew in this time. Milliseconds. */
const PAUSE_MS = 5_000
/** A peer that was not heard in this time is forgotten. Milliseconds. */
const KEPT_MS = 300_000

interface FoundPeer {
  site: string
  host: string
  heardAt: number
  triedAt: number
}

/** What was heard of peers in the local network, and to which of them a connection may be tried. */
export class FoundPeers {
  private readonly peers = new Map<string, FoundPeer>()
  private readonly attempts: WorkAllowance
  private readonly now: () => number

  /** @param now a monotonic clock. Milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.now = now
    this.attempts = new WorkAllowance(ATTEMPTS_AT_ONCE, ATTEMPTS_PER_SECOND, now)
  }

  /** @returns whether to connect now to a peer that was heard */
  admits(site: string, publicKey: Buffer, host: string): boolean {
    const now = this.now()
    const id = `${site} ${publicKey.toString('hex')}`
    const known = this.peers.get(id)
    if (known) {
      known.heardAt = now
      if (now - known.triedAt < PAUSE_MS) return false
    } else if (!this.hasRoom(site, host, now)) return false
    // guard: lan: few connections are tried in a second
    if (!this.attempts.take(1)) return false
    this.peers.set(id, { site, host, heardAt: now, triedAt: now })
    return true
  }

  private hasRoom(site: string, host: string, now: number): boolean {
    for (const [id, { heardAt }] of this.peers) if (now - heardAt > KEPT_MS) this.peers.delete(id)
    const ofSite = [...this.peers.values()].filter((peer) => peer.site === site)
    const atHost = ofSite.filter((peer) => peer.host === host)
    // guard: lan: few peers of a site are remembered
    if (ofSite.length >= MAX_PEERS_OF_A_SITE) return false
    // guard: lan: one address is not many peers
    if (atHost.length >= MAX_PEERS_AT_AN_ADDRESS) return false
    // guard: lan: few peers are remembered
    if (this.peers.size >= MAX_PEERS) return false
    return true
  }
}
