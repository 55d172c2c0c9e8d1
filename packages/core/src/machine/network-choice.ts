import path from 'node:path'
import { readIfThere } from '../disk/durable-file.js'
import { codeOf } from '../error.js'
import { parseBootstrap, type Address } from '../holepunch/bootstrap.js'

/** A private DHT that a process of this user runs on loopback: what `sitedrive peer --local` leaves for other commands. */
export interface LocalNetwork {
  /** DHT nodes, `host:port`. */
  bootstrap: string
  /** The process that runs them. */
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
  return local ? parseBootstrap(local.bootstrap) : undefined
}

/** @returns null when there is no local network, or its process is gone */
export function readLocalNetwork(home: string): LocalNetwork | null {
  try {
    const { bootstrap, pid } = JSON.parse(readIfThere(localNetworkFile(home)) ?? 'null') as LocalNetwork
    const isValid = typeof bootstrap === 'string' && Number.isInteger(pid)
    return isValid && isAlive(pid) ? { bootstrap, pid } : null
  } catch {
    return null // no note, or one that was cut short: as if there were none
  }
}

// A peer that was killed leaves its note behind.
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM' // there, and somebody else's
  }
}
