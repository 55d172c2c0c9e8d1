import path from 'node:path'
import { readIfThere } from './durable-file.js'
import { parseBootstrap, type Address } from './holepunch/bootstrap.js'

/** A private DHT that a process of this user runs on loopback: what `sitedrive peer --local` leaves for other commands. */
interface LocalNetwork {
  bootstrap: string
  pid: number
}

/** Where the note of a local network lies. */
export function localNetworkFile(home: string): string {
  return path.join(home, 'local-network.json')
}

/**
 * The DHT nodes to start from: `SITEDRIVE_BOOTSTRAP`, else those of a local network that runs now.
 *
 * @returns undefined for the public DHT
 * @throws {SitedriveError} BAD_OPTION when the variable names no nodes
 */
export function bootstrapOf(env: NodeJS.ProcessEnv, home: string): Address[] | undefined {
  const named = env['SITEDRIVE_BOOTSTRAP']
  if (named) return parseBootstrap(named)
  const local = readLocalNetwork(home)
  return local && isAlive(local.pid) ? parseBootstrap(local.bootstrap) : undefined
}

function readLocalNetwork(home: string): LocalNetwork | null {
  try {
    const { bootstrap, pid } = JSON.parse(readIfThere(localNetworkFile(home)) ?? 'null') as LocalNetwork
    return typeof bootstrap === 'string' && Number.isInteger(pid) ? { bootstrap, pid } : null
  } catch {
    return null // no note, or one that was cut short: as if there were none
  }
}

// A peer that was killed leaves its note behind.
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
