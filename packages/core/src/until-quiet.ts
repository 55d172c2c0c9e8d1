import { setTimeout as pause } from 'node:timers/promises'
import { SitedriveError } from './error.js'
import type { Walk } from './walk.js'

/** Nothing may be written for so long. Milliseconds. */
const QUIET_MS = 300
/** A folder that is written for longer than this is being built. Milliseconds. */
const GIVE_UP_MS = 5_000

/**
 * Waits until nobody writes a folder any more: half of another build must not be taken for a site.
 *
 * @param look walks the folder
 * @returns false when it is still being written after 5 s
 */
export async function untilQuiet(look: () => Walk, signal?: AbortSignal): Promise<boolean> {
  const endsAt = performance.now() + GIVE_UP_MS
  let before = stampsOf(look)
  while (performance.now() < endsAt) {
    await pause(QUIET_MS, undefined, { signal })
    const now = stampsOf(look)
    if (now !== null && now === before) return true
    before = now
  }
  return false
}

/** null while the folder cannot be walked, such as between its removal and its return. */
function stampsOf(look: () => Walk): string | null {
  try {
    return look()
      .files.map(({ path, size, mtimeMs, ctimeMs, ino }) => `${path} ${size} ${mtimeMs} ${ctimeMs} ${ino}`)
      .join('\n')
  } catch (error) {
    if (isBeingWritten(error) || (error instanceof SitedriveError && error.code === 'DIR_MISSING'))
      return null
    throw error
  }
}

/** Whether reading a folder failed since somebody wrote it meanwhile. */
export function isBeingWritten(error: unknown): boolean {
  return error instanceof SitedriveError && error.code === 'FILE_CHANGED'
}
