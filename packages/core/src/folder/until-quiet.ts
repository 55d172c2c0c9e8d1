import { setTimeout as pause } from 'node:timers/promises'
import { SitedriveError, throwIfAborted } from '../error.js'
import type { Walk } from './walk.js'

/** Nothing may be written for so long. Milliseconds. */
const QUIET_MS = 300
/** A folder that is written for longer than this is being built. Milliseconds. */
const GIVE_UP_MS = 5_000

/**
 * Waits until nobody writes a folder any more: half of another build must not be taken for a site.
 *
 * @param look walks the folder
 * @param read the folder as it was read before; null: it was not
 * @returns what became of it: `same` when nobody wrote at all, `busy` when it is still being written after 5 s
 */
async function untilQuiet(
  look: () => Walk,
  read: Walk | null,
  signal?: AbortSignal
): Promise<'same' | 'changed' | 'busy'> {
  const endsAt = performance.now() + GIVE_UP_MS
  let before = stampsOf(look)
  const first = read ? stampsOf(() => read) : before
  while (performance.now() < endsAt) {
    await pause(QUIET_MS, undefined, { signal }).catch(() => throwIfAborted(signal))
    const now = stampsOf(look)
    if (now !== null && now === before) return now === first ? 'same' : 'changed'
    before = now
  }
  return 'busy'
}

/** null while files go between being listed and being looked at. */
function stampsOf(look: () => Walk): string | null {
  try {
    return look()
      .files.map(({ path, size, mtimeMs, ctimeMs, ino }) => `${path} ${size} ${mtimeMs} ${ctimeMs} ${ino}`)
      .join('\n')
  } catch (error) {
    if (isBeingWritten(error)) return null
    if (error instanceof SitedriveError && error.code === 'DIR_MISSING') return 'missing'
    throw error
  }
}

/** Whether reading a folder failed since somebody wrote it meanwhile. */
function isBeingWritten(error: unknown): boolean {
  return error instanceof SitedriveError && error.code === 'FILE_CHANGED'
}

/** What is said of a folder that a build has emptied, and is about to fill. */
const EMPTIED = ['DIR_EMPTY', 'DIR_MISSING', 'NO_PAGES', 'SHRINK_REFUSED'] as const

/**
 * Whether a publish that failed is worth another try, after waiting for whoever writes the folder. Generators empty it
 * before they write, so one that lacks much may be that of a build that runs, or that has ended since.
 *
 * @param read the folder as the publish read it; null: it could not
 */
export async function isWorthAnotherTry(
  error: unknown,
  look: () => Walk,
  read: Walk | null,
  signal?: AbortSignal
): Promise<boolean> {
  if (isBeingWritten(error)) return (await untilQuiet(look, read, signal)) !== 'busy'
  const { code } = error as { code?: unknown }
  const mayBeEmptied = EMPTIED.some((each) => each === code)
  return mayBeEmptied && (await untilQuiet(look, read, signal)) === 'changed'
}
