import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type CorestoreClass from 'corestore'
import { vi } from 'vitest'
import { makeLiable, type InnerCore, type Tongue } from '../support/lying-core.js'
import { MemoryDb, Table } from './memory-db.js'
import { ModelProcess } from './process.js'
import { folderListeners } from './system-calls.js'

const Corestore = (await vi.importActual<{ default: typeof CorestoreClass }>('corestore')).default
const { siteStorage } = await vi.importActual<typeof import('../../src/holepunch/steady-storage.js')>(
  '../../src/holepunch/steady-storage.js'
)

/** What lies in each folder, while stores are kept in memory. */
const tables = new Map<string, Table>()
/** Which database is open in each folder. */
const open = new Map<string, MemoryDb>()
const conflictListeners = new Map<string, (where: string) => void>()
let isOnDisk = false
/** Has nothing in it; a publish syncs it. */
const LOG = '1.log'

/** From now on stores are kept on the disk, by RocksDB; else in memory. */
export function keepStoresOnDisk(yes: boolean): void {
  isOnDisk = yes
}

/** Calls back when any core of any store below a folder finds that one length was signed twice. @returns stops it */
export function watchConflicts(root: string, listener: (where: string) => void): () => void {
  conflictListeners.set(root, listener)
  return () => conflictListeners.delete(root)
}

interface Verifier {
  manifestHash: Buffer
  sign(batch: { fork: number; length: number; hash(): Buffer }, keyPair: unknown): Buffer
}
const { prototype: verifier } = createRequire(createRequire(import.meta.url).resolve('hypercore'))(
  './lib/verifier'
) as { prototype: Verifier }
/** Each process notes what it signs. */
// oxlint-disable-next-line typescript/unbound-method -- it is called with its own `this`
verifier.sign = new Proxy(verifier.sign, {
  apply(sign, self: Verifier, given: Parameters<Verifier['sign']>) {
    const [{ fork, length }] = given
    const core = self.manifestHash.toString('hex')
    ModelProcess.here?.signed.push({ core, fork, length, hash: given[0].hash().toString('hex') })
    return Reflect.apply(sign, self, given) as Buffer
  }
})

const tongues = new Map<string, Tongue>()

/** Makes the store of a folder lie. */
export function lie(dir: string, tongue: Tongue | null): void {
  if (tongue) tongues.set(dir, tongue)
  else tongues.delete(dir)
}

/** The parts of hypercore's inside that are listened to. */
interface WatchedCore extends InnerCore {
  _onconflict(proof: unknown): Promise<void>
}

/** Takes Corestore's place: the same, over a database in memory, and every core of it is listened to. */
export class ModelCorestore extends Corestore {
  constructor(dir: string, options: ConstructorParameters<typeof CorestoreClass>[1] = {}) {
    super(isOnDisk ? databaseOnDisk(dir, options) : (memoryDb(dir, options) as unknown as string), options)
    const watched = this as unknown as { watch(listener: (core: WatchedCore) => void): void }
    watched.watch((core) => {
      reportConflicts(dir, core)
      makeLiable(core, () => tongues.get(dir))
    })
  }
}

/** The parts of a core's inside that hold blocks. */
interface BlockStorage {
  write(): {
    deleteBlock(index: number): void
    putBitfieldPage(index: number, page: unknown): void
    setHints(hints: { contiguousLength: number; remoteContiguousLength: number }): void
    flush(): Promise<unknown>
  }
}
interface Bitfield {
  get(index: number): boolean
  set(index: number, isThere: boolean): void
  getBitfield(index: number): { index: number; bitfield: unknown }
}

/**
 * Takes single blocks out of a core, and leaves its tree and its head, as a disk does that loses some. The store is not open.
 * (`clear` of hypercore 11.37.1 takes out tree nodes that others need.)
 *
 * @returns which
 */
export async function loseBlocks(
  dir: string,
  key: Buffer,
  isLost: (block: number) => boolean
): Promise<number[]> {
  const store = new ModelCorestore(dir)
  try {
    const core = store.get({ key })
    await core.ready()
    const { header, bitfield, state } = core.core as unknown as {
      header: { hints: { contiguousLength: number } }
      bitfield: Bitfield
      state: { storage: BlockStorage }
    }
    const lost = Array.from({ length: core.length }, (_, block) => block).filter(
      (block) => isLost(block) && bitfield.get(block)
    )
    const [first] = lost
    if (first === undefined) return lost
    const changes = state.storage.write()
    for (const block of lost) {
      bitfield.set(block, false)
      changes.deleteBlock(block)
      const page = bitfield.getBitfield(block)
      changes.putBitfieldPage(page.index, page.bitfield)
    }
    const contiguousLength = Math.min(header.hints.contiguousLength, first)
    changes.setHints({ contiguousLength, remoteContiguousLength: 0 })
    await changes.flush()
    return lost
  } finally {
    await store.close()
  }
}

export const stores = {
  /** Copies a store that nobody has open; with its device file it is recognised as a copy, without it never. */
  copy(from: string, to: string): void {
    stores.remove(to)
    const table = tables.get(from)
    if (table) tables.set(to, table.copy())
    if (existsSync(from)) cpSync(from, to, { recursive: true })
  },
  /** Puts back, or takes away, what the database in a folder holds; the folder goes on being the same place. */
  restore(from: string, to: string): void {
    const table = tables.get(from)
    if (table) tables.set(to, table.copy())
    else tables.delete(to)
    rmSync(path.join(to, 'db'), { recursive: true, force: true })
    if (existsSync(path.join(from, 'db')))
      cpSync(path.join(from, 'db'), path.join(to, 'db'), { recursive: true })
  },
  /** Whether stores are kept in memory, where whoever has one open can be killed. */
  get areKillable(): boolean {
    return !isOnDisk
  },
  /** A dead process left it. Of what came after the last sync, the later part is gone. */
  cutPower(dir: string): void {
    tables.get(dir)?.cutPower()
  },
  /** What is in a store now. @returns whether nothing was written to it since */
  photograph(dir: string): () => boolean {
    const table = tables.get(dir)
    const before = table?.copy()
    return () => tables.get(dir) === table && (!table || !before || table.isAs(before))
  },
  /** What `moveStore` does, for stores in memory too. */
  move(from: string, to: string): void {
    stores.remove(to)
    if (existsSync(from)) renameSync(from, to)
    const table = tables.get(from)
    if (table) tables.set(to, table)
    tables.delete(from)
  },
  // The folder first: a process may be killed at it.
  remove(dir: string): void {
    rmSync(dir, { recursive: true, force: true })
    tables.delete(dir)
  },
  forget(root: string): void {
    for (const dir of tables.keys()) if (dir.startsWith(root + path.sep)) tables.delete(dir)
  }
}

folderListeners.synced = (dir) => tables.get(path.dirname(dir))?.sync()
folderListeners.removed = (dir) => tables.delete(dir)

function databaseOnDisk(dir: string, { readOnly = false }) {
  return readOnly ? dir : siteStorage(dir)
}

function memoryDb(dir: string, { readOnly = false, allowBackup = false }): MemoryDb {
  const table = tables.get(dir) ?? new Table()
  const file = path.join(dir, 'db')
  const process = ModelProcess.here
  if (readOnly) return new MemoryDb(file, table.copy(), { onOpen: () => {}, onClose: () => {}, process })
  const leave = () => {
    if (open.get(dir) === db) open.delete(dir)
  }
  const db = new MemoryDb(file, table, {
    process,
    onOpen: () => {
      if (open.get(dir) === db) return
      take(dir, db, allowBackup)
      tables.set(dir, table)
      process?.onKill(leave)
      table.sync()
    },
    onClose: leave
  })
  return db
}

/** What RocksDB's lock and the device file see to. */
function take(dir: string, db: MemoryDb, allowBackup: boolean): void {
  if (open.has(dir)) throw new Error('File descriptor could not be locked')
  mkdirSync(path.join(dir, 'db'), { recursive: true })
  for (const name of [LOG, 'CURRENT']) writeFileSync(path.join(dir, 'db', name), '')
  const device = path.join(dir, 'CORESTORE')
  if (!existsSync(device)) writeFileSync(device, dir)
  else if (!allowBackup && readFileSync(device, 'utf8') !== dir)
    throw Object.assign(new Error('Invalid device file, was modified'), { code: 'DEVICE_FILE' })
  open.set(dir, db)
}

function reportConflicts(dir: string, core: WatchedCore): void {
  const onConflict = core._onconflict.bind(core)
  core._onconflict = (proof) => {
    for (const [root, listener] of conflictListeners) if (dir.startsWith(root + path.sep)) listener(dir)
    return onConflict(proof)
  }
}
