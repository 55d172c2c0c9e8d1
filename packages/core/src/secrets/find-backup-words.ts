import type { Report } from './secret-types.js'
import { KnownValueFinder } from './find-known-values.js'
import { classOf } from './long-runs.js'

/** Words of a backup. */
const COUNT = 24
const SHORTEST = 3
const LONGEST = 8
/** What 24 words of three letters take, with a byte between two. */
const LEAST_BYTES = COUNT * SHORTEST + COUNT - 1

/** Longer lists are somebody's word list. */
const MOST_WORDS = 120

const LETTER = classOf('A-Za-z')
/** What may stand between two words: blanks, numbers, quotes, commas. */
const BETWEEN = Uint8Array.from({ length: 256 }, (_, code) =>
  /[\s\d.,;:"'`|()[\]/*-]/.test(String.fromCharCode(code)) && code < 0x80 ? 1 : 0
)

/** Words that stand in a row, any of which may be a backup's. */
export interface WordRow {
  words: string[]
  /** Place of the first. */
  at: number
}

/**
 * Finds rows of at least 24 words of three to eight letters: prose has a shorter or a longer word in nearly any 24.
 *
 * Looks back from where such a row would have to be until it meets what is in none, so most bytes are not read.
 */
export function findWordRows(bytes: Uint8Array): WordRow[] {
  const rows: WordRow[] = []
  let from = 0 // no row begins before it
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

/** The last place in `[from, to]` that no row goes across; -1: there is none. */
function lastBreach(bytes: Uint8Array, from: number, to: number): number {
  let letters = 0
  let isWhole = false // the word at `to` may go on behind it
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
 * The words of a row that are a backup: all in the list of BIP-39, with a checksum that belongs to them.
 *
 * Examples of the same word over and over, and pieces of the list itself, are none.
 *
 * @returns null when there are none
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
    return false // any other words
  }
}

function isInOrder(words: readonly string[]): boolean {
  return words.filter((word, at) => word > (words[at - 1] ?? '')).length >= COUNT - 2
}

/** Between two words of a list stands this much of tags at most. Bytes. */
const MARKUP = 200

/** Finds the words of known backups, in any case and with whatever between them, such as the tags of a list. */
export class KnownWordsFinder {
  private readonly longest: KnownValueFinder

  constructor(backups: readonly (readonly string[])[]) {
    // One word of each, in the spellings that a text has, tells where to look closer.
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
      // Most places where a word stands have not the next one beside it.
      const near = bytes.toString('latin1', Math.max(0, at - MARKUP), at + MARKUP).toLowerCase()
      if (!near.includes(beside)) return
      const around = bytes.toString('latin1', Math.max(0, at - COUNT * MARKUP), at + COUNT * MARKUP)
      const said = around
        .toLowerCase()
        .replace(/<[^<>]{0,200}>/g, ' ')
        .match(/[a-z]{3,}/g)
      if (said?.join(' ').includes(backup))
        report({ rule: 'site-secret', what: 'the words of a site’s secret', at, value: backup })
    })
  }
}
