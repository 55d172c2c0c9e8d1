import BlindPeerSchema from 'blind-peer-muxer/spec/hyperschema/index.js'
import c from 'compact-encoding'
import hypercoreCrypto from 'hypercore-crypto'
import caps from 'hypercore/lib/caps.js'
import { wire } from 'hypercore/lib/messages.js'
import DHT from 'hyperdht'
import Protomux from 'protomux'

/** Hypercore's messages in the order of its protocol. */
export const CORE_MESSAGES = [
  'sync',
  'request',
  'cancel',
  'data',
  'noData',
  'want',
  'unwant',
  'bitfield',
  'range',
  'extension'
]
const DIAL_MS = 5_000
const OPEN_MS = 2_000
const DRAIN_MS = 1_000

/** Somebody on the network who means no good: HyperDHT, Protomux and the published encodings, nothing of sitedrive. */
export class Attacker {
  #dht
  #servers = []

  constructor(bootstrap) {
    this.#dht = new DHT({ bootstrap })
  }

  /** Who announces a core. @returns {Promise<Buffer[]>} public keys */
  async find(key) {
    const found = new Map()
    for await (const { peers } of this.#dht.lookup(hypercoreCrypto.discoveryKey(key)))
      for (const { publicKey } of peers) found.set(publicKey.toString('hex'), publicKey)
    return [...found.values()]
  }

  /** @returns {Promise<Line | null>} null when it is not let in */
  async dial(publicKey, keyPair) {
    const line = new Line(this.#dht.connect(publicKey, { keyPair }))
    const timer = setTimeout(() => line.cut(), DIAL_MS)
    const isOpen = await line.socket.opened
    clearTimeout(timer)
    return isOpen ? line : null
  }

  /** Waits to be dialled, as a seed does. */
  async listen(keyPair, onLine) {
    const server = this.#dht.createServer((socket) => onLine(new Line(socket)))
    await server.listen(keyPair)
    this.#servers.push(server)
  }

  async close() {
    for (const server of this.#servers) await server.close()
    await this.#dht.destroy({ force: true })
  }
}

/** One connection of an attacker. */
export class Line {
  isClosed = false
  /** Requests that were heard on any core: answers to them are asked for. */
  requests = []
  /** Fork and length that the other side said last. */
  fork = 0
  length = 0
  #muxer

  constructor(socket) {
    this.socket = socket
    socket.on('error', () => {}) // to be cut off is expected
    socket.on('close', () => (this.isClosed = true))
    this.#muxer = Protomux.from(socket)
  }

  /**
   * Opens the channel of a core.
   *
   * @param capability what proves that the key is known; by default the right one
   * @param ms it is waited for so long
   */
  async openCore(key, capability, ms = OPEN_MS) {
    const channel = this.#muxer.createChannel({
      protocol: 'hypercore/alpha',
      id: hypercoreCrypto.discoveryKey(key),
      handshake: wire.handshake,
      messages: CORE_MESSAGES.map((name) => ({
        encoding: wire[name],
        onmessage: (message) => this.#heard(name, message)
      }))
    })
    if (!channel) return null
    const { isInitiator, handshakeHash } = this.socket
    channel.open({
      seeks: true,
      capability: capability ?? caps.replicate(isInitiator, key, handshakeHash)
    })
    await within(ms, channel.fullyOpened())
    return channel.opened ? channel : null
  }

  #heard(name, message) {
    if (name === 'sync') Object.assign(this, { fork: message.fork, length: message.length })
    if (name === 'request' && this.requests.push(message) > 64) this.requests.shift()
  }

  openBlindPeer(onCores = () => {}) {
    return this.#openPlain('blind-peer', [
      { encoding: BlindPeerSchema.getEncoding('@blind-peer/cores'), onmessage: onCores }
    ])
  }

  /** @param onMessage called with the text of each message */
  openSeed(onMessage = () => {}) {
    const message = { encoding: c.buffer, onmessage: onMessage }
    return this.#openPlain('sitedrive/seed/1', [message, message])
  }

  #openPlain(protocol, messages) {
    const channel = this.#muxer.createChannel({ protocol, messages })
    channel?.open()
    return channel
  }

  /** Bytes as they are, as one frame. */
  frame(bytes) {
    if (!this.isClosed) this.socket.write(bytes)
  }

  /** Waits until the other side has read what was sent, or is too slow. */
  async drained() {
    if (this.isClosed || this.#muxer.drained) return
    let done
    const drained = new Promise((resolve) => (done = resolve))
    this.socket.once('drain', done).once('close', done)
    await within(DRAIN_MS, drained)
    this.socket.off('drain', done).off('close', done)
  }

  cut() {
    this.socket.destroy()
  }
}

/** Resolves when the promise does, or after some time. */
export function within(ms, promise) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    promise.then(resolve, resolve).finally(() => clearTimeout(timer))
  })
}
