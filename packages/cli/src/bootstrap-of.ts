import { dataDir, type Address } from '@sitedrive/core'
import { parseBootstrap, readLocalNetwork } from '@sitedrive/core/internal'

/** The same as for publishing: the DHT nodes that are given, else those of a local network. */
export function bootstrapOf(env: NodeJS.ProcessEnv): Address[] | undefined {
  const named = env['SITEDRIVE_BOOTSTRAP'] || readLocalNetwork(dataDir(env))?.bootstrap
  return named ? parseBootstrap(named) : undefined
}
