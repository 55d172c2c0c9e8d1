import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { codeOf } from '../error.js'

/**
 * Whether there is a store in a folder. A process that was killed while it made one leaves a folder that only a writer can open:
 * RocksDB (rocksdb-native 3.18.1) writes its file `CURRENT` last, and data after that. Nothing was ever in it.
 *
 * @throws what reading the folder throws, but for that it is not there
 */
export function hasStore(dir: string): boolean {
  const db = path.join(dir, 'db')
  let names: string[]
  try {
    names = readdirSync(db)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  // guard: a store that was never finished is none
  if (names.includes('CURRENT')) return true
  // With data and without `CURRENT` it is damaged, and whoever opens it says so.
  return names.some(
    (name) => name.endsWith('.sst') || (name.endsWith('.log') && sizeOf(path.join(db, name)) > 0)
  )
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
