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
 * The database of a site that is published. RocksDB gathers 64 MB in memory before it writes a file, and gathers as much again
 * meanwhile. A publish of many files fills that several times over, so less is no slower.
 */
export function siteStorage(dir: string): HypercoreStorage {
  return new HypercoreStorage(dir, { writeBufferSize: 16 * 2 ** 20 })
}
