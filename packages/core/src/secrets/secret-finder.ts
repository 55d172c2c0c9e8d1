import { createHmac } from 'node:crypto'
import type { KnownSecret, Report, SearchedText } from './secret-types.js'
import type { FoundSecret } from '../project/allowed-secrets.js'
import { decodedView, placeBeforeDecoding } from './decoded-view.js'
import { backupIn, findWordRows, KnownWordsFinder } from './find-backup-words.js'
import { findEnvLines } from './find-env-lines.js'
import { KnownBytesFinder } from './find-known-bytes.js'
import { findPrivateKeys } from './find-private-keys.js'
import { KnownValueFinder } from './find-known-values.js'
import { findTokens } from './find-tokens.js'
import { findUrlPasswords } from './find-url-passwords.js'

/** The known secrets. Plain data, so that they can be sent to another thread. */
export interface KnownSecrets {
  values: readonly KnownSecret[]
  /** The backup words of the sites whose secret this machine has. */
  backups: readonly (readonly string[])[]
  /** Key of the HMAC that makes fingerprints. */
  fingerprintKey: string
  /** Whether that key derives from the site's secret, as for the exceptions in `sitedrive.json`. */
  isKeyed: boolean
}

/** Characters of a fingerprint. */
const FINGERPRINT_LENGTH = 12
/** Two findings within this distance are the same value. Bytes. */
const NEAR = 4
const LINE_FEED = 0x0a

/** Finds secrets in text. */
export class SecretFinder {
  private readonly values: KnownValueFinder
  private readonly words: KnownWordsFinder
  private readonly written: KnownBytesFinder

  private readonly fingerprintKey: string

  constructor({ values, backups, fingerprintKey }: KnownSecrets) {
    this.fingerprintKey = fingerprintKey
    this.values = new KnownValueFinder(values)
    this.words = new KnownWordsFinder(backups)
    this.written = new KnownBytesFinder(values)
  }

  /** Identifies a value without showing it. Keyed, because a plain hash of a weak password can be guessed. */
  fingerprintOf(value: string): string {
    return createHmac('sha256', this.fingerprintKey).update(value).digest('hex').slice(0, FINGERPRINT_LENGTH)
  }

  /** Finds the secrets of a text, each value once, at its first place. @param isWhole the text is a whole file */
  async find({ bytes, linesBefore }: SearchedText, isWhole: boolean): Promise<FoundSecret[]> {
    const found = new Map<string, FoundSecret & { at: number }>()
    const report: Report = ({ rule, what, at, value }) => {
      const fingerprint = this.fingerprintOf(value)
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
    await this.search(bytes, report)
    if (isWhole) findEnvLines(bytes, report)
    await this.searchDecoded(bytes, [...found.values()], report)
    return [...found.values()]
      .sort((a, b) => a.at - b.at)
      .map(({ at, ...secret }) => ({ ...secret, line: linesBefore + lineOf(bytes, at) }))
  }

  /** Finds secrets after decoding escapes, up to two levels: `&lt;br /&gt;`, `\\n`. */
  private async searchDecoded(
    bytes: Buffer,
    asWritten: readonly { rule: string; at: number }[],
    report: Report
  ): Promise<void> {
    const once = decodedView(bytes)
    // guard: secrets: escapes are read
    if (once === null) return
    const reportFrom =
      (placeOf: (at: number) => number): Report =>
      (secret) => {
        const at = placeOf(secret.at)
        // A value that is only partly escaped was found already.
        if (asWritten.some((other) => other.rule === secret.rule && Math.abs(other.at - at) <= NEAR)) return
        report({ ...secret, at })
      }
    await this.search(
      once,
      reportFrom((at) => placeBeforeDecoding(bytes, at))
    )
    const twice = decodedView(once)
    if (twice === null) return
    await this.search(
      twice,
      reportFrom((at) => placeBeforeDecoding(bytes, placeBeforeDecoding(once, at)))
    )
  }

  private async search(bytes: Buffer, report: Report): Promise<void> {
    // Known values come first, because their names are the most exact.
    // guard: secrets: values that this machine knows are looked for
    this.values.find(bytes, report)
    this.written.find(bytes, report)
    // guard: secrets: the words of a site are looked for in any markup
    this.words.find(bytes, report)
    findPrivateKeys(bytes, report)
    findTokens(bytes, report)
    findUrlPasswords(bytes, report)
    for (const row of findWordRows(bytes)) {
      const value = await backupIn(row)
      if (value !== null)
        report({ rule: 'backup-words', what: 'the 24 words of a secret', at: row.at, value })
    }
  }
}

function lineOf(bytes: Buffer, at: number): number {
  return 1 + countLines(bytes.subarray(0, at))
}

/** Number of line feeds. */
export function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) lines++
  return lines
}
