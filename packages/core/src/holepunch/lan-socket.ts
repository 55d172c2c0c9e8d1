import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { BlockList, isIPv4 } from 'node:net'
import os, { type NetworkInterfaceInfo } from 'node:os'
import { debug } from '../debug.js'
import { messageOf } from '../error.js'

/** An address of this machine in a local network. */
export interface LanInterface {
  /** IPv4: the DHT has no other. */
  address: string
  /** The addresses that are reached without a router, such as `192.168.1.20/24`. */
  cidr: string
}

/** Where a packet comes from. */
export interface LanSender {
  host: string
  port: number
}

const GROUP = '224.0.0.251'
const PORT = 5353
/** A machine with containers has many. */
const MAX_INTERFACES = 16
/** Ports below are those of well-known services: nobody asks from there, and nobody listens for peers there. */
export const FIRST_PORT = 1_024

const PRIVATE = new BlockList()
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16]
] as const)
  PRIVATE.addSubnet(network, bits)

/**
 * The private and link-local addresses of this machine. A public one has strangers beside it. Without any, loopback, so that processes of
 * a machine without a network find each other.
 */
export function lanInterfaces(all = os.networkInterfaces()): LanInterface[] {
  const own = Object.values(all)
    .flatMap((addresses) => addresses ?? [])
    .filter((each) => each.family === 'IPv4')
  // guard: lan: nothing is said in a network of public addresses
  const near = own.filter(({ internal, address }) => !internal && PRIVATE.check(address))
  const used = near.length > 0 ? near : own.filter(({ internal }) => internal)
  // guard: lan: few interfaces are used
  return used.slice(0, MAX_INTERFACES).flatMap(interfaceOf)
}

function interfaceOf({ address, cidr }: NetworkInterfaceInfo): LanInterface[] {
  return cidr === null ? [] : [{ address, cidr }]
}

/**
 * Multicast DNS on one interface. Nothing of it fails: where multicast is not possible, nothing is heard.
 *
 * Two sockets: questions of others come to the port of multicast DNS, in the group alone, so that nothing is taken away from the system's
 * own service there. What is sent comes from a port of our own, so answers come there.
 */
export class LanSocket {
  readonly interface: LanInterface
  private readonly near = new BlockList()
  private readonly onPacket: (packet: Buffer, from: LanSender, isMulticast: boolean) => void
  private readonly own: Socket
  private readonly group: Socket
  private isReady = false
  isClosed = false

  /**
   * @param on.ready packets can be sent
   * @param on.packet `isMulticast`: it was sent to all
   */
  constructor(
    lan: LanInterface,
    on: {
      ready: () => void
      packet: (packet: Buffer, from: LanSender, isMulticast: boolean) => void
    }
  ) {
    this.interface = lan
    this.onPacket = on.packet
    const [network = '', bits] = lan.cidr.split('/')
    this.near.addSubnet(network, Number(bits))
    this.own = this.open(false, { address: lan.address, port: 0 }, () => {
      this.own.setMulticastInterface(lan.address)
      this.own.setMulticastTTL(255)
      this.isReady = true
      on.ready()
    })
    // Windows binds to no group.
    const address = process.platform === 'win32' ? '0.0.0.0' : GROUP
    this.group = this.open(true, { address, port: PORT }, () => this.group.addMembership(GROUP, lan.address))
  }

  /** Whether an address is reached without a router. */
  isNear(host: string): boolean {
    return isIPv4(host) && this.near.check(host)
  }

  /** Sends a packet to all in the local network. */
  multicast(packet: Buffer): void {
    this.send(packet, { host: GROUP, port: PORT })
  }

  send(packet: Buffer, to: LanSender): void {
    if (!this.isReady || this.isClosed) return
    this.own.send(packet, to.port, to.host, (error) => {
      if (error) this.tell(error)
    })
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    for (const socket of [this.own, this.group]) closeQuietly(socket)
  }

  private open(isGroup: boolean, at: { address: string; port: number }, onListening: () => void): Socket {
    const socket = createSocket({ type: 'udp4', reuseAddr: isGroup })
    const onError = (error: unknown) => {
      this.tell(error)
      // Without the group, answers still come.
      if (isGroup) closeQuietly(socket)
      else this.close()
    }
    socket.on('error', onError)
    socket.on('message', (packet, from) => this.receive(packet, from, isGroup))
    socket.bind({ ...at, exclusive: true }, () => {
      try {
        onListening()
      } catch (error) {
        onError(error)
      }
    })
    socket.unref()
    return socket
  }

  private receive(packet: Buffer, { address: host, port }: RemoteInfo, isGroup: boolean): void {
    // The socket of a group hears what comes from other interfaces, too.
    // guard: lan: only the local network is heard
    if (!this.isNear(host)) return
    if (port < FIRST_PORT) return
    this.onPacket(packet, { host, port }, isGroup)
  }

  private tell(error: unknown): void {
    debug('network', () => `multicast DNS at ${this.interface.address}: ${messageOf(error)}`)
  }
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close()
  } catch {
    // it is closed
  }
}
