import { createHash } from 'node:crypto'
import { SitedriveError } from '@sitedrive/core'
import { claimedHash, isReservedPath, SOURCE_DIR, type Drive } from '@sitedrive/core/drive'
import { PROJECT_FILE } from '@sitedrive/core/internal'
import { isPlausible } from '@sitedrive/mirror/parts'
import type { SiteSource } from '../site/site-source.js'
import { hasMarks, mergeTexts } from './merge-text.js'
import type { WorkFolder } from './work-folder.js'

/** What became of a file that the other side has changed. */
export interface MergedFile {
  path: string
  did: 'added' | 'updated' | 'merged' | 'removed' | 'conflict'
  /** Part of a sentence, for people; of conflicts. */
  why: string | null
}

/** One state of a site whose files are merged. */
export interface Side {
  drive: SiteSource
  at: Drive
  /** Blocks of the blobs core. */
  blobsLength: number
}

/** A file of one state. */
interface FileThere {
  hash: string | null
  read: () => Promise<Buffer>
}

/** One step, decided before the first is done. */
type Step = MergedFile & { bytes: (() => Promise<Buffer>) | null }

/**
 * Merges what the other side made of a state into a folder in which somebody works. What only one side changed is taken; texts that both changed are merged
 * line by line; what cannot be merged is named, and stays as it is in the folder. Nothing is written before all is read.
 *
 * @param part what is merged: the source that the states carry, or the files of the site
 * @returns what was done, sorted by path
 * @throws {SitedriveError} DRIVE_CORRUPT when a file is not what was signed; FILE_UNREADABLE; DISK_FULL
 */
export async function mergeInto(
  folder: WorkFolder,
  sides: { base: Side; theirs: Side },
  {
    part,
    labels,
    signal
  }: { part: 'site' | 'source'; labels: { ours: string; theirs: string }; signal: AbortSignal }
): Promise<MergedFile[]> {
  const [base, theirs] = [await filesOf(sides.base, part, signal), await filesOf(sides.theirs, part, signal)]
  const steps: Step[] = []
  for (const file of new Set([...base.keys(), ...theirs.keys()])) {
    signal.throwIfAborted()
    const step = await stepFor(file, { base: base.get(file), theirs: theirs.get(file) }, { folder, labels })
    if (step) steps.push(step)
  }
  for (const { path, did, bytes } of steps) {
    if (bytes) folder.write(path, await bytes())
    else if (did === 'removed') folder.remove(path)
  }
  const files = steps.map(({ path, did, why }) => ({ path, did, why }))
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

async function stepFor(
  path: string,
  { base, theirs }: { base: FileThere | undefined; theirs: FileThere | undefined },
  { folder, labels }: { folder: WorkFolder; labels: { ours: string; theirs: string } }
): Promise<Step | null> {
  if (base && theirs && base.hash !== null && base.hash === theirs.hash) return null
  const conflict = (why: string): Step => ({ path, did: 'conflict', why, bytes: null })
  const taken = folder.whyNot(path)
  if (taken !== null) return conflict(taken)
  const ours = folder.read(path)
  const [before, after] = [base ? await base.read() : null, theirs ? await theirs.read() : null]
  if (isEqual(before, after) || isEqual(ours, after)) return null
  if (isEqual(ours, before)) {
    if (!theirs) return { path, did: 'removed', why: null, bytes: null }
    // Read again when it is written: all of them may be more than the memory holds.
    return { path, did: before ? 'updated' : 'added', why: null, bytes: theirs.read }
  }
  if (!after) return conflict('it was changed here, and removed there: it stays')
  if (!ours) return conflict('it was removed here, and changed there: it stays away')
  if (hasMarks(ours)) return conflict('it has the marks of a merge before: resolve them, then do this again')
  const merged = mergeTexts({ ours, base: before, theirs: after }, labels)
  if (!merged) return conflict('both changed it, and it is no text that can be merged: yours stays')
  const bytes = async () => merged.bytes
  if (merged.hasConflict) return { ...conflict('both changed the same lines: they are marked in it'), bytes }
  return { path, did: 'merged', why: null, bytes }
}

function isEqual(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}

async function filesOf(
  { drive, at, blobsLength }: Side,
  part: 'site' | 'source',
  signal: AbortSignal
): Promise<ReadonlyMap<string, FileThere>> {
  const files = new Map<string, FileThere>()
  const isSource = part === 'source'
  for await (const entry of isSource ? at.entriesBelow(SOURCE_DIR) : at.entries()) {
    const path = isSource ? entry.path.slice(SOURCE_DIR.length) : entry.path
    const { blob } = entry
    // guard: update: whose site it is stays
    if (!blob || (isSource ? path === `/${PROJECT_FILE}` : isReservedPath(path))) continue
    const hash = claimedHash(entry)
    const read = async () => {
      if (!isPlausible(blob, blobsLength))
        throw corrupt(path, 'the index says that its bytes are where none can be')
      await drive.fetchBlobs([blob], signal)
      const pieces: Buffer[] = []
      for await (const piece of at.blocks(blob)) pieces.push(piece)
      const bytes = Buffer.concat(pieces)
      // guard: update: other bytes than those that were signed are not taken over
      if (hash !== null && createHash('sha256').update(bytes).digest('base64url') !== hash)
        throw corrupt(path, 'its bytes are not those that were signed')
      return bytes
    }
    files.set(path, { hash, read })
  }
  return files
}

function corrupt(path: string, why: string): SitedriveError {
  return new SitedriveError('DRIVE_CORRUPT', `\`${path}\` cannot be trusted: ${why}. Nothing was changed.`)
}
