import { Network, openLocalDht, type Address } from '@sitedrive/core/drive'
import { followSite, type FollowedSite, type FollowOptions } from '../../src/copy/follow.js'
import { tempDir } from './folders.js'
import { later } from './later.js'

let dht: Promise<Address[]> | null = null

/** The DHT of this test file, on loopback. */
export function localDht(): Promise<Address[]> {
  dht ??= openLocalDht().then((local) => {
    later(() => {
      dht = null
      return local.close()
    })
    return local.bootstrap
  })
  return dht
}

/** A peer of the local DHT. */
export async function localNetwork(): Promise<Network> {
  const network = Network.open({ bootstrap: await localDht() })
  later(() => network.close())
  return network
}

/** Follows a site from a peer of its own. */
export async function follow(key: string, options: Partial<FollowOptions> = {}): Promise<FollowedSite> {
  const dir = options.dir ?? tempDir()
  const network = options.network === undefined ? await localNetwork() : options.network
  const site = await followSite({ ...options, key, dir, network })
  later(() => site.close())
  return site
}
