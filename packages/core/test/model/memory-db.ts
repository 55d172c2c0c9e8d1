import { createRequire } from 'node:module'
import { never, step, type ModelProcess } from './process.js'

interface Entry {
  key: Buffer
  value: Buffer
}

/** What Corestore's own streams are made of: it sets `map` on the state of those that it is given. */
interface StreamxReadable {
  push(item: Entry | null): boolean
}
const requireFromHypercore = createRequire(createRequire(import.meta.url).resolve('hypercore'))
const streamx = requireFromHypercore('streamx') as {
  Readable: new (options: {
    read(this: StreamxReadable, done: (error: Error | null) => void): void
  }) => StreamxReadable
}

/** Everything that one database holds, sorted by key. Copies are cheap: they share the entries until one writes. */
export class Table {
  private entries: Entry[]
  /** What it held after each change since the last sync; null: that is not noted. */
  private unsynced: Entry[][] | null = null

  constructor(entries: Entry[] = []) {
    this.entries = entries
  }

  /** What it holds now is on the disk. */
  sync(): void {
    this.unsynced = [this.entries]
  }

  /** Of what came after the last sync, the later part is gone. */
  cutPower(): void {
    const { unsynced } = this
    if (unsynced) this.entries = unsynced[Math.floor(Math.random() * unsynced.length)] as Entry[]
  }

  /** Whether another one holds the same, because neither was written to since one was copied from the other. */
  isAs(other: Table): boolean {
    return this.entries === other.entries
  }

  copy(): Table {
    return new Table(this.entries)
  }

  get(key: Buffer): Buffer | null {
    const at = this.entries[this.place(key)]
    return at?.key.equals(key) ? at.value : null
  }

  range({ gt, gte, lt, lte }: Range): Entry[] {
    const start = gte ? this.place(gte) : gt ? this.placeAfter(gt) : 0
    const end = lt ? this.place(lt) : lte ? this.placeAfter(lte) : this.entries.length
    return this.entries.slice(start, end)
  }

  apply(changes: Change[]): void {
    this.entries = [...this.entries] // whoever copied this table keeps the old ones
    for (const { key, value, end } of changes) {
      const at = this.place(key)
      const isThere = this.entries[at]?.key.equals(key) === true
      if (end) this.entries.splice(at, Math.max(0, this.place(end) - at))
      else if (value) this.entries.splice(at, isThere ? 1 : 0, { key, value })
      else if (isThere) this.entries.splice(at, 1)
    }
    this.unsynced?.push(this.entries)
  }

  private placeAfter(key: Buffer): number {
    const at = this.place(key)
    return this.entries[at]?.key.equals(key) ? at + 1 : at
  }

  /** Where the first entry stands that is not below a key. */
  private place(key: Buffer): number {
    let [low, high] = [0, this.entries.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (Buffer.compare((this.entries[middle] as Entry).key, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

interface Range {
  gt?: Buffer
  gte?: Buffer
  lt?: Buffer
  lte?: Buffer
  reverse?: boolean
  limit?: number
}

interface Change {
  key: Buffer
  value: Buffer | null
  /** Takes out all from `key` to here. */
  end: Buffer | null
}

export interface DbUser {
  /** Whoever opens it asks, again and again. Throws when it may not be opened. */
  onOpen(): void
  onClose(): void
  /** undefined: the model itself. */
  readonly process: ModelProcess | undefined
}

/** A database that answers as `rocksdb-native` does, one turn of the event loop later, and has nothing on the disk. */
export class MemoryDb {
  /** @internal Read by hypercore-storage. */
  readonly _state: { closing: boolean }
  /** @internal */
  readonly _snapshot: Table | null
  /** @internal */
  _index = 0
  readonly path: string
  opened = true
  private readonly table: Table
  private readonly root: MemoryDb
  private readonly user: DbUser

  constructor(path: string, table: Table, user: DbUser, root?: MemoryDb, snapshot?: Table | null) {
    this.path = path
    this.table = table
    this.user = user
    this.root = root ?? this
    this._state = this.root === this ? { closing: false } : this.root._state
    this._snapshot = snapshot ?? null
  }

  get closed(): boolean {
    return this._index === -1
  }

  get snapshotted(): boolean {
    return this._snapshot !== null
  }

  ready(): Promise<void> {
    return step(this.user.process, () => this.user.onOpen())
  }

  async suspend(): Promise<void> {}
  async resume(): Promise<void> {}
  async flush(): Promise<void> {}
  async compactRange(): Promise<void> {}

  columnFamily(): MemoryDb {
    return this.session()
  }

  session(): MemoryDb {
    this.mustBeOpen()
    return new MemoryDb(this.path, this.table, this.user, this.root, this._snapshot)
  }

  snapshot(): MemoryDb {
    this.mustBeOpen()
    return new MemoryDb(this.path, this.table, this.user, this.root, this._snapshot ?? this.table.copy())
  }

  async close(): Promise<void> {
    if (this._index === -1) return
    this._index = -1
    if (this.root !== this) return
    this._state.closing = true
    await step(this.user.process, turn)
    this.user.onClose()
  }

  read(): ReadBatch {
    this.mustBeOpen()
    return new ReadBatch(this._snapshot ?? this.table, this.user.process)
  }

  write(): WriteBatch {
    this.mustBeOpen()
    return new WriteBatch(this.table, this.user.process)
  }

  iterator(range: Range, more: Range = {}): StreamxReadable {
    this.mustBeOpen()
    const { reverse = false, limit = -1, ...bounds } = { ...range, ...more }
    const table = this._snapshot ?? this.table
    const { process } = this.user
    return new streamx.Readable({
      read(done) {
        if (process?.step() === false) return
        const found = table.range(bounds)
        if (reverse) found.reverse()
        setImmediate(() => {
          if (process?.isDead) return
          for (const entry of limit < 0 ? found : found.slice(0, limit))
            this.push({ key: copyOf(entry.key), value: copyOf(entry.value) })
          this.push(null)
          done(null)
        })
      }
    })
  }

  private mustBeOpen(): void {
    if (this._state.closing || this._index === -1) throw new Error('RocksDB session is closed')
  }
}

/** Gathers reads; all are answered by the state at the flush. */
class ReadBatch {
  private readonly table: Table
  private readonly process: ModelProcess | undefined
  private wanted: { key: Buffer; resolve: (value: Buffer | null) => void }[] = []

  constructor(table: Table, process: ModelProcess | undefined) {
    this.table = table
    this.process = process
  }

  get(key: Buffer): Promise<Buffer | null> {
    return new Promise((resolve) => this.wanted.push({ key, resolve }))
  }

  async flush(): Promise<void> {
    const { wanted } = this
    this.wanted = []
    if (this.process?.step() === false) return never()
    const found = wanted.map(({ key }) => this.table.get(key))
    await turn()
    if (this.process?.isDead) return never()
    // Whoever asked may write to what is handed out.
    wanted.forEach(({ resolve }, n) => resolve(found[n] ? copyOf(found[n]) : null))
  }

  tryFlush(): void {
    void this.flush()
  }

  destroy(): void {}
}

/** Gathers changes and makes them as one step. */
class WriteBatch {
  private readonly table: Table
  private readonly process: ModelProcess | undefined
  private changes: Change[] = []

  constructor(table: Table, process: ModelProcess | undefined) {
    this.table = table
    this.process = process
  }

  tryPut(key: Buffer, value: Buffer | string): void {
    this.changes.push({ key: copyOf(key), value: copyOf(value), end: null })
  }

  tryDelete(key: Buffer): void {
    this.changes.push({ key: copyOf(key), value: null, end: null })
  }

  tryDeleteRange(start: Buffer, end: Buffer): void {
    this.changes.push({ key: copyOf(start), value: null, end: copyOf(end) })
  }

  async flush(): Promise<void> {
    const { changes } = this
    this.changes = []
    if (this.process?.step() === false) return never()
    this.table.apply(changes) // in the order in which they were asked for, as by one thread
    await turn()
    if (this.process?.isDead) return never()
  }

  tryFlush(): void {
    void this.flush()
  }

  destroy(): void {}
}

// Encoders hand out parts of buffers that they go on writing to.
function copyOf(bytes: Buffer | string): Buffer {
  return Buffer.from(bytes)
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
