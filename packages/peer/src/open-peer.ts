import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { linkOf, SitedriveError } from '@sitedrive/core'
import { SeedHost, type Address } from '@sitedrive/core/drive'
import type { MirroredSite } from './seed/mirrored-site.js'
import { ownPages } from './seed/own-pages.js'
import { peerSecret } from './seed/peer-secret.js'
import { openPeerServer, type PeerServer, type WebOptions } from './seed/peer-server.js'
import type { PeerStatus, SiteStatus } from './seed/peer-status.js'
import { PinTable, type Policy } from './seed/pin-table.js'
import { SiteKeeper } from './seed/site-keeper.js'

export interface PeerOptions extends Policy, WebOptions {
  /** Folder of the peer's data, absolute; created when missing. Only one process at a time may open it. */
  dir: string
  /** DHT nodes to start from. @default the public ones */
  bootstrap?: Address[] | undefined
  /** Called with a problem of a site, in one or two sentences. Not called again for one that was seen within the last minute. */
  onSiteProblem?: ((site: string, problem: string) => void) | undefined
}

/** A running peer: it keeps sites for publishers, and shows them on the web. */
export interface Peer {
  /** The key that publishers pin at, z-base-32. */
  readonly key: string
  readonly port: number
  /** Address of the status page. */
  readonly url: string
  /** Address of a site on the web. */
  urlOf(site: string): string
  status(): PeerStatus
  /** A mirrored site. */
  site(key: string): MirroredSite | undefined
  /** Stops taking requests, gives running ones a moment to end, and closes the folder. Safe to call twice. */
  close(): Promise<void>
}

const STALL_MS = 10_000

/** Largest number of damaged files that the status lists for a site. */
const MAX_DAMAGED = 20

/**
 * Runs a seed and a mirror: keeps what trusted publishers pin, announces it, and shows their sites over HTTP.
 *
 * @throws {SitedriveError} CONFIG_INVALID or BAD_SECRET when a file of the folder is damaged; STORE_LOCKED,
 * DISK_FULL or STORE_FAILED when the folder cannot be used; NETWORK_FAILED when it cannot listen
 */
export async function openPeer(options: PeerOptions): Promise<Peer> {
  const { dir, stallMs = STALL_MS } = options
  const marksDir = path.join(dir, 'complete')
  makeDir(marksDir)
  const startedAt = new Date().toISOString()
  const secret = peerSecret(dir)
  const table = new PinTable(path.join(dir, 'pins.json'), options)
  const host = await SeedHost.open({
    dir: path.join(dir, 'store'),
    secret,
    bootstrap: options.bootstrap,
    admission: table
  })
  const keeper = new SiteKeeper({
    host,
    table,
    marksDir,
    stallMs,
    urlOf: (site) => server.urlOf(site),
    onSiteProblem: options.onSiteProblem ?? (() => {})
  })

  let serverProblem: Error | null = null

  const status = (): PeerStatus => {
    const { publishers, strangers } = table.use
    const connected = new Set(host.connectedPublishers.map(({ key }) => key))
    return {
      key: host.key,
      startedAt,
      connections: host.connections,
      usedBytes: table.usedBytes,
      totalBytes: table.totalBytes,
      sites: [...keeper.sites.values()].map((site) => siteStatus(site)),
      publishers: publishers.map((use) => ({ ...use, isConnected: connected.has(use.publisher) })),
      strangers,
      pins: table.kept.length,
      blocked: table.blocked.size,
      conflicts: keeper.conflicts,
      isHealthy: table.problem === null,
      problem: (table.problem ?? keeper.problem ?? serverProblem)?.message ?? null
    }
  }

  const siteStatus = (site: MirroredSite): SiteStatus => {
    const { key, release, blobsKey, damaged, title } = site
    return {
      key,
      title,
      link: linkOf(key),
      url: server.urlOf(key),
      names: [...(options.names ?? [])].filter(([, named]) => named === key).map(([name]) => name),
      state: stateOf(site),
      release: release?.release ?? null,
      publishedAt: release?.publishedAt ?? null,
      updatedAt: site.updatedAt,
      files: release?.files ?? null,
      bytes: release?.bytes ?? null,
      words: release?.words ?? null,
      titles: release?.titles ?? [],
      heldBytes: table.bytesOf(key) + (blobsKey === null ? 0 : table.bytesOf(blobsKey)),
      pinnedBy: table.pinnedBy(key),
      peers: host.peersOf(key),
      damagedCount: damaged.length,
      damaged: damaged.slice(0, MAX_DAMAGED),
      problems: site.problems,
      problem: site.problem?.message ?? null
    }
  }

  const stateOf = (site: MirroredSite): SiteStatus['state'] => {
    if (table.isOver(site.key) || (site.blobsKey !== null && table.isOver(site.blobsKey))) return 'over quota'
    if (!site.state) return 'waiting'
    if (site.isRefused) return 'damaged'
    return site.state.version === site.newestVersion ? 'complete' : 'fetching'
  }

  const closeHost = async () => {
    await keeper.close()
    await host.close()
    table.flush()
  }

  let server: PeerServer
  try {
    server = await openPeerServer(options, {
      sites: keeper.sites,
      blocked: table.blocked,
      own: ownPages({ status, responses: () => server.responses }),
      onProblem: (error) => (serverProblem = error),
      onMended: (error) => {
        if (serverProblem === error) serverProblem = null
      }
    })
  } catch (error) {
    await closeHost().catch(() => {}) // the first error is the useful one
    throw error
  }
  try {
    await keeper.start()
  } catch (error) {
    await server.close()
    await closeHost().catch(() => {}) // the first error is the useful one
    throw error
  }

  let closed: Promise<void> | null = null
  return {
    key: host.key,
    port: server.port,
    url: server.url,
    urlOf: (site) => server.urlOf(site),
    status,
    site: (key) => keeper.sites.get(key),
    close: () => (closed ??= server.close().then(closeHost))
  }
}

function makeDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new SitedriveError('STORE_FAILED', `The peer's folder \`${dir}\` cannot be made.`, { cause })
  }
}
