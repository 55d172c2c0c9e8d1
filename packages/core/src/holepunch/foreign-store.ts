import { rmSync } from 'node:fs'
import path from 'node:path'
import Corestore from 'corestore'
import { SitedriveError } from '../error.js'
import { takeOverConflicts } from './conflicts.js'
import { storeError } from './errors.js'
import { indexCache } from './index-cache.js'
import type HypercoreStorage from 'hypercore-storage'
import { removeOldLogs } from './store-logs.js'
import { rememberTreesIn } from './tree-memory.js'

/** Opens the database of a store. */
type StorageOf = (dir: string) => HypercoreStorage

/**
 * Opens a store of cores that others sign. One that was copied here from another machine or place belongs to this one from now
 * on: two such copies can sign nothing, so they harm nobody.
 *
 * @param storageOf its database. @default RocksDB as it is, for many sites
 * @throws {SitedriveError} STORE_LOCKED, DISK_FULL or STORE_FAILED
 */
export async function openForeignStore(dir: string, storageOf?: StorageOf): Promise<Corestore> {
  try {
    return await openToShare(dir, storageOf)
  } catch (error) {
    // guard: a copied store of what others sign is opened
    if (!(error instanceof SitedriveError && error.code === 'STORE_COPIED')) throw error
    // Corestore's device file binds a store to its place on the disk. If it is missing, Corestore creates a new one.
    rmSync(path.join(dir, 'CORESTORE'), { force: true })
    return openToShare(dir, storageOf)
  }
}

/**
 * Opens a store of which this process signs nothing. A copy is refused.
 *
 * @throws {SitedriveError} STORE_LOCKED, STORE_COPIED, DISK_FULL or STORE_FAILED
 */
export async function openToShare(dir: string, storageOf?: StorageOf): Promise<Corestore> {
  const store = new Corestore(storageOf ? storageOf(dir) : dir, { globalCache: indexCache() })
  takeOverConflicts(store, { keepOpen: true })
  rememberTreesIn(store)
  try {
    await store.ready()
    // guard: a peer keeps no logs of earlier starts
    removeOldLogs(dir)
    return store
  } catch (error) {
    await store.close().catch(() => {}) // the first error explains the failure
    throw storeError(error, dir)
  }
}
