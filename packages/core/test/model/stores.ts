import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type CorestoreClass from 'corestore'
import { vi } from 'vitest'
import { makeLiable, type InnerCore, type Tongue } from '../support/lying-core.js'
import { MemoryDb, Table } from './memory-db.js'

const Corestore = (await vi.importActual<{ default: typeof CorestoreClass }>('corestore')).default

/** What lies in each folder, while stores are kept in memory. */
const tables = new Map<string, Table>()
const open = new Set<string>()
const conflictListeners = new Map<string, (where: string) => void>()
let isOnDisk = false

/** From now on stores are kept on the disk, by RocksDB; else in memory. */
export function keepStoresOnDisk(yes: boolean): void {
  isOnDisk = yes
}

/** Calls back when any core of any store below a folder finds that one length was signed twice. @returns stops it */
export function watchConflicts(root: string, listener: (where: string) => void): () => void {
  conflictListeners.set(root, listener)
  return () => conflictListeners.delete(root)
}

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
    super(isOnDisk ? dir : (memoryDb(dir, options) as unknown as string), options)
    const watched = this as unknown as { watch(listener: (core: WatchedCore) => void): void }
    watched.watch((core) => {
      reportConflicts(dir, core)
      makeLiable(core, () => tongues.get(dir))
    })
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
  /** The database as it is at this moment, open or not. Stores in memory only. */
  photograph(dir: string): () => void {
    const table = tables.get(dir)?.copy()
    return () => {
      if (table) tables.set(dir, table)
      else tables.delete(dir)
    }
  },
  /** What `moveStore` does, for stores in memory too. */
  move(from: string, to: string): void {
    stores.remove(to)
    const table = tables.get(from)
    if (table) tables.set(to, table)
    tables.delete(from)
    if (existsSync(from)) renameSync(from, to)
  },
  remove(dir: string): void {
    tables.delete(dir)
    rmSync(dir, { recursive: true, force: true })
  },
  forget(root: string): void {
    for (const dir of tables.keys()) if (dir.startsWith(root + path.sep)) tables.delete(dir)
  }
}

function memoryDb(dir: string, { readOnly = false, allowBackup = false }): MemoryDb {
  const table = tables.get(dir) ?? new Table()
  const file = path.join(dir, 'db')
  if (readOnly) return new MemoryDb(file, table.copy(), { onOpen: () => {}, onClose: () => {} })
  let isOpen = false
  return new MemoryDb(file, table, {
    onOpen: () => {
      if (!isOpen) take(dir, allowBackup)
      isOpen = true
      tables.set(dir, table)
    },
    onClose: () => {
      if (isOpen) open.delete(dir)
    }
  })
}

/** What RocksDB's lock and the device file see to. */
function take(dir: string, allowBackup: boolean): void {
  if (open.has(dir)) throw new Error('File descriptor could not be locked')
  mkdirSync(path.join(dir, 'db'), { recursive: true })
  const device = path.join(dir, 'CORESTORE')
  if (!existsSync(device)) writeFileSync(device, dir)
  else if (!allowBackup && readFileSync(device, 'utf8') !== dir)
    throw Object.assign(new Error('Invalid device file, was modified'), { code: 'DEVICE_FILE' })
  open.add(dir)
}

function reportConflicts(dir: string, core: WatchedCore): void {
  const onConflict = core._onconflict.bind(core)
  core._onconflict = (proof) => {
    for (const [root, listener] of conflictListeners) if (dir.startsWith(root + path.sep)) listener(dir)
    return onConflict(proof)
  }
}
