import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { decode } from 'dns-packet'
import { onTestFinished } from 'vitest'
import { LanDiscovery, type LanMode } from '../../src/holepunch/lan-discovery.js'
import type { LanSender } from '../../src/holepunch/lan-socket.js'

export const GROUP = '224.0.0.251'
export const PORT = 5353
/** A local network that is on this machine alone. */
export const LOOPBACK = () => [{ address: '127.0.0.1', cidr: '127.0.0.1/8' }]

export const someKey = () => randomBytes(32).toString('hex')

/** A process in the local network. */
export interface LanProcess {
  publicKey: Buffer
  discovery: LanDiscovery
  /** The peers that it would connect to. */
  peers: { key: string; publicKey: Buffer; address: LanSender }[]
  /** How often it was about to answer. */
  answers: number
}

/** @param listensAt its port for peers */
export function lanProcess(listensAt = 40_000, interfaces = LOOPBACK): LanProcess {
  const own: Omit<LanProcess, 'discovery'> = { publicKey: randomBytes(32), peers: [], answers: 0 }
  const discovery = new LanDiscovery({
    publicKey: own.publicKey,
    port: () => {
      process.answers++
      return listensAt
    },
    onPeer: (key, publicKey, address) => own.peers.push({ key, publicKey, address }),
    interfaces
  })
  const process = Object.assign(own, { discovery })
  onTestFinished(() => discovery.close())
  return process
}

export function joined(mode: LanMode, ...keys: string[]): LanProcess {
  const process = lanProcess()
  for (const key of keys) process.discovery.join(key, mode)
  return process
}

/** A program of somebody else in the local network. */
export class Stranger {
  readonly heard: { packet: Buffer; from: LanSender }[] = []
  private readonly socket: Socket

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('message', (packet, { address: host, port }) =>
      this.heard.push({ packet, from: { host, port } })
    )
    onTestFinished(() => void socket.close())
  }

  static async at(address: string): Promise<Stranger> {
    const socket = createSocket('udp4')
    socket.bind(0, address)
    await once(socket, 'listening')
    socket.setMulticastInterface('127.0.0.1')
    return new Stranger(socket)
  }

  /** One that hears what is sent to all. */
  static async inGroup(): Promise<Stranger> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    socket.bind(PORT, GROUP)
    await once(socket, 'listening')
    socket.addMembership(GROUP, '127.0.0.1')
    return new Stranger(socket)
  }

  /** @param to @default all */
  send(packet: Buffer, to: LanSender = { host: GROUP, port: PORT }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.send(packet, to.port, to.host, (error) => (error ? reject(error) : setImmediate(resolve)))
    })
  }

  /** The questions that were heard, as another program reads them. */
  get questions(): { tag: string; asker: string; from: LanSender }[] {
    return this.heard.flatMap(({ packet, from }) =>
      (decode(packet).questions ?? []).flatMap(({ name }) => {
        const [tag = '', asker = '', ...service] = name.split('.')
        return service.join('.') === '_sitedrive._udp.local' ? { tag, asker, from } : []
      })
    )
  }
}
