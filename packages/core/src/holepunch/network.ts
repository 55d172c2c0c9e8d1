import type { Duplex } from 'node:stream'
import Hyperswarm from 'hyperswarm'
import createTestnet from 'hyperdht/testnet.js'
import { discoveryKey } from 'hypercore-crypto'
import { debug } from '../debug.js'
import type { Address } from './bootstrap.js'
import { openOwnDrive } from './follower.js'
import { decodeKey, encodeKey } from './site-key.js'
import type { KeyPair } from './key-pairs.js'
import { isLanWanted, LanSwarm, type LanOption } from './lan-swarm.js'
import { guardWire, pauseWire, refuseOffenders } from './wire-guard.js'

/** A connection to another peer. */
export interface PeerConnection extends Duplex {
  remotePublicKey: Buffer
}

const POLL_MS = 2
const CLOSING_MS = 1_500

/** This process as a peer in the DHT. */
export class Network {
  private readonly swarm: Hyperswarm
  private readonly lan: LanSwarm | null
  /** While true, new connections are paused too. */
  private isPaused = false
  private resumes: (() => void)[] = []

  private constructor(swarm: Hyperswarm, lan: LanSwarm | null) {
    this.swarm = swarm
    this.lan = lan
  }

  /**
   * @param options.bootstrap DHT nodes to start from. Default: the public nodes
   * @param options.keyPair the identity of this peer. Default: a new key pair each time
   * @param options.lan Default: as `SITEDRIVE_LAN` says, else unless all of `bootstrap` is on this machine
   */
  static open(options: { bootstrap?: Address[]; keyPair?: KeyPair; lan?: LanOption } = {}): Network {
    const { lan = isLanWanted(options.bootstrap) } = options
    const swarm = new Hyperswarm({
      ...(options.bootstrap && { bootstrap: options.bootstrap }),
      ...(options.keyPair && { keyPair: options.keyPair })
    })
    refuseOffenders(swarm.server)
    swarm.on('connection', logConnection)
    return new Network(swarm, LanSwarm.of(swarm, lan))
  }

  get connections(): number {
    return this.swarm.connections.size
  }

  /** Replicates a store on all present and future connections. */
  serve(store: { replicate(connection: PeerConnection): unknown }): void {
    for (const connection of this.swarm.connections) if (guardWire(connection)) store.replicate(connection)
    this.swarm.on('connection', (connection: Hyperswarm.Connection) => {
      if (!guardWire(connection)) return
      store.replicate(connection)
      if (this.isPaused) this.resumes.push(pauseWire(connection)) // after `replicate`, which begins to read
    })
  }

  /** Ends the connections with a peer. The peer may connect again. */
  drop(publicKey: Buffer): void {
    for (const connection of this.swarm.connections)
      if (connection.remotePublicKey.equals(publicKey)) connection.destroy()
  }

  /**
   * Runs an action while nothing is read from any connection. Messages of peers are read afterwards. Answers to earlier
   * requests are sent before the action starts.
   *
   * @param isAnswered whether all earlier requests are answered
   * @param deadlineMs the action starts at the latest after this time, even if answers are missing. Milliseconds
   */
  async whilePaused(
    isAnswered: () => boolean,
    action: () => Promise<void>,
    deadlineMs = 2_000
  ): Promise<void> {
    this.isPaused = true
    this.resumes = [...this.swarm.connections].map(pauseWire)
    try {
      const endsAt = Date.now() + deadlineMs
      while (!isAnswered() && Date.now() < endsAt) await delay(POLL_MS)
      await action()
    } finally {
      this.isPaused = false
      for (const resume of this.resumes.splice(0)) resume()
    }
  }

  /**
   * Announces a drive, looks for peers that have it, or both, in the DHT and in the local network. Resolves when the DHT has answered, or
   * after the deadline: being offline is a normal state, and the attempts continue in the background.
   */
  async join(key: string, mode: { announce: boolean; find: boolean }, deadlineMs = 10_000): Promise<void> {
    const discovery = this.swarm.join(discoveryKey(decodeKey(key)), {
      server: mode.announce,
      client: mode.find
    })
    const actions = [mode.announce && 'announces', mode.find && 'looks for'].filter(Boolean).join(' and ')
    debug('network', () => `${actions} ${key}`)
    this.lan?.join(key, mode)
    const answered = mode.announce ? discovery.flushed() : this.swarm.flush()
    const isAnswered = await Promise.race([
      answered.then(
        () => true,
        () => false
      ),
      delay(deadlineMs).then(() => false)
    ])
    debug('network', () => `the DHT ${isAnswered ? 'has answered' : 'has not answered'} for ${key}`)
  }

  /**
   * Withdraws the announcements and ends all connections. Waits at most 1.5 s for the DHT.
   *
   * @param hasAnnounced false: there is nothing to withdraw, so the DHT is not waited for
   */
  async close(hasAnnounced = true): Promise<void> {
    this.lan?.close()
    const destroyed = this.swarm.destroy({ force: !hasAnnounced })
    destroyed.catch(() => {}) // the rest ends with the process
    await Promise.race([destroyed, delay(CLOSING_MS)])
  }
}

/**
 * Opens a private DHT on this machine. It has ten nodes, because with fewer peers sometimes do not find each other.
 *
 * @param host the address of its nodes @default '127.0.0.1'
 */
export async function openLocalDht(
  host = '127.0.0.1'
): Promise<{ bootstrap: Address[]; close(): Promise<void> }> {
  const testnet = await createTestnet(10, { host })
  return { bootstrap: testnet.bootstrap, close: () => testnet.destroy() }
}

/**
 * Keeps a site of this machine online until it is closed. Meanwhile no publish can open the store.
 *
 * The store is opened for writing, because Hypercore stores what peers hold and otherwise ends the connection.
 */
export async function share(
  storeDir: string,
  key: string,
  bootstrap?: Address[],
  find = true
): Promise<{ close(): Promise<void> }> {
  const site = await openOwnDrive(storeDir, key)
  const network = Network.open(bootstrap ? { bootstrap } : {})
  network.serve(site)
  await network.join(key, { announce: true, find })
  return {
    async close() {
      await network.close()
      await site.close()
    }
  }
}

function logConnection(connection: Hyperswarm.Connection): void {
  const peer = encodeKey(connection.remotePublicKey)
  debug('network', () => `connected to peer ${peer}`)
  connection.once('close', () => debug('network', () => `disconnected from peer ${peer}`))
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
