import { hash } from 'node:crypto'
import type { FoundSecret, KnownSecret, Report, SearchedText } from './contract.js'
import { backupIn, findWordRows, placeOfWords } from './find-backup-words.js'
import { findEnvLines } from './find-env-lines.js'
import { findPrivateKeys } from './find-private-keys.js'
import { KnownValueFinder } from './find-known-values.js'
import { findTokens } from './find-tokens.js'
import { findUrlPasswords } from './find-url-passwords.js'

/** What is known to be secret: plain data, which may go to another thread. */
export interface KnownSecrets {
  values: readonly KnownSecret[]
  /** The words of the sites whose secret this machine has. */
  backups: readonly (readonly string[])[]
}

/** Characters of a fingerprint. */
const FINGERPRINT_LENGTH = 12
const LINE_FEED = 0x0a

/** Looks for secrets in text. */
export class SecretFinder {
  private readonly values: KnownValueFinder
  private readonly backups: KnownSecrets['backups']

  constructor({ values, backups }: KnownSecrets) {
    this.values = new KnownValueFinder(values)
    this.backups = backups
  }

  /** What stands in a text: each value once, where it stands first. @param isWhole it is all of a file */
  async find({ bytes, linesBefore }: SearchedText, isWhole: boolean): Promise<FoundSecret[]> {
    const found = new Map<string, FoundSecret & { at: number }>()
    const report: Report = ({ rule, what, at, value }) => {
      const fingerprint = hash('sha256', value, 'hex').slice(0, FINGERPRINT_LENGTH)
      const known = found.get(fingerprint)
      if (!known || at < known.at)
        found.set(fingerprint, {
          rule: known?.rule ?? rule,
          what: known?.what ?? what,
          line: null,
          fingerprint,
          at
        })
    }
    // What is known by its value is named after what it is, so it comes first.
    this.values.find(bytes, report)
    for (const words of this.backups) {
      const at = placeOfWords(bytes, words)
      if (at !== -1)
        report({ rule: 'site-secret', what: 'the words of a site’s secret', at, value: words.join(' ') })
    }
    findPrivateKeys(bytes, report)
    findTokens(bytes, report)
    findUrlPasswords(bytes, report)
    if (isWhole) findEnvLines(bytes, report)
    for (const row of findWordRows(bytes)) {
      const value = await backupIn(row)
      if (value !== null) report({ rule: 'site-secret', what: 'the 24 words of a secret', at: row.at, value })
    }
    return [...found.values()]
      .sort((a, b) => a.at - b.at)
      .map(({ at, ...secret }) => ({ ...secret, line: linesBefore + lineOf(bytes, at) }))
  }
}

function lineOf(bytes: Buffer, at: number): number {
  return 1 + countLines(bytes.subarray(0, at))
}

/** Ends of lines. */
export function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) lines++
  return lines
}
