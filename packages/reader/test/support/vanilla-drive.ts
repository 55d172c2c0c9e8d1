import { createRequire } from 'node:module'
import path from 'node:path'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import { encodeKey, type Network } from '@sitedrive/core/drive'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { later } from '../../../mirror/test/support/later.js'
import { localNetwork } from '../../../mirror/test/support/local-network.js'

const inHyperdrive = createRequire(createRequire(import.meta.url).resolve('hyperdrive'))
const SubEncoder = inHyperdrive('sub-encoder') as new (prefix: string, encoding: string) => object
const keyEncoding = new SubEncoder('files', 'utf-8')

/** What is used of plain Hyperdrive here; it ships no declarations. */
interface PlainDrive {
  readonly key: Buffer
  readonly version: number
  readonly db: { batch(): Batch }
  ready(): Promise<void>
  close(): Promise<void>
  put(name: string, content: Buffer): Promise<void>
  entry(name: string): Promise<{ value: { blob: object | null } } | null>
  getBlobs(): Promise<{ core: { append(blocks: Buffer[]): Promise<void> } }>
}

type Batch = { put(name: string, entry: object, options: object): Promise<void>; flush(): Promise<void> }

/** A drive of plain Hyperdrive, online, whose author may write anything. */
export class VanillaDrive {
  readonly key: string
  readonly drive: PlainDrive
  private readonly store: Corestore
  private readonly network: Network

  private constructor(drive: PlainDrive, store: Corestore, network: Network) {
    this.key = encodeKey(drive.key)
    this.drive = drive
    this.store = store
    this.network = network
  }

  static async open(): Promise<VanillaDrive> {
    const store = new Corestore(path.join(tempDir(), 'store'))
    const drive = new Hyperdrive(store) as unknown as PlainDrive
    await drive.ready()
    const network = await localNetwork()
    network.serve(store as unknown as Parameters<typeof network.serve>[0])
    await network.join(encodeKey(drive.key), { announce: true, find: false })
    later(() => drive.close())
    later(() => store.close())
    return new VanillaDrive(drive, store, network)
  }

  async put(files: Record<string, string | Buffer>): Promise<void> {
    for (const [name, content] of Object.entries(files)) await this.drive.put(name, Buffer.from(content))
  }

  /** Where the bytes of a file lie. */
  async blobOf(name: string): Promise<object> {
    const entry = await this.drive.entry(name)
    if (!entry?.value.blob) throw new Error(`no file at ${name}`)
    return entry.value.blob
  }

  /** Names entries as Hyperdrive does, which first makes every name tidy; these stay as they are. */
  async nameRaw(
    entries: Record<string, { blob: object | null; linkname?: string; metadata?: unknown }>
  ): Promise<void> {
    const batch = this.drive.db.batch()
    for (const [name, { blob, linkname = null, metadata = null }] of Object.entries(entries))
      await batch.put(name, { executable: false, linkname, blob, metadata }, { keyEncoding })
    await batch.flush()
  }

  /** Appends blocks to a core of the same store that is no drive. @returns its key */
  async otherCore(blocks: Buffer[]): Promise<string> {
    const core = this.store.get({ name: 'other' }) as {
      key: Buffer
      ready(): Promise<void>
      append(blocks: Buffer[]): Promise<void>
    }
    await core.ready()
    await core.append(blocks)
    await this.network.join(encodeKey(core.key), { announce: true, find: false })
    return encodeKey(core.key)
  }

  /** Ends its connections. */
  async leave(): Promise<void> {
    await this.network.close()
  }
}
