import {
  claimedHash,
  endOf,
  hashBlob,
  HASH_MISMATCH,
  type BlobPointer,
  type Drive,
  type DriveEntry
} from '@sitedrive/core/drive'
import { isPlausible } from '../plausible-pointer.js'
import type { ProvedFiles } from './proved-files.js'

/** A file that is not what its author signed. */
export interface Damage {
  path: string
  /** For people: a part of a sentence, such as `its bytes are not those that were signed`. */
  why: string
}

export interface Proof {
  damaged: Damage[]
  /** All blobs of the files are below this block. */
  usedBlobs: number
}

export interface Proving {
  drive: Pick<Drive, 'blocks'>
  /** Blocks of the blobs core. */
  blobsLength: number
  /** The maximum number of bytes to read: an index may point at the same bytes many times. */
  budgetBytes: number
  proved: Pick<ProvedFiles, 'has' | 'add' | 'moves'>
  /** Whether all blocks that a pointer names are on this machine. */
  isHeld: (blob: BlobPointer) => Promise<boolean>
  signal?: AbortSignal | undefined
}

const NOWHERE = 'the index says that its bytes are where none can be'
const TOO_OFTEN = 'the index points at the same bytes more often than they are checked'

/** The number of files that are read at the same time: reading one small file is mostly waiting. */
const AT_ONCE = 8

/**
 * Compares the bytes of files with the hashes that their author signed. Files without a hash, which other programs write,
 * are skipped. Files that were proved before are not read again.
 *
 * @throws the error of reading. Bytes that cannot be read prove nothing
 */
export async function proveFiles(
  files: AsyncIterable<DriveEntry> | Iterable<DriveEntry>,
  proving: Proving
): Promise<Proof> {
  const { blobsLength, proved, drive, isHeld, signal } = proving
  const damaged: Damage[] = []
  let usedBlobs = 0
  let left = proving.budgetBytes
  const onBytes = (count: number) => {
    // guard: proof: a check reads no more than is stored, whatever the index says
    left -= count
    if (left < 0) throw new OverBudget()
  }

  const prove = async (entry: DriveEntry, blob: BlobPointer, claim: string) => {
    const { moves } = proved
    const why = await whyNot(blob, claim)
    // guard: proof: what was read while the core moved is not remembered
    if (why === null && proved.moves === moves) proved.add(blob, claim)
    if (why !== null) damaged.push({ path: entry.path, why })
  }

  const whyNot = async (blob: BlobPointer, claim: string): Promise<string | null> => {
    if (left < 0) return TOO_OFTEN
    try {
      return (await hashBlob(drive, blob, { signal, onBytes })) === claim ? null : HASH_MISMATCH
    } catch (error) {
      if (error instanceof OverBudget) return TOO_OFTEN
      // All blocks are here and have fewer bytes than the index says: the index is wrong.
      // guard: proof: bytes that cannot be read are no damage
      if (!signal?.aborted && (await isHeld(blob))) return NOWHERE
      throw error
    }
  }

  const queue = iterate(files)
  let isOver = false
  const work = async () => {
    for (let next = await queue.next(); !next.done && !isOver; next = await queue.next()) {
      signal?.throwIfAborted()
      const entry = next.value
      const { blob } = entry
      const claim = claimedHash(entry)
      if (!blob) continue
      const isSomewhere = isPlausible(blob, blobsLength)
      if (isSomewhere) usedBlobs = Math.max(usedBlobs, endOf(blob))
      if (claim === null) continue
      if (!isSomewhere) damaged.push({ path: entry.path, why: NOWHERE })
      else if (!proved.has(blob, claim)) await prove(entry, blob, claim)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    isOver = true // when one fails, the others end as well
  }
  damaged.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { damaged, usedBlobs }
}

class OverBudget extends Error {}

/** A generator gives each item to one caller, even when several ask at once. */
async function* iterate<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  yield* items
}
