import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'
import { keyPair as newKeyPair } from 'hypercore-crypto'
import type { KeyPair } from '../../src/holepunch/key-pairs.js'
import { ModelProcess, runAs } from './process.js'

/** Who listens, by public key. Keys are random, so schedules that run side by side do not meet. */
const listening = new Map<string, ModelSwarm>()

interface NoiseStream extends Duplex {
  rawStream: Duplex
}
// A stream without a muxer, as it comes from the DHT: it is ours to say which one it gets.
const SecretStream = createRequire(createRequire(import.meta.url).resolve('hypercore'))(
  '@hyperswarm/secret-stream'
) as new (isInitiator: boolean, rawStream: null, options: object) => NoiseStream

/** For so long, at most, nobody hears that the process at the other end is dead. Milliseconds. */
const UNNOTICED_MS = 200

/** Takes Hyperswarm's place: a peer that is dialled by its public key, within this process. */
export class ModelSwarm extends EventEmitter {
  readonly keyPair: KeyPair
  readonly connections = new Set<Duplex>()
  readonly server = { firewall: () => false }
  readonly process = ModelProcess.here

  constructor({ keyPair }: { keyPair?: KeyPair }) {
    super()
    this.keyPair = keyPair ?? newKeyPair(randomBytes(32))
    this.process?.onKill(() => {
      listening.delete(this.keyPair.publicKey.toString('hex'))
      endUnheard(this.connections)
    })
  }

  async listen(): Promise<void> {
    listening.set(this.keyPair.publicKey.toString('hex'), this)
  }

  join(): { flushed(): Promise<void>; destroy(): Promise<void> } {
    return { flushed: async () => {}, destroy: async () => {} }
  }

  accept(connection: Duplex): void {
    runAs(this.process, () => {
      this.connections.add(connection)
      connection.on('close', () => this.connections.delete(connection))
      this.emit('connection', connection)
    })
  }

  async destroy(): Promise<void> {
    listening.delete(this.keyPair.publicKey.toString('hex'))
    const all = [...this.connections]
    await Promise.all(all.map((connection) => ended(connection)))
  }
}

/** Takes HyperDHT's place. */
export class ModelDht {
  private readonly sockets = new Set<Duplex>()
  private readonly process = ModelProcess.here

  constructor() {
    this.process?.onKill(() => endUnheard(this.sockets))
  }

  connect(
    publicKey: Uint8Array,
    { keyPair = newKeyPair(randomBytes(32)) }: { keyPair?: KeyPair } = {}
  ): Duplex {
    const host = this.process?.isDead ? undefined : listening.get(Buffer.from(publicKey).toString('hex'))
    const [here, there] = connectedPair(keyPair.publicKey, publicKey, [this.process, host?.process])
    this.sockets.add(here)
    here.on('close', () => this.sockets.delete(here))
    if (host) host.accept(there)
    else {
      there.on('error', () => {})
      there.destroy()
      setImmediate(() => here.destroy(new Error('nobody answers at this key')))
    }
    return here
  }

  toArray(): { host: string; port: number }[] {
    return [{ host: '127.0.0.1', port: 1 }]
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.sockets].map((socket) => ended(socket)))
  }
}

/** Connects two that listen, as if one had found the other. */
export function acquaint(one: Uint8Array, other: Uint8Array): void {
  const [left, right] = [one, other].map((key) => listening.get(Buffer.from(key).toString('hex')))
  if (!left || !right) return
  const [here, there] = connectedPair(one, other, [left.process, right.process])
  left.accept(here)
  right.accept(there)
}

/**
 * The two ends of a connection between two peers.
 *
 * @param processes in which each of them is; undefined: in the model itself
 */
export function connectedPair(
  left: Uint8Array = randomBytes(32),
  right: Uint8Array = randomBytes(32),
  [leftProcess, rightProcess]: (ModelProcess | undefined)[] = []
): [Duplex, Duplex] {
  // Both know the keys already: a handshake for each connection would be most of a schedule's time.
  const [there, back, hash] = [randomBytes(32), randomBytes(32), randomBytes(64)]
  const ends = [
    { tx: there, rx: back, hash, publicKey: Buffer.from(left), remotePublicKey: Buffer.from(right) },
    { tx: back, rx: there, hash, publicKey: Buffer.from(right), remotePublicKey: Buffer.from(left) }
  ].map((handshake, n) => new SecretStream(n === 0, null, { handshake }))
  const [a, b] = ends as [NoiseStream, NoiseStream]
  wire({ end: a, process: leftProcess }, { end: b, process: rightProcess })
  wire({ end: b, process: rightProcess }, { end: a, process: leftProcess })
  return [a, b]
}

interface WireEnd {
  end: NoiseStream
  process: ModelProcess | undefined
}

/** Carries what one end says, in order, some turns of the event loop later: two ends that answer at once starve timers. */
function wire({ end: from, process: sender }: WireEnd, { end: to, process: receiver }: WireEnd): void {
  const chunks: Buffer[] = []
  let isMoving = false
  // What was said before the sender died still arrives.
  const move = () => {
    isMoving = false
    for (const chunk of chunks.splice(0))
      if (!to.rawStream.destroyed && receiver?.step() !== false) to.rawStream.write(chunk)
  }
  from.rawStream.on('data', (chunk: Buffer) => {
    if (sender?.step() === false) return
    chunks.push(chunk)
    if (!isMoving) afterTurns(turns(), () => runAs(receiver, move))
    isMoving = true
  })
  from.on('error', () => {})
  from.rawStream.on('error', () => {})
  from.on('close', () => setImmediate(() => runAs(receiver, () => to.destroy())))
}

/** Ends the connections of a dead process. The other ends hear of it at once, or some time later. */
function endUnheard(sockets: ReadonlySet<Duplex>): void {
  const end = () => {
    for (const socket of sockets) socket.destroy()
  }
  if (Math.random() < 0.5) setImmediate(end)
  else setTimeout(end, Math.random() * UNNOTICED_MS)
}

function turns(): number {
  return Math.random() < 0.8 ? 1 : 1 + Math.floor(Math.random() * 6)
}

function afterTurns(count: number, then: () => void): void {
  setImmediate(count > 1 ? () => afterTurns(count - 1, then) : then)
}

function ended(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve()
    stream.on('close', () => resolve())
    stream.on('error', () => {})
    stream.destroy()
  })
}
