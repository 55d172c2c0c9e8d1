import type { DhtReach } from '../holepunch/reach-dht.js'
import { dataDir } from '../machine/data-dir.js'
import { bootstrapOf } from '../machine/network-choice.js'

/** How this machine reaches the network of peers. */
export interface NetworkFacts extends DhtReach {
  /** `public`: the public DHT. `named`: that of `SITEDRIVE_BOOTSTRAP`. `local`: the one of a local peer on this machine. */
  network: 'public' | 'named' | 'local'
}

/** Joins the DHT and leaves it again. @throws {SitedriveError} BAD_OPTION when `SITEDRIVE_BOOTSTRAP` is not a list of nodes */
export async function examineNetwork(
  env: NodeJS.ProcessEnv = process.env,
  timeoutMs = 10_000
): Promise<NetworkFacts> {
  const bootstrap = bootstrapOf(env, dataDir(env))
  // Imported here, because it loads native code.
  const { reachDht } = await import('../holepunch/reach-dht.js')
  const network = env['SITEDRIVE_BOOTSTRAP'] ? 'named' : bootstrap ? 'local' : 'public'
  return { network, ...(await reachDht(bootstrap, timeoutMs)) }
}
