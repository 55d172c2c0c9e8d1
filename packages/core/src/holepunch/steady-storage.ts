import HypercoreStorage from 'hypercore-storage'

/**
 * The database of a live preview, for a process that runs all day beside other programs. RocksDB's cache of blocks would take 32 MB
 * little by little; what is read again soon is in the system's cache of files.
 */
export function steadyStorage(dir: string): HypercoreStorage {
  // With a cache of blocks or without, indexes and filters of tables are kept in memory: a preview has few.
  return new HypercoreStorage(dir, { blockCache: false, tableCacheIndexAndFilterBlocks: false })
}
