import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import Corestore from 'corestore'
import DHT from 'hyperdht'
import type Hypercore from 'hypercore'
import { keyPair, type KeyPair } from 'hypercore-crypto'
import Protomux from 'protomux'
import { onTestFinished } from 'vitest'
import type { Address } from '../../src/holepunch/bootstrap.js'
import { decodeKey } from '../../src/holepunch/site-key.js'
import { tempDir, until } from './workshop.js'

interface Wire {
  send(message: object): boolean
}

/** The side of hypercore's protocol that speaks. Its own encodings write whatever numbers they are given. */
export interface Mouth {
  channel: { opened: boolean; closed: boolean }
  remoteOpened: boolean
  wireSync: Wire
  wireRequest: Wire
  wireCancel: Wire
  wireData: Wire
  wireNoData: Wire
  wireWant: Wire
  wireUnwant: Wire
  wireBitfield: Wire
  wireRange: Wire
  wireExtension: Wire
}

/** A connection of somebody who means no good: plain Hypercore and Protomux, without any of our code. */
export class Attack {
  readonly socket: Duplex & { opened: Promise<boolean> }
  readonly muxer: Protomux
  isCut = false
  private readonly store: Corestore

  constructor(socket: Duplex, store: Corestore) {
    this.socket = socket as Duplex & { opened: Promise<boolean> }
    socket.on('error', () => {})
    socket.on('close', () => (this.isCut = true))
    this.store = store
    this.muxer = Protomux.from(socket)
    store.replicate(socket)
  }

  /** Its own copy of a core, empty at first. */
  async core(key: string): Promise<Hypercore> {
    const core = this.store.get({ key: decodeKey(key) })
    await core.ready()
    return core
  }

  /** The channel of one core, as soon as the other side has opened it too. */
  async on(key: string): Promise<Mouth> {
    const core = await this.core(key)
    core.replicate(this.socket)
    const mouthOf = () =>
      (core.peers as unknown as (Mouth & { stream: unknown })[]).find(({ stream }) => stream === this.socket)
    await until(() => mouthOf()?.remoteOpened === true)
    const mouth = mouthOf()
    if (!mouth) throw new Error('the channel is gone')
    return mouth
  }

  /** Bytes as they are, as one frame. */
  frame(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }
}

export class Attacker {
  readonly identity: KeyPair
  private readonly dht: DHT
  private readonly store: Corestore
  private readonly listeners: ((attack: Attack) => void)[] = []

  private constructor(dht: DHT, identity: KeyPair) {
    this.dht = dht
    this.identity = identity
    this.store = new Corestore(tempDir())
  }

  static open(bootstrap: Address[], identity = keyPair(randomBytes(32))): Attacker {
    const attacker = new Attacker(new DHT({ bootstrap }), identity)
    onTestFinished(async () => {
      await attacker.store.close()
      await attacker.dht.destroy({ force: true })
    })
    return attacker
  }

  /** @returns null when it is not let in */
  async dial(publicKey: Uint8Array): Promise<Attack | null> {
    const socket = this.dht.connect(publicKey, { keyPair: this.identity })
    const attack = new Attack(socket, this.store)
    const timer = setTimeout(() => socket.destroy(), 5_000)
    const isOpen = await socket.opened
    clearTimeout(timer)
    return isOpen ? attack : null
  }

  /** Waits for others to dial, as a seed does. */
  async listen(): Promise<void> {
    const { dht } = this as unknown as {
      dht: {
        createServer(listener: (socket: Duplex) => void): { listen(identity: KeyPair): Promise<void> }
      }
    }
    const server = dht.createServer((socket) => {
      const attack = new Attack(socket, this.store)
      this.listeners.shift()?.(attack)
    })
    await server.listen(this.identity)
  }

  /** The next connection to it. */
  next(): Promise<Attack> {
    return new Promise((resolve) => this.listeners.push(resolve))
  }
}

export type AnyCore = Hypercore
