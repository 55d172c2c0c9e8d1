import HypercoreStorage from 'hypercore-storage'

/**
 * The database of a live preview, for a process that runs all day beside other programs. RocksDB's cache of blocks would take 32 MB
 * little by little; what is read again soon is in the system's cache of files.
 */
export function steadyStorage(dir: string): HypercoreStorage {
  // Indexes and filters of tables would be kept in that cache. A preview has few of them.
  return new HypercoreStorage(dir, { blockCache: false, tableCacheIndexAndFilterBlocks: false })
}
