import { buffer } from 'node:stream/consumers'
import { latestRelease, type DriveState, type FollowedDrive, type Release } from '@sitedrive/core/drive'

/** How much of a start page is searched for its title. Bytes. */
const MAX_TITLE_BYTES = 64 * 1024

/** The record of the newest release in a state; null: another program wrote it, or its record is damaged. Its files can be shown nevertheless. */
export async function releaseAt(copy: Pick<FollowedDrive, 'at'>, state: DriveState): Promise<Release | null> {
  const drive = copy.at(state.version)
  try {
    return await latestRelease(drive)
  } catch {
    return null
  } finally {
    await drive.close().catch(() => {}) // already closed with the copy
  }
}

/**
 * The title of the start page in a state, as its author wrote it.
 *
 * @param isDamaged whether a file is not what its author signed
 * @param stallMs how long to wait for a block. Milliseconds
 * @returns null when there is none, or it cannot be read
 */
export async function titleAt(
  copy: Pick<FollowedDrive, 'at'>,
  state: DriveState,
  { isDamaged, stallMs }: { isDamaged: (path: string) => boolean; stallMs: number }
): Promise<string | null> {
  const drive = copy.at(state.version)
  try {
    const entry = (await drive.entry('/index.html', stallMs)) ?? (await drive.entry('/index.htm', stallMs))
    if (!entry?.blob || isDamaged(entry.path)) return null
    const length = Math.min(entry.blob.byteLength, MAX_TITLE_BYTES)
    const start = await buffer(drive.stream(entry.blob, { start: 0, length, timeoutMs: stallMs }))
    const { pageHead } = await import('@sitedrive/core/page')
    return pageHead(start).title
  } catch {
    return null // the site is listed by its name or its key
  } finally {
    await drive.close().catch(() => {}) // already closed with the copy
  }
}
