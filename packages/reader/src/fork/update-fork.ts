import { createHash } from 'node:crypto'
import path from 'node:path'
import { linkOf, readProject, SitedriveError, type ForkOrigin, type Project } from '@sitedrive/core'
import {
  claimedHash,
  findRelease,
  isReservedPath,
  latestRelease,
  parseKey,
  SOURCE_DIR,
  type BlobPointer,
  type Drive,
  type Release
} from '@sitedrive/core/drive'
import { isPlausible } from '@sitedrive/mirror/parts'
import { PROJECT_FILE, writeProject } from '@sitedrive/core/internal'
import { wantedState } from '../copy/clone-site.js'
import { Stall, whyStalled } from '../copy/stall.js'
import type { SiteSource } from '../site/site-source.js'
import { hasMarks, mergeTexts } from './merge-text.js'
import { SITE_DIR } from './fork-site.js'
import { WorkFolder } from './work-folder.js'

export interface UpdateOptions {
  /** The folder of the fork, absolute. */
  dir: string
  /** How long nothing may arrive before it is given up. Milliseconds. @default 20000 */
  stallMs?: number
  signal: AbortSignal
}

/** What became of a file of the other site that has changed since the fork. */
export interface UpdatedFile {
  path: string
  did: 'added' | 'updated' | 'merged' | 'removed' | 'conflict'
  /** Part of a sentence, for people; of conflicts. */
  why: string | null
}

export interface Updated {
  /** The newest release of the other site; null: another program wrote it. */
  release: Release | null
  /** Empty: the fork has all that the other site published. */
  files: UpdatedFile[]
}

/** A file of one state. */
interface FileThere {
  blob: BlobPointer
  hash: string | null
}

type Files = ReadonlyMap<string, FileThere>

/** One step, decided before the first is done. */
type Step = UpdatedFile & { bytes: Buffer | null }

/**
 * Takes over what the other site has published since it was forked. What only one side changed is taken; texts that both changed are merged line by line; what
 * cannot be merged is named, and stays as it is in the fork. Nothing is written before all is read.
 *
 * @throws {SitedriveError} NOT_HELD when nobody has what is needed; NOT_A_FORK; DRIVE_CORRUPT
 */
export async function updateFork(drive: SiteSource, options: UpdateOptions): Promise<Updated> {
  const stall = new Stall(options.stallMs)
  const stopCounting = drive.onDownload(() => stall.restart())
  try {
    return await update(drive, options.dir, AbortSignal.any([options.signal, stall.signal]))
  } catch (cause) {
    if (!stall.signal.aborted || options.signal.aborted) throw cause
    throw new SitedriveError('NOT_HELD', `${whyStalled(drive)} Nothing was changed. Try again later.`, {
      cause
    })
  } finally {
    stopCounting()
    stall.stop()
  }
}

async function update(drive: SiteSource, dir: string, signal: AbortSignal): Promise<Updated> {
  const { project, origin } = forkIn(dir)
  const state = await wantedState(drive, {}, signal)
  const now = drive.at(state.version)
  const then = drive.at(await versionOf(origin, now))
  try {
    const [before, release] = [await releaseAt(then), await releaseAt(now)]
    const hasSource = before?.source !== undefined
    if (hasSource && !release?.source)
      throw new SitedriveError(
        'NOT_A_FORK',
        `${linkOf(origin.of)} carries no source any more, and the fork was made of its source. Nothing was changed.`
      )
    const read = reading(drive, state.blobsLength, signal)
    const folder = new WorkFolder(hasSource ? dir : path.join(dir, SITE_DIR))
    const [base, theirs] = [await filesOf(then, hasSource), await filesOf(now, hasSource)]
    const labels = { ours: 'yours', theirs: release ? `theirs, release ${release.release}` : 'theirs' }
    const steps: Step[] = []
    for (const file of new Set([...base.keys(), ...theirs.keys()])) {
      signal.throwIfAborted()
      const sides = { base: base.get(file), theirs: theirs.get(file) }
      const step = await stepFor(file, sides, { folder, labels, read: (there) => read(there, file) })
      if (step) steps.push(step)
    }
    for (const step of steps) {
      if (step.bytes) folder.write(step.path, step.bytes)
      else if (step.did === 'removed') folder.remove(step.path)
    }
    writeProject(dir, {
      ...project,
      fork: { of: origin.of, release: release?.release ?? null, version: state.version }
    })
    const files = steps.map(({ path: file, did, why }) => ({ path: file, did, why }))
    return { release, files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }
  } finally {
    await Promise.all([then.close(), now.close()])
  }
}

/** Where the state ended that was forked. Releases keep their numbers, also when the history was written anew. */
async function versionOf({ of, release, version }: ForkOrigin, now: Drive): Promise<number> {
  if (release !== null) return (await findRelease(now, release)).version
  if (version <= now.version) return version
  throw new SitedriveError(
    'NOT_HELD',
    `The fork was made of version ${version} of ${linkOf(of)}, and the newest that anybody has is version ${now.version}. Nothing was changed. Try again later.`
  )
}

/** What `sitedrive.json` says of a fork. @throws {SitedriveError} NOT_A_FORK, CONFIG_INVALID */
export function forkIn(dir: string): { project: Project; origin: ForkOrigin } {
  const project = readProject(dir, parseKey)
  if (!project?.fork)
    throw new SitedriveError(
      'NOT_A_FORK',
      `\`${dir}\` is no fork: ${project ? `its ${PROJECT_FILE} has no \`fork\`` : `it has no ${PROJECT_FILE}`}. \`npx sitedrive fork <link> <dir>\` makes one.`
    )
  return { project, origin: project.fork }
}

interface Around {
  folder: WorkFolder
  labels: { ours: string; theirs: string }
  read: (there: FileThere) => Promise<Buffer>
}

/** @returns null when there is nothing to do */
async function stepFor(
  file: string,
  { base, theirs }: { base: FileThere | undefined; theirs: FileThere | undefined },
  { folder, labels, read }: Around
): Promise<Step | null> {
  if (base && theirs && isSame(base, theirs)) return null
  const conflict = (why: string): Step => ({ path: file, did: 'conflict', why, bytes: null })
  const taken = folder.whyNot(file)
  if (taken !== null) return conflict(taken)
  const ours = folder.read(file)
  const [before, after] = [base ? await read(base) : null, theirs ? await read(theirs) : null]
  if (isEqual(ours, after)) return null
  if (isEqual(ours, before)) {
    if (!after) return { path: file, did: 'removed', why: null, bytes: null }
    return { path: file, did: before ? 'updated' : 'added', why: null, bytes: after }
  }
  if (!after) return conflict('you changed it, and its author removed it: it stays')
  if (!ours) return conflict('you removed it, and its author changed it: it stays away')
  if (hasMarks(ours)) return conflict('it has the marks of a merge before: resolve them, then update again')
  const merged = mergeTexts({ ours, base: before, theirs: after }, labels)
  if (!merged) return conflict('both changed it, and it is no text that can be merged: yours stays')
  if (merged.hasConflict)
    return { ...conflict('both changed the same lines: they are marked in it'), bytes: merged.bytes }
  return { path: file, did: 'merged', why: null, bytes: merged.bytes }
}

function isEqual(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}

function isSame(a: FileThere, b: FileThere): boolean {
  if (a.hash !== null && b.hash !== null) return a.hash === b.hash
  return a.blob.byteOffset === b.blob.byteOffset && a.blob.byteLength === b.blob.byteLength
}

async function filesOf(drive: Drive, hasSource: boolean): Promise<Files> {
  const files = new Map<string, FileThere>()
  const entries = hasSource ? drive.entriesBelow(SOURCE_DIR) : drive.entries()
  for await (const entry of entries) {
    const file = hasSource ? entry.path.slice(SOURCE_DIR.length) : entry.path
    // guard: update: whose site it is stays
    if (!entry.blob || (hasSource ? file === `/${PROJECT_FILE}` : isReservedPath(file))) continue
    files.set(file, { blob: entry.blob, hash: claimedHash(entry) })
  }
  return files
}

/** Fetches a file, and compares it with what was signed. */
function reading(drive: SiteSource, blobsLength: number, signal: AbortSignal) {
  return async ({ blob, hash }: FileThere, file: string): Promise<Buffer> => {
    const corrupt = (why: string) =>
      new SitedriveError('DRIVE_CORRUPT', `\`${file}\` cannot be trusted: ${why}. Nothing was changed.`)
    if (!isPlausible(blob, blobsLength)) throw corrupt('the index says that its bytes are where none can be')
    await drive.fetchBlobs([blob], signal)
    const at = drive.at(drive.newestState?.version ?? 0)
    try {
      const pieces: Buffer[] = []
      for await (const piece of at.blocks(blob)) pieces.push(piece)
      const bytes = Buffer.concat(pieces)
      // guard: update: other bytes than those that were signed are not taken over
      if (hash !== null && createHash('sha256').update(bytes).digest('base64url') !== hash)
        throw corrupt('its bytes are not those that were signed')
      return bytes
    } finally {
      await at.close()
    }
  }
}

async function releaseAt(drive: Drive): Promise<Release | null> {
  try {
    return await latestRelease(drive)
  } catch (error) {
    if (error instanceof SitedriveError && error.code === 'RELEASE_CHAIN_INVALID') return null
    throw error
  }
}
