import { networkInterfaces } from 'node:os'
import { listen, listenOnFreePort } from '@sitedrive/mirror/parts'
import { EventStreams } from './event-streams.js'
import type { PreviewFeed } from '../feed/feed.js'

import { liveListener } from './live-listener.js'
import { Visitors } from './visitors.js'

export interface LiveServerOptions {
  feed: PreviewFeed
  /** @default 4400, or the next free port */
  port?: number | undefined
  /** The first port to try when `port` is not given. @default 4400 */
  firstPort?: number
  /** Where it was the last time: tried before `firstPort` when it is near that one. */
  lastPort?: number | null
  /** Opens the preview to other machines of the local network. They need its address with the token. @default false */
  lan?: boolean
}

/** A running HTTP server of a preview. */
export interface LiveServer {
  /** The address for browsers on this machine. */
  url: string
  /** The addresses for browsers on other machines, with the token, the likeliest first; empty unless `lan` is true. */
  lanUrls: string[]
  /** How many browsers have the preview open now. */
  readonly viewers: number
  close(): Promise<void>
}

const FIRST_PORT = 4400

/** @throws {SitedriveError} NETWORK_FAILED when it cannot listen at `port` */
export async function openLiveServer(options: LiveServerOptions): Promise<LiveServer> {
  const { feed, lan = false } = options
  const addresses = lan ? lanAddresses() : []
  const visitors = new Visitors(
    addresses.map((address) => (address.includes(':') ? `[${address}]` : address))
  )
  const streams = new EventStreams(feed)
  const listener = liveListener({ feed, streams, visitors })
  const host = lan ? '0.0.0.0' : '127.0.0.1'
  try {
    const { port, firstPort = FIRST_PORT, lastPort = null } = options
    const where = { port, firstPort, lastPort }
    const server = await listenOnFreePort(where, (port) => listen(listener, { port, host }))
    return {
      url: `http://localhost:${server.port}/`,
      lanUrls: addresses.map((address) => `http://${address}:${server.port}/${visitors.invitation}`),
      get viewers() {
        return streams.size
      },
      close: async () => {
        streams.close()
        await server.close()
      }
    }
  } catch (error) {
    streams.close()
    throw error
  }
}

function lanAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flat()
    .flatMap((each) => (each && !each.internal && each.family === 'IPv4' ? [each.address] : []))
    .toSorted((one, other) => unlikeliness(one) - unlikeliness(other))
}

/** Sorts home and office networks first, and those of containers and of machines without a router last. */
function unlikeliness(address: string): number {
  const order = [/^192\.168\./, /^10\./, /^(?!172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/, /^172\./]
  const place = order.findIndex((pattern) => pattern.test(address))
  return place === -1 ? order.length : place
}
