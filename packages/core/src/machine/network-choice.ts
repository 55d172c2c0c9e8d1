import path from 'node:path'
import { readIfThere } from '../disk/durable-file.js'
import { parseBootstrap, type Address } from '../holepunch/bootstrap.js'
import { isAlive } from './is-alive.js'

/** A private DHT on loopback. `sitedrive peer --local` runs it and writes this record for other commands. */
export interface LocalNetwork {
  /** DHT nodes, `host:port`. */
  bootstrap: string
  /** The process that runs them. */
  pid: number
}

/** The path of the file with the `LocalNetwork` record. */
export function localNetworkFile(home: string): string {
  return path.join(home, 'local-network.json')
}

/**
 * The DHT nodes to start from: `SITEDRIVE_BOOTSTRAP`, else those of a running local network.
 *
 * @returns undefined for the public DHT
 * @throws {SitedriveError} BAD_OPTION when the variable is not a list of nodes
 */
export function bootstrapOf(env: NodeJS.ProcessEnv, home: string): Address[] | undefined {
  const named = env['SITEDRIVE_BOOTSTRAP']
  if (named) return parseBootstrap(named)
  const local = readLocalNetwork(home)
  return local ? parseBootstrap(local.bootstrap) : undefined
}

/** @returns null when there is no local network, or its process has ended */
export function readLocalNetwork(home: string): LocalNetwork | null {
  try {
    const { bootstrap, pid } = JSON.parse(readIfThere(localNetworkFile(home)) ?? 'null') as LocalNetwork
    // A killed peer leaves its file behind.
    const isValid = typeof bootstrap === 'string' && Number.isInteger(pid)
    return isValid && isAlive(pid) ? { bootstrap, pid } : null
  } catch {
    return null // the file is damaged
  }
}
