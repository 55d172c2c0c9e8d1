import { createSocket } from 'node:dgram'
import DHT from 'hyperdht'
import { messageOf } from '../error.js'
import type { Address } from './bootstrap.js'

/**
 * What other peers see of this machine. `consistent`: one address and port, so that they can connect to it. `random`: another port
 * for each of them, so that only peers with an open address can. `unknown`: too few said.
 */
export type NatKind = 'consistent' | 'random' | 'unknown'

export interface DhtReach {
  /** How many nodes have answered; 0: none. */
  nodes: number
  nat: NatKind
  /** Why no packet leaves this machine; null: packets leave, as far as it can tell. Looked at when no node has answered. */
  sendProblem: string | null
}

const CLOSING_MS = 1_500

/**
 * Joins the DHT and leaves it again.
 *
 * @param bootstrap nodes to start from; undefined: the public ones
 */
export async function reachDht(bootstrap: Address[] | undefined, timeoutMs: number): Promise<DhtReach> {
  const node = new DHT(bootstrap ? { bootstrap } : {})
  try {
    await Promise.race([node.fullyBootstrapped().catch(() => {}), pauseUnref(timeoutMs)])
    const nodes = node.toArray().length
    if (nodes === 0) return { nodes, nat: 'unknown', sendProblem: await sendProblemOf(bootstrap) }
    const nat = node.randomized ? 'random' : node.host === null ? 'unknown' : 'consistent'
    return { nodes, nat, sendProblem: null }
  } finally {
    await Promise.race([node.destroy({ force: true }), pauseUnref(CLOSING_MS)])
  }
}

async function sendProblemOf(bootstrap: Address[] | undefined): Promise<string | null> {
  const [first] = bootstrap ?? DHT.BOOTSTRAP.map(addressOf)
  if (!first) return null
  const socket = createSocket('udp4')
  try {
    return await new Promise((resolve) => {
      socket.once('error', (error) => resolve(messageOf(error)))
      // Connecting a UDP socket sends nothing, and fails where the system knows no way there.
      socket.connect(first.port, first.host, (error?: Error) => resolve(error ? messageOf(error) : null))
    })
  } finally {
    socket.close()
  }
}

/** `<address>@<name>:<port>`, in which the address is that of the name. */
function addressOf(node: string): Address {
  const [, host = '', port] = /^(?:([^@]*)@)?.*:(\d+)$/.exec(node) ?? []
  return { host, port: Number(port) }
}

function pauseUnref(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
