import type Hyperswarm from 'hyperswarm'
import { discoveryKey } from 'hypercore-crypto'
import { debug } from '../debug.js'
import type { Address } from './bootstrap.js'
import type { LanDiscovery, LanMode } from './lan-discovery.js'
import type { LanInterface } from './lan-socket.js'
import { isLoopback } from './own-address.js'
import { decodeKey } from './site-key.js'

/**
 * Whether peers are looked for in the local network. `SITEDRIVE_LAN` says so, `0` or `1`. By default they are, unless all DHT nodes are on
 * this machine: such a network is meant to be one of this machine alone.
 */
export function isLanWanted(bootstrap: Address[] | undefined, env = process.env): boolean {
  const wanted = env['SITEDRIVE_LAN']
  // guard: lan: SITEDRIVE_LAN=0 turns it off
  if (wanted === '0') return false
  if (wanted === '1' || !bootstrap || bootstrap.length === 0) return true
  // guard: lan: a DHT of this machine alone stays alone
  return !bootstrap.every(({ host }) => host === 'localhost' || isLoopback(host))
}

/** Whether peers are looked for in the local network, or by which addresses of this machine. */
export type LanOption = boolean | (() => LanInterface[])

/** Makes a swarm connect to peers in the local network, too, without the DHT. */
export class LanSwarm {
  private readonly swarm: Hyperswarm
  private readonly interfaces: (() => LanInterface[]) | undefined
  private discovery: Promise<LanDiscovery> | null = null
  private isClosed = false

  private constructor(swarm: Hyperswarm, interfaces: (() => LanInterface[]) | undefined) {
    this.swarm = swarm
    this.interfaces = interfaces
  }

  /** @returns null when the local network is not to be asked */
  static of(swarm: Hyperswarm, lan: LanOption): LanSwarm | null {
    return lan === false ? null : new LanSwarm(swarm, lan === true ? undefined : lan)
  }

  /** @param key of a drive that the swarm has joined in the same mode */
  join(key: string, mode: LanMode): void {
    this.discovery ??= this.open()
    this.discovery
      .then((discovery) => {
        if (!this.isClosed) discovery.join(key, mode)
      })
      .catch((error: unknown) => debug('network', () => `the local network is not asked: ${String(error)}`))
  }

  close(): void {
    this.isClosed = true
    this.discovery?.then((discovery) => discovery.close()).catch(() => {})
  }

  private async open(): Promise<LanDiscovery> {
    const { LanDiscovery } = await import('./lan-discovery.js')
    return new LanDiscovery({
      publicKey: this.swarm.keyPair.publicKey,
      port: () => this.swarm.dht.localAddress()?.port ?? null,
      onPeer: (key, publicKey, address) => {
        if (this.isClosed) return
        debug('network', () => `${address.host}:${address.port} in the local network has ${key}`)
        // As for a peer that the DHT has named: the swarm merges connections, tries again and refuses offenders. The peer itself is the node
        // that is asked for the way to it, so no other one is needed.
        this.swarm._handlePeer({ publicKey, relayAddresses: [address] }, discoveryKey(decodeKey(key)))
      },
      interfaces: this.interfaces
    })
  }
}
