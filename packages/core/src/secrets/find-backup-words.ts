import type { Report } from './secret-types.js'
import { KnownValueFinder } from './find-known-values.js'
import { classOf } from './long-runs.js'

/** Words of a backup. */
const COUNT = 24
const SHORTEST = 3
const LONGEST = 8
/** Length of 24 words of three letters with one byte between them. */
const LEAST_BYTES = COUNT * SHORTEST + COUNT - 1

/** Longer rows are word lists, not backups. */
const MOST_WORDS = 120

const LETTER = classOf('A-Za-z')
/** Characters that may be between two words: blanks, numbers, quotes, commas. */
const BETWEEN = Uint8Array.from({ length: 256 }, (_, code) =>
  /[\s\d.,;:"'`|()[\]/*-]/.test(String.fromCharCode(code)) && code < 0x80 ? 1 : 0
)

/** Words in a row that may contain a backup. */
export interface WordRow {
  words: string[]
  /** Place of the first word. */
  at: number
}

/**
 * Finds rows of at least 24 words of three to eight letters: in prose, nearly every 24 words have a shorter or a longer one.
 *
 * Searches backwards from the earliest possible end of a row to the first byte that cannot be in one, so most bytes are not
 * read.
 */
export function findWordRows(bytes: Uint8Array): WordRow[] {
  const rows: WordRow[] = []
  let from = 0 // no row begins before this place
  let at = LEAST_BYTES - 1
  while (at < bytes.length) {
    const breach = lastBreach(bytes, from, at)
    if (breach === -1) {
      const { words, end } = rowFrom(bytes, from)
      if (words.length >= COUNT && words.length <= MOST_WORDS) rows.push({ words, at: from })
      from = Math.max(end, at + 1)
    } else from = breach + 1
    at = from + LEAST_BYTES - 1
  }
  return rows
}

/** The last place in `[from, to]` that cannot be inside a row; -1: there is none. */
function lastBreach(bytes: Uint8Array, from: number, to: number): number {
  let letters = 0
  let isWhole = false // the word at `to` may continue after it
  for (let at = to; at >= from; at--) {
    const byte = bytes[at]!
    if (LETTER[byte] === 1) {
      if (++letters > LONGEST) return at
      continue
    }
    if (BETWEEN[byte] === 0) return at
    if (isWhole && letters > 0 && letters < SHORTEST) return at + letters
    letters = 0
    isWhole = true
  }
  return -1
}

function rowFrom(bytes: Uint8Array, from: number): { words: string[]; end: number } {
  const words: string[] = []
  let at = from
  for (;;) {
    while (at < bytes.length && BETWEEN[bytes[at]!] === 1) at++
    const start = at
    while (at < bytes.length && LETTER[bytes[at]!] === 1) at++
    const length = at - start
    if (length < SHORTEST || length > LONGEST || words.length > MOST_WORDS) return { words, end: at }
    words.push(String.fromCharCode(...bytes.subarray(start, at)).toLowerCase())
  }
}

/**
 * Finds a backup in a row: 24 words of the list of BIP-39 with a right checksum.
 *
 * Examples that repeat the same words, and parts of the list itself, are not backups.
 *
 * @returns the words, or null when there is no backup
 */
export async function backupIn({ words }: WordRow): Promise<string | null> {
  const { wordList } = await import('../holepunch/word-list.js')
  backupWords ??= new Set(wordList)
  for (let at = 0; at + COUNT <= words.length; at++) {
    const some = words.slice(at, at + COUNT)
    const stranger = some.findLastIndex((word) => !backupWords!.has(word))
    if (stranger !== -1) at += stranger
    else if (new Set(some).size >= COUNT / 2 && !isInOrder(some) && (await isBackup(some)))
      return some.join(' ')
  }
  return null
}

let backupWords: ReadonlySet<string> | null = null

async function isBackup(words: readonly string[]): Promise<boolean> {
  const { wordsToSecret } = await import('../holepunch/backup-words.js')
  try {
    wordsToSecret(words.join(' '))
    return true
  } catch {
    return false // the checksum is wrong
  }
}

function isInOrder(words: readonly string[]): boolean {
  return words.filter((word, at) => word > (words[at - 1] ?? '')).length >= COUNT - 2
}

/** Longest markup between two words of a list. Bytes. */
const MARKUP = 200

/** Finds the words of known backups, in any case and with any text between them, such as the tags of a list. */
export class KnownWordsFinder {
  private readonly longest: KnownValueFinder

  constructor(backups: readonly (readonly string[])[]) {
    // Searches one word of each backup in three spellings, then checks the text around each hit.
    this.longest = new KnownValueFinder(
      backups.flatMap((words) => {
        const word = words.reduce((a, b) => (b.length > a.length ? b : a), '')
        return [word, word.toUpperCase(), (word[0] ?? '').toUpperCase() + word.slice(1)].map((value) => ({
          rule: 'site-secret' as const,
          what: words.join(' '),
          value
        }))
      })
    )
  }

  find(bytes: Buffer, report: Report): void {
    this.longest.find(bytes, ({ what: backup, value: word, at }) => {
      const words = backup.split(' ')
      const place = words.indexOf(word.toLowerCase())
      const beside = words[place + 1] ?? words[place - 1] ?? ''
      // At most hits the next word is not near, so this cheap test comes first.
      const near = bytes.toString('latin1', Math.max(0, at - MARKUP), at + MARKUP).toLowerCase()
      if (!near.includes(beside)) return
      const around = bytes.toString('latin1', Math.max(0, at - COUNT * MARKUP), at + COUNT * MARKUP)
      const wordsAround = around
        .toLowerCase()
        .replace(/<[^<>]{0,200}>/g, ' ')
        .match(/[a-z]{3,}/g)
      if (wordsAround?.join(' ').includes(backup))
        report({ rule: 'site-secret', what: 'the words of a site’s secret', at, value: backup })
    })
  }
}
