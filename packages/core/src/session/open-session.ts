import { readIfThere } from '../disk/durable-file.js'
import { SitedriveError } from '../error.js'
import { readScanCache, type ScanCache } from '../folder/scan-cache.js'
import type { SiteKeys } from '../holepunch/key-pairs.js'
import { siteCores } from '../holepunch/site-cores.js'
import type { SiteWriter } from '../holepunch/site-store.js'
import { makePrivateDir, type SitePaths } from '../machine/data-dir.js'
import { readHead, writeHead, type Head } from '../machine/signed-head.js'
import { acquireWriterLock, type LockHolder, type WriterLock } from '../machine/writer-process-lock.js'
import { readHistory } from './read-history.js'
import { ReplaceableStore } from './replaceable-store.js'
import { SiteSession } from './site-session.js'
import type { Uplink } from './uplink.js'

export interface SessionOptions {
  paths: SitePaths
  keys: SiteKeys
  uplink: Uplink
  /** What was read before the lock was asked for; null: nothing. */
  seen: SeenState | null
  /** Continue from the store of this machine although releases may be lost. */
  acceptLoss: boolean
  /** A seed holds more than this machine. So another machine signs too, even if the head file says `exclusive`. */
  isNotAlone: boolean
  /** Milliseconds. */
  lockTimeoutMs: number
  /** Is called at once and then again and again while another process holds the lock. */
  onWait: (holder: LockHolder | null, waitedMs: number) => void
  signal?: AbortSignal | undefined
}

/** The site's files in the data directory as they were read without the lock. */
export interface SeenState {
  /** The text of the head file; null when there was none. */
  headSeen: string | null
  /** The last scan, with stamps brought up to date. */
  cache: ScanCache | null
}

/**
 * Waits for the lock, opens the store, and compares it with what this machine signed. When other machines may have signed
 * too, asks the seeds and fetches what they have.
 *
 * @throws {SitedriveError} STORE_BEHIND when the store lacks releases, SEED_UNREACHABLE when too few seeds say what they
 *   hold, both unless the loss was accepted; LOCK_TIMEOUT, HEAD_INVALID and the store's own
 */
export async function openSession(options: SessionOptions): Promise<SiteSession> {
  const { paths, keys, uplink, seen, acceptLoss, signal } = options
  let lock: WriterLock | null = null
  try {
    makePrivateDir(paths.dir)
    lock = await acquireWriterLock(paths.lock, {
      timeoutMs: options.lockTimeoutMs,
      onWait: options.onWait,
      ...(signal && { signal })
    })
    // Dialling runs beside everything below. It begins after the lock: a seed keeps only the newest connection with each
    // publisher, so dialling earlier would end the connection of the publish that holds the lock.
    uplink.begin(siteCores(keys))
    const isOvertaken = seen !== null && readIfThere(paths.head) !== seen.headSeen
    const cache = seen && !isOvertaken ? seen.cache : readScanCache(paths.cache)
    const signed = readSignedHead(options)
    const store = await ReplaceableStore.open(paths.store, keys, acceptLoss)
    try {
      const history = await readHistory({ key: keys.key, store, signed, cache, uplink, acceptLoss })
      const head = signed ?? (await headOfStore(history.writer))
      return new SiteSession({ ...history, paths, uplink, signal, lock, head, isOvertaken })
    } catch (error) {
      await store.restore().catch(() => {}) // the first error is the one that explains the failure
      throw error
    }
  } catch (error) {
    await uplink.close().catch(() => {})
    lock?.release()
    throw error
  }
}

/** Reads the head file, and notes in it when another machine has the key too. */
function readSignedHead({ paths, acceptLoss, isNotAlone }: SessionOptions): Head | null {
  const signed = readHeadOrAccept(paths.head, acceptLoss)
  // guard: bump: a copy is never exclusive
  if (signed?.exclusive && (acceptLoss || isNotAlone)) {
    // Somebody who accepts a loss says that there is another machine, and so does a seed that holds more. This is written
    // before a copied store is opened: once it was opened, nothing shows that it was copied.
    const shared = { ...signed, exclusive: false }
    writeHead(paths.head, shared)
    return shared
  }
  return signed
}

function readHeadOrAccept(file: string, acceptLoss: boolean): Head | null {
  try {
    return readHead(file)
  } catch (error) {
    if (acceptLoss && error instanceof SitedriveError) return null
    throw error
  }
}

/** The head of a machine that has no record of what it signed. */
async function headOfStore(writer: SiteWriter): Promise<Head> {
  return { ...(await writer.state()), indexHash: null, release: 0, exclusive: false, intent: null }
}
