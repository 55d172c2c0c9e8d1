import { readFileSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import { findRelease, SOURCE_DIR, type Drive, type DriveEntry, type DriveState } from '@sitedrive/core/drive'
import type { SiteSource } from '../site/site-source.js'
import { copyFiles, type Copied, type Extent } from './copy-files.js'
import { withStall } from './stall.js'
import { PARTIAL_FILE, TargetFolder } from './target-folder.js'

export interface CloneOptions {
  /** The folder that becomes the copy, absolute. It is new or empty, or a copy of the same site that was broken off. */
  dir: string
  /** The number of the release. @default the newest */
  release?: number | null
  /** The version of the drive. @default the newest */
  version?: number | null
  /** What is copied: the files of the site, or the source that it carries. @default the site */
  part?: 'site' | 'source'
  /** How long nothing may arrive before the copy is given up. Milliseconds. @default 20000 */
  stallMs?: number
  signal: AbortSignal
  /** Called when all is copied, before the folder counts as whole: what the copy is for is broken off with it. */
  complete?: () => Promise<void>
  onProgress?: (done: Extent, all: Extent) => void
}

export interface Cloned extends Copied {
  /** The state that was copied. */
  version: number
  fork: number
}

/**
 * Copies the files of a site into a folder. Every byte is proved by the site's key, and each file compared with the hash that was
 * signed for it.
 *
 * A copy that is broken off stays, and says that it is a part (`.sitedrive-partial.json`); the same call goes on from there.
 *
 * @throws {SitedriveError} NOT_HELD when peers stopped sending; NO_SUCH_RELEASE; DIR_INVALID or DISK_FULL for the folder; ABORTED
 */
export function cloneSite(drive: SiteSource, options: CloneOptions): Promise<Cloned> {
  const partly = `\`${options.dir}\` has a part of the site, or nothing yet. Run the same command again later: it goes on from there.`
  return withStall(drive, options, partly, (signal, restart) => clone(drive, options, signal, restart))
}

async function clone(
  drive: SiteSource,
  options: CloneOptions,
  signal: AbortSignal,
  restart: () => void
): Promise<Cloned> {
  const state = await wantedState(drive, options, signal)
  const target = TargetFolder.open(options.dir, {
    key: drive.key,
    version: state.version,
    fork: state.fork
  })
  const at = drive.at(state.version)
  try {
    const copied = await copyFiles(
      {
        blobsLength: state.blobsLength,
        entries: () => (options.part === 'source' ? sourceEntries(at) : at.entries()),
        fetch: async (blobs) => {
          restart()
          await drive.fetchBlobs(blobs, signal)
        },
        blocks: (blob) => at.blocks(blob)
      },
      target,
      {
        signal,
        onProgress: (done, all) => {
          restart()
          options.onProgress?.(done, all)
        }
      }
    )
    restart()
    await options.complete?.()
    if (copied.leftOutCount === 0) target.finish()
    return { ...copied, version: state.version, fork: state.fork }
  } catch (error) {
    target.discardIfEmpty()
    throw error
  } finally {
    await at.close().catch(() => {}) // already closed with the drive
  }
}

/** The entries of the source, with the paths that its files have in the project. */
async function* sourceEntries(at: Drive): AsyncGenerator<DriveEntry> {
  for await (const entry of at.entriesBelow(SOURCE_DIR))
    yield { ...entry, path: entry.path.slice(SOURCE_DIR.length) }
}

/** The state that is asked for, with its whole index on this machine. @param options `dir`: a copy that was broken off there decides */
export async function wantedState(
  drive: SiteSource,
  { dir, release = null, version = null }: Partial<Pick<CloneOptions, 'dir' | 'release' | 'version'>>,
  signal: AbortSignal
): Promise<DriveState> {
  const newest = await newestOf(drive, signal)
  if (release !== null) {
    const at = drive.at(newest.version)
    try {
      return { ...newest, version: (await findRelease(at, release)).version }
    } finally {
      await at.close()
    }
  }
  const begun = version ?? (dir === undefined ? null : begunVersion(dir, newest, drive.key))
  if (begun === null) return newest
  if (begun < 2 || begun > newest.version)
    throw new SitedriveError(
      'NO_SUCH_RELEASE',
      `The site has no version ${begun}: its newest is ${newest.version}. Leave the version out to get that one.`
    )
  return { ...newest, version: begun }
}

/** The version that a broken-off copy in the folder was made of. A newer one would leave files of the older one behind. */
function begunVersion(dir: string, newest: DriveState, key: string): number | null {
  try {
    const begun = JSON.parse(readFileSync(path.join(dir, PARTIAL_FILE), 'utf8')) as Record<string, unknown>
    const { version } = begun
    return begun['key'] === key && begun['fork'] === newest.fork && typeof version === 'number'
      ? version
      : null
  } catch {
    return null
  }
}

async function newestOf(drive: SiteSource, signal: AbortSignal): Promise<DriveState> {
  for (;;) {
    const state = drive.newestState
    if (state) {
      await drive.fetchIndexTo(state.version, signal)
      const now = drive.newestState
      if (now?.fork !== state.fork) continue
      if (now.blobsLength > 0 || !(await hasFiles(drive, state.version)))
        return { ...now, version: state.version }
      await drive.nextChange(signal) // the head of the blobs core is not here yet
    } else await drive.nextChange(signal)
  }
}

async function hasFiles(drive: SiteSource, version: number): Promise<boolean> {
  const at = drive.at(version)
  try {
    for await (const { blob } of at.entries()) if (blob && blob.blockLength > 0) return true
    return false
  } finally {
    await at.close()
  }
}
