import { existsSync } from 'node:fs'
import path from 'node:path'
import HypercoreStorage from 'hypercore-storage'

/**
 * The database of a live preview, for a process that runs all day beside other programs. RocksDB's cache of blocks would take 32 MB
 * little by little; what is read again soon is in the system's cache of files.
 */
export function steadyStorage(dir: string): HypercoreStorage {
  // Indexes and filters of tables would be kept in that cache. A preview has few of them.
  return new HypercoreStorage(dir, { blockCache: false, tableCacheIndexAndFilterBlocks: false })
}

/**
 * The database of a site. A new one is filled by one publish, often with much. RocksDB would gather twice 64 MB of that in memory, and
 * would copy a quarter of what it has written again and again, in search of removed bytes, of which there are none yet.
 */
export function siteStorage(dir: string): HypercoreStorage {
  const isNew = !existsSync(path.join(dir, 'db'))
  return new HypercoreStorage(
    dir,
    isNew ? { writeBufferSize: 8 * 2 ** 20, blobGarbageCollectionAgeCutOff: 0 } : {}
  )
}
