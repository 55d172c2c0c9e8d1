import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import Corestore from 'corestore'
import DHT from 'hyperdht'
import Hyperdrive from 'hyperdrive'
import Protomux from 'protomux'
import { decodeKey, encodeKey, type SeedAnswer, type SiteCores } from '@sitedrive/core/drive'
// Not public: only publishers speak this side.
import { PinChannel } from '../../../core/dist/holepunch/seed-protocol.js'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { later } from '../../../mirror/test/support/later.js'
import { localDht } from '../../../mirror/test/support/local-network.js'
import { until } from '../../../mirror/test/support/until.js'

/** The parts of the Holepunch packages that these tests use; they ship no declarations. */
export interface Core {
  key: Buffer
  discoveryKey: Buffer
  length: number
  byteLength: number
  fork: number
  peers: { remoteLength: number; remoteContiguousLength: number; remotePublicKey: Buffer }[]
  keyPair: unknown
  ready(): Promise<void>
  close(): Promise<void>
  append(blocks: Uint8Array | Uint8Array[]): Promise<unknown>
  get(index: number, options?: { timeout?: number }): Promise<Buffer | null>
}

export interface OwnDrive {
  key: Buffer
  core: Core
  blobs: { core: Core }
  put(path: string, content: string | Uint8Array): Promise<void>
  putEntry(path: string, entry: { blob: object }): Promise<void>
  getBlobs(): Promise<unknown>
  batch(): OwnDrive & { flush(): Promise<void> }
}

const AS_THEY_ARE = {
  preencode: (state: { end: number }, bytes: Uint8Array) => void (state.end += bytes.length),
  encode: (state: { buffer: Buffer; start: number }, bytes: Uint8Array) => {
    state.buffer.set(bytes, state.start)
    state.start += bytes.length
  },
  decode: () => null
}

/** A publisher that speaks the seeds' protocol by hand, so that it can lie. */
export class PinningClient {
  readonly dht: DHT
  readonly store: Corestore
  readonly publisherKey: string
  answers: SeedAnswer[] = []
  channel: PinChannel | null = null
  socket: Duplex | null = null
  isCut = false

  private constructor(dht: DHT, dir: string) {
    this.dht = dht
    this.store = new Corestore(dir)
    this.publisherKey = encodeKey(dht.defaultKeyPair.publicKey)
  }

  static async open(dir = tempDir()): Promise<PinningClient> {
    const dht = new DHT({ bootstrap: await localDht(), keyPair: DHT.keyPair(randomBytes(32)) })
    const client = new PinningClient(dht, dir)
    later(async () => {
      client.socket?.destroy()
      await client.store.close()
      await dht.destroy({ force: true })
    })
    return client
  }

  /**
   * Dials a peer until it answers: the DHT may still name the place where a peer of that key was before it was started again.
   *
   * @param isMute opens no channel of a publisher
   */
  async connect(peerKey: string, isMute = false): Promise<void> {
    await until('the peer to answer', () => this.dial(peerKey, isMute))
  }

  private async dial(peerKey: string, isMute: boolean): Promise<boolean> {
    this.isCut = false
    const socket = this.dht.connect(decodeKey(peerKey))
    socket.on('error', () => {}) // told by its end
    socket.on('close', () => (this.isCut ||= this.socket === socket))
    this.socket = socket
    this.store.replicate(socket)
    if (!isMute) this.channel = new PinChannel(socket, (answer) => this.answers.push(answer))
    return socket.opened
  }

  async drive(name = 'site'): Promise<OwnDrive> {
    const drive = new Hyperdrive(this.store.namespace(name)) as unknown as OwnDrive & Hyperdrive
    await drive.ready()
    await drive.getBlobs()
    return drive
  }

  /** A drive whose index names a core of somebody else as its files. */
  async stolenDrive(blobs: string): Promise<OwnDrive> {
    const drive = (await this.drive('stolen')) as OwnDrive & { db: { metadata: { contentFeed: Buffer } } }
    drive.db.metadata.contentFeed = decodeKey(blobs)
    const blob = { blockOffset: 0, blockLength: 1, byteOffset: 0, byteLength: 4 }
    await drive.putEntry('/index.html', { blob })
    return drive
  }

  async core(name: string): Promise<Core> {
    const core = this.store.get({ name }) as Core
    await core.ready()
    return core
  }

  introduce(cores: SiteCores): void {
    this.channel?.introduce(cores)
  }

  pin(core: { key: Buffer; length: number }): void {
    this.channel?.pin(core.key, core.length)
  }

  /** Introduces a drive as a site and pins both of its cores. */
  pinSite(drive: OwnDrive, lie: Partial<SiteCores> = {}): void {
    this.introduce({ site: encodeKey(drive.key), blobs: encodeKey(drive.blobs.core.key), ...lie })
    this.pin(drive.core)
    this.pin(drive.blobs.core)
  }

  /** Opens a channel that sends bytes as they are. */
  openChannel(protocol: string): ReturnType<Protomux['createChannel']> {
    if (!this.socket) return null
    const channel = Protomux.from(this.socket).createChannel({
      protocol,
      unique: false,
      messages: [{ encoding: AS_THEY_ARE }]
    })
    channel?.open()
    return channel
  }

  get lastAnswer(): SeedAnswer | undefined {
    return this.answers.at(-1)
  }
}

/** How many blocks of a core a peer says that it has. */
export function heldBy(core: Core, peerKey: string): number {
  return (
    core.peers.find(({ remotePublicKey }) => encodeKey(remotePublicKey) === peerKey)
      ?.remoteContiguousLength ?? 0
  )
}
