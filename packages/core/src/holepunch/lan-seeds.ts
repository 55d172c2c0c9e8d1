import { randomBytes } from 'node:crypto'
import { debug } from '../debug.js'
import type { Address } from './bootstrap.js'
import type { LanDiscovery } from './lan-discovery.js'
import type { LanOption } from './lan-swarm.js'
import { decodeKey } from './site-key.js'

/** Finds seeds in the local network, by multicast DNS. */
export class LanSeeds {
  private readonly lan: LanOption
  private readonly waiting = new Map<string, ((address: Address) => void)[]>()
  private discovery: Promise<LanDiscovery> | null = null
  private isClosed = false

  constructor(lan: LanOption) {
    this.lan = lan
  }

  /** Whether the local network is asked at all. */
  get isAsked(): boolean {
    return this.lan !== false
  }

  /** The address of a seed's DHT node, as soon as the seed says it; never, when it is not in the local network. */
  addressOf(seed: string): Promise<Address> {
    return new Promise((resolve) => {
      if (this.lan === false || this.isClosed) return
      this.waiting.set(seed, [...(this.waiting.get(seed) ?? []), resolve])
      this.discovery ??= this.open()
      this.discovery
        .then((discovery) => !this.isClosed && discovery.join(seed, { announce: false, find: true }))
        .catch((error: unknown) => debug('seeds', () => `the local network is not asked: ${String(error)}`))
    })
  }

  close(): void {
    this.isClosed = true
    this.waiting.clear()
    this.discovery?.then((discovery) => discovery.close()).catch(() => {})
  }

  private async open(): Promise<LanDiscovery> {
    const { LanDiscovery } = await import('./lan-discovery.js')
    return new LanDiscovery({
      publicKey: randomBytes(32), // it announces nothing
      port: () => null,
      onPeer: (seed, publicKey, { host, port }) => {
        // Others know the seed's key as well. Who is not the seed cannot open the connection either.
        if (!publicKey.equals(decodeKey(seed))) return
        debug('seeds', () => `${seed} is at ${host}:${port} in the local network`)
        for (const resolve of this.waiting.get(seed) ?? []) resolve({ host, port })
        this.waiting.delete(seed)
      },
      ...(typeof this.lan === 'function' && { interfaces: this.lan })
    })
  }
}
