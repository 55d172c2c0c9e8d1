import { randomInt } from 'node:crypto'
import { readIfThere, replaceFile } from '../disk/durable-file.js'
import { sitePaths, type SitePaths } from '../machine/data-dir.js'
import { readHeldKey, type KeyPlace } from './key-custody.js'

/** How many of the 24 words are asked for. */
const ASKED = 3

/** A question about a backup of a site's secret, to the person who made it. */
export interface BackupCheck {
  /** The site's key, z-base-32. */
  key: string
  /** false: the secret was never shown on this machine, so that there is no backup. */
  hasBackup: boolean
  /** Positions of the words that are asked for, 1 to 24, in rising order. They are random. */
  positions: number[]
  /**
   * Compares answers with the words, and remembers the time when all are right. Never gives a word away.
   *
   * @param words in the order of `positions`; case and spaces do not matter
   * @returns the positions of the words that are not right; empty: all are
   * @throws {SitedriveError} DATA_DIR_UNUSABLE, DISK_FULL when the time cannot be written: the words are right then
   */
  answer(words: readonly string[]): number[]
}

/**
 * Begins the check of the backup of a folder's key.
 *
 * @throws {SitedriveError} NO_PROJECT, NO_SECRET, BAD_SECRET
 */
export async function beginBackupCheck(place: KeyPlace): Promise<BackupCheck> {
  const { secret, keys, home, exclusive } = await readHeldKey(place)
  const { secretToWords } = await import('../holepunch/backup-words.js')
  const all = secretToWords(secret).split(' ')
  const positions = randomPositions(all.length)
  return {
    key: keys.key,
    hasBackup: !exclusive,
    positions,
    answer(words) {
      const wrong = positions.filter((position, n) => normalised(words[n]) !== all[position - 1])
      if (wrong.length === 0) remember(sitePaths(home, keys.key))
      return wrong
    }
  }
}

/** When the backup of a site's secret was last checked on this machine, ISO 8601; null: never. */
export function backupCheckedAt({ backupCheck }: SitePaths): string | null {
  try {
    const { checkedAt } = JSON.parse(readIfThere(backupCheck) ?? '{}') as { checkedAt?: unknown }
    return typeof checkedAt === 'string' && !Number.isNaN(Date.parse(checkedAt)) ? checkedAt : null
  } catch {
    return null // the file is damaged: it was not checked, as far as is known
  }
}

function remember({ backupCheck }: SitePaths): void {
  replaceFile(backupCheck, `${JSON.stringify({ checkedAt: new Date().toISOString() })}\n`)
}

function randomPositions(count: number): number[] {
  const positions = new Set<number>()
  while (positions.size < ASKED) positions.add(1 + randomInt(count))
  return [...positions].toSorted((a, b) => a - b)
}

function normalised(word: string | undefined): string {
  return (word ?? '').trim().toLowerCase()
}
