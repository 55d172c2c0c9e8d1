import { setTimeout as pause } from 'node:timers/promises'
import { SitedriveError, throwIfAborted } from '../error.js'
import type { Walk } from './walk.js'

/** A folder is quiet when nothing was written for this time. Milliseconds. */
const QUIET_MS = 300
/** Longest wait for a folder to become quiet. Milliseconds. */
const GIVE_UP_MS = 5_000

/**
 * Waits until nobody writes to a folder any more: half of another build must not be published.
 *
 * @param walkNow walks the folder
 * @param read the folder as it was read before; null: it was not read
 * @returns `same` when nothing was written, `busy` when it is still being written after GIVE_UP_MS
 */
async function untilQuiet(
  walkNow: () => Walk,
  read: Walk | null,
  signal?: AbortSignal
): Promise<'same' | 'changed' | 'busy'> {
  const endsAt = performance.now() + GIVE_UP_MS
  let before = stampsOf(walkNow)
  // guard: shrink: a folder that another build has filled since it was read is read again
  const first = read ? stampsOf(() => read) : before
  while (performance.now() < endsAt) {
    await pause(QUIET_MS, undefined, { signal }).catch(() => throwIfAborted(signal))
    const now = stampsOf(walkNow)
    if (now !== null && now === before) return now === first ? 'same' : 'changed'
    before = now
  }
  return 'busy'
}

/** null: a file was removed while the folder was walked. */
function stampsOf(walkNow: () => Walk): string | null {
  try {
    return walkNow()
      .files.map(({ path, size, mtimeMs, ctimeMs, ino }) => `${path} ${size} ${mtimeMs} ${ctimeMs} ${ino}`)
      .join('\n')
  } catch (error) {
    if (isBeingWritten(error)) return null
    if (error instanceof SitedriveError && error.code === 'DIR_MISSING') return 'missing'
    throw error
  }
}

/** Whether reading a folder failed because somebody wrote to it at the same time. */
function isBeingWritten(error: unknown): boolean {
  return error instanceof SitedriveError && error.code === 'FILE_CHANGED'
}

/** Errors that a publish ends with when a build has just emptied the folder and will fill it again. */
const EMPTIED = ['DIR_EMPTY', 'DIR_MISSING', 'NO_PAGES', 'SHRINK_REFUSED'] as const

/**
 * Waits until nobody writes to the folder, then says whether a failed publish is worth another try. Generators empty the
 * folder before they write, so a folder that lacks many files may belong to a build that runs or has just ended.
 *
 * @param walkNow walks the folder
 * @param read the folder as the publish read it; null: it could not be read
 */
export async function isWorthAnotherTry(
  error: unknown,
  walkNow: () => Walk,
  read: Walk | null,
  signal?: AbortSignal
): Promise<boolean> {
  if (isBeingWritten(error)) return (await untilQuiet(walkNow, read, signal)) !== 'busy'
  const { code } = error as { code?: unknown }
  const mayBeEmptied = EMPTIED.some((each) => each === code)
  return mayBeEmptied && (await untilQuiet(walkNow, read, signal)) === 'changed'
}
