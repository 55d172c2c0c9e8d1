import type { KnownSecret, Report } from './secret-types.js'
import { classOf } from './long-runs.js'

/** Length of a site's secret. Bytes. */
const SECRET_BYTES = 32
/** Its length in hexadecimal digits. */
const LEAST = SECRET_BYTES * 2

/** Digits, and separators of groups and lists: `0x1f, 0x2e`, `1f:2e`, `[31, 46]`. */
const DIGITS = classOf('0-9A-Fa-fxX \\t\\r\\n:,;_."\'-')

/** Finds secrets of 32 bytes that are written as numbers: digits of mixed case, in groups, or a list of bytes. */
export class KnownBytesFinder {
  private readonly byHex: Map<string, KnownSecret>

  constructor(secrets: readonly KnownSecret[]) {
    this.byHex = new Map(
      secrets
        .filter(({ value }) => /^[0-9a-f]{64}$/.test(value))
        .map((secret): [string, KnownSecret] => [secret.value, secret])
    )
  }

  find(bytes: Buffer, report: Report): void {
    if (this.byHex.size === 0) return
    let from = 0 // no row begins before this place
    let at = LEAST - 1
    while (at < bytes.length) {
      let start = at
      while (start >= from && DIGITS[bytes[start]!] === 1) start--
      if (start >= from) {
        from = start + 1
        at = from + LEAST - 1
        continue
      }
      let end = at + 1
      while (end < bytes.length && DIGITS[bytes[end]!] === 1) end++
      this.searchRow(bytes.toString('latin1', from, end), from, report)
      from = end + 1
      at = from + LEAST - 1
    }
  }

  private searchRow(row: string, at: number, report: Report): void {
    const hex = row
      .toLowerCase()
      .replaceAll('0x', '')
      .replace(/[^0-9a-f]+/g, '')
    const numbers = row.match(/\b\d{1,3}\b/g) ?? []
    const list = numbers.length < SECRET_BYTES ? '' : Buffer.from(numbers.map(Number)).toString('hex')
    for (const [value, secret] of this.byHex)
      if (hex.includes(value) || list.includes(value)) report({ ...secret, at })
  }
}
