import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { debug } from '../debug.js'
import { messageOf } from '../error.js'

/**
 * With so many new bytes in its cores, a store that stays open is to be moved to the files of RocksDB. Without that, RocksDB keeps up
 * to 64 MB in memory, and as much in its log.
 */
export const FLUSH_BYTES = 2 ** 20

/**
 * Removes what RocksDB noted of itself when the store was opened before: 50 KB each time, of which it keeps a thousand. No data
 * is in it. To be called by who has the store open for writing.
 *
 * @param dir the folder of the store
 */
export function removeOldLogs(dir: string): void {
  try {
    const database = path.join(dir, 'db')
    for (const name of readdirSync(database))
      if (name.startsWith('LOG.old.')) rmSync(path.join(database, name), { force: true })
  } catch (error) {
    // Such as Windows, where a reader still writes into one: the next time removes it.
    debug('seeds', () => `logs in ${dir} could not be removed: ${messageOf(error)}`)
  }
}
