import type { Report } from './secret-types.js'
import { classOf, longRuns } from './long-runs.js'
import { isMadeUp } from './made-up.js'
import { previewLinkAt } from './preview-link-at.js'
import { reportByNeighbours } from './token-neighbours.js'
import { TOKEN_RULES, type TokenRule } from './token-rules.js'

/** Longest distance of a token's begin and end from its long run. Bytes. */
const REACH = 160

/** Enough for any token. Bytes. */
const MAX_TOKEN = 4096

const ALNUM = classOf('A-Za-z0-9')
/** Letters of `\n` and the like in a string of a script: they do not belong to the word after them. */
const ESCAPES = classOf('nrtbf')
const BACKSLASH = 0x5c
const PERCENT = 0x25

type Entry = TokenRule | 'preview-link'

/** Rules by the first three bytes of their tokens. */
const byStart = new Map<number, Entry[]>()
/** Whether a token can begin with a byte. */
const starts = new Uint8Array(256)
for (const rule of TOKEN_RULES) addEntry(rule.prefix, rule)
for (const scheme of ['hyper://', 'Hyper://', 'HYPER://']) addEntry(scheme, 'preview-link')

function addEntry(text: string, entry: Entry): void {
  const [first = 0, second = 0, third = 0] = Buffer.from(text, 'latin1')
  const start = startOf(first, second, third)
  starts[first] = 1
  byStart.set(start, [...(byStart.get(start) ?? []), entry])
}

function startOf(first: number, second: number, third: number): number {
  return (first << 16) | (second << 8) | third
}

/** Reports tokens by their issuers' formats, and by the text around them. */
export function findTokens(bytes: Buffer, report: Report): void {
  // Searches windows around long runs; overlapping windows are joined.
  let from = 0
  let to = 0
  const finishWindow = (next: number) => {
    findWithin(bytes, from, to, report)
    from = next
    to = next
  }
  longRuns(bytes, (runStart, end) => {
    const isEscape = bytes[runStart - 1] === BACKSLASH && ESCAPES[bytes[runStart] ?? 0] === 1
    const start = isEscape ? runStart + 1 : runStart
    if (start - REACH > to) finishWindow(start - REACH)
    if (end - start > 2 * REACH) {
      // No token begins in the middle of so long a run: it is binary data written as text.
      to = start + REACH
      finishWindow(end)
    }
    to = Math.min(bytes.byteLength, end + REACH)
    reportByNeighbours(bytes, start, end, report)
  })
  finishWindow(0)
}

/** Tries the beginning of each word: a token begins a word. */
function findWithin(bytes: Buffer, from: number, to: number, report: Report): void {
  for (let at = from; at < to; at++) {
    if (starts[bytes[at]!] === 1) reportAt(bytes, at, report)
    while (at < to && ALNUM[bytes[at]!] === 1) at++
    if (bytes[at] === BACKSLASH && ESCAPES[bytes[at + 1] ?? 0] === 1) reportAt(bytes, at + 2, report)
    else if (bytes[at] === PERCENT) reportAt(bytes, at + 3, report)
  }
}

function reportAt(bytes: Buffer, at: number, report: Report): void {
  const entries = byStart.get(startOf(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0))
  if (!entries || (ALNUM[bytes[at - 1] ?? 0] === 1 && !isAfterEscape(bytes, at))) return
  const text = bytes.toString('latin1', at, at + MAX_TOKEN)
  for (const entry of entries) {
    if (entry === 'preview-link') {
      const value = previewLinkAt(text)
      if (value !== null) report({ rule: 'preview-link', what: 'the link of a live preview', at, value })
      continue
    }
    const [value, random = ''] = entry.pattern.exec(text) ?? []
    // guard: secrets: examples are none
    if (value !== undefined && !isMadeUp(random)) report({ ...entry, at, value })
  }
}

function isAfterEscape(bytes: Buffer, at: number): boolean {
  return bytes[at - 2] === BACKSLASH || bytes[at - 3] === PERCENT
}
